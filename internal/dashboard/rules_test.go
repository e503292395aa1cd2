package dashboard_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"plumbline/internal/measure"
)

// ruleFile is what the tests look at in a file of Prometheus's rules.
type ruleFile struct {
	Groups []struct {
		Rules []struct {
			Alert, Expr string
			Labels      map[string]string
			Annotations map[string]string
		}
	}
}

func alerts(t *testing.T) ruleFile {
	t.Helper()
	var file ruleFile
	if err := yaml.Unmarshal(read(t, filepath.Join(rules, "alerts.yaml")), &file); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestTheAlertsAreThoseOfTheDesign(t *testing.T) {
	var got []string
	for _, group := range alerts(t).Groups {
		for _, r := range group.Rules {
			got = append(got, r.Alert)
		}
	}
	want := []string{
		"GoalStalled", "GoalOffTrack", "GoalWatermelon", "GoalDecisionOverdue", "GoalTargetKeepsMoving", "GoalStopCriterionMet",
		"GoalOutcomeNotMoving", "PlumblineSyncStale", "PlumblineSyncPartial", "PlumblineJiraAuthFailed", "PlumblineConfigReloadFailed", "PlumblineDown",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("other alerts than the design's (-want +got):\n%s", diff)
	}
}

func TestEveryAlertIsTestedWhenItFiresAndWhenItIsSilent(t *testing.T) {
	fires, silent := map[string]int{}, map[string]int{}
	for _, name := range []string{"alerts.test.yaml", "alerts.long.test.yaml"} {
		var file struct {
			Tests []struct {
				AlertRuleTest []struct {
					Alertname string
					Expected  []any `yaml:"exp_alerts"`
				} `yaml:"alert_rule_test"`
			}
		}
		if err := yaml.Unmarshal(read(t, filepath.Join(rules, name)), &file); err != nil {
			t.Fatal(err)
		}
		for _, test := range file.Tests {
			for _, a := range test.AlertRuleTest {
				if len(a.Expected) > 0 {
					fires[a.Alertname]++
				} else {
					silent[a.Alertname]++
				}
			}
		}
	}
	for _, group := range alerts(t).Groups {
		for _, r := range group.Rules {
			if fires[r.Alert] == 0 || silent[r.Alert] == 0 {
				t.Errorf("%s has %d tests of firing and %d of silence", r.Alert, fires[r.Alert], silent[r.Alert])
			}
		}
	}
}

func TestEveryAlertHasAnOwner(t *testing.T) {
	for _, group := range alerts(t).Groups {
		for _, r := range group.Rules {
			if joins := strings.Contains(r.Expr, "group_left (name, owner)"); joins == (r.Labels["owner"] != "") {
				t.Errorf("%s must have its goal's owner or one of its own: %v, %s", r.Alert, r.Labels, r.Expr)
			}
		}
	}
}

func TestEveryAlertUsesMetricsThatExistAndSaysWhatToDo(t *testing.T) {
	known := known(t)
	for _, group := range alerts(t).Groups {
		for _, r := range group.Rules {
			text := r.Expr
			for _, name := range []string{"summary", "description", "runbook_url", "evidence_url"} {
				if r.Annotations[name] == "" {
					t.Errorf("%s has no %s", r.Alert, name)
				}
				text += r.Annotations[name]
			}
			if want := "}}/README.md#" + strings.ToLower(r.Alert); !strings.HasSuffix(r.Annotations["runbook_url"], want) {
				t.Errorf("%s has the runbook %s, want one that ends in %s", r.Alert, r.Annotations["runbook_url"], want)
			}
			if r.Labels["severity"] == "" {
				t.Errorf("%s has no severity", r.Alert)
			}
			for _, m := range metricsIn(text) {
				if !known[m] {
					t.Errorf("%s uses %s, which nothing exports", r.Alert, m)
				}
			}
			for _, m := range regexp.MustCompile(measure.MetricSyncLastSuccess+`\) < (\d+)`).FindAllStringSubmatch(r.Expr, -1) {
				if m[1] != "7200" {
					t.Errorf("%s holds a sync good for %s s; the dashboard says 2 h", r.Alert, m[1])
				}
			}
		}
	}
}

func TestEveryRecordingRuleIsTestedWithTwoSites(t *testing.T) {
	var recorded struct {
		Groups []struct{ Rules []struct{ Record string } }
	}
	if err := yaml.Unmarshal(read(t, filepath.Join(rules, "recording.yaml")), &recorded); err != nil {
		t.Fatal(err)
	}
	tests, names := string(read(t, filepath.Join(rules, "recording.test.yaml"))), 0
	for _, group := range recorded.Groups {
		for _, r := range group.Rules {
			if names++; !strings.Contains(tests, "labels: '"+r.Record) {
				t.Errorf("no test says what %s should be", r.Record)
			}
		}
	}
	if names < 10 {
		t.Errorf("only %d recording rules were found", names)
	}
}
