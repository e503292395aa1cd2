package dashboard_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// panelOf is what these tests look at in a panel.
type panelOf struct {
	Title, Type      string
	TimeFrom         string
	HideTimeOverride bool
	Targets          []struct {
		RefID   string `json:"refId"`
		Expr    string
		Instant bool
		Legend  string `json:"legendFormat"`
	}
	FieldConfig struct {
		Defaults  fieldsOf
		Overrides []struct {
			Matcher    struct{ ID, Options string }
			Properties []struct {
				ID    string
				Value json.RawMessage
			}
		}
	}
	Transformations []struct {
		Options struct{ RenameByName map[string]string }
	}
}

type fieldsOf struct {
	Unit, NoValue string
	Thresholds    struct {
		Steps []struct {
			Color string
			Value *float64
		}
	}
}

// eachPanel calls the test with every panel of every board.
func eachPanel(t *testing.T, test func(t *testing.T, ends string, p *panelOf)) {
	t.Helper()
	for name, file := range files(t) {
		var board struct {
			Time   struct{ To string }
			Panels []panelOf
		}
		if err := json.Unmarshal(file, &board); err != nil {
			t.Fatal(err)
		}
		for k := range board.Panels {
			t.Run(name+"/"+board.Panels[k].Title, func(t *testing.T) { test(t, board.Time.To, &board.Panels[k]) })
		}
	}
}

func TestWhatIsSoNowIsAskedForNowThoughTheBoardLooksAhead(t *testing.T) {
	ahead := 0
	eachPanel(t, func(t *testing.T, ends string, p *panelOf) {
		instant := p.Targets[0].Instant
		if strings.HasPrefix(ends, "now+") && instant {
			ahead++
		}
		if overridden := p.TimeFrom != "" && p.HideTimeOverride; overridden != (strings.HasPrefix(ends, "now+") && instant) {
			t.Errorf("the board ends at %s, the panel asks for one moment: %t, and for that of now: %t", ends, instant, overridden)
		}
	})
	if ahead < 5 {
		t.Errorf("only %d panels of what is so now are on a board that looks ahead", ahead)
	}
}

func TestEveryPanelSaysSomethingWhereThereIsNothing(t *testing.T) {
	eachPanel(t, func(t *testing.T, _ string, p *panelOf) {
		if slices.Contains([]string{"stat", "bargauge", "table"}, p.Type) && p.FieldConfig.Defaults.NoValue == "" {
			t.Error("it is blank where there is no answer")
		}
	})
}

func TestThresholdsBeginWithoutALimitAndRise(t *testing.T) {
	eachPanel(t, func(t *testing.T, _ string, p *panelOf) {
		all := []fieldsOf{p.FieldConfig.Defaults}
		for _, o := range p.FieldConfig.Overrides {
			for _, q := range o.Properties {
				if q.ID == "thresholds" {
					var f fieldsOf
					if err := json.Unmarshal(q.Value, &f.Thresholds); err != nil {
						t.Fatal(err)
					}
					all = append(all, f)
				}
			}
		}
		for _, f := range all {
			for k, step := range f.Thresholds.Steps {
				rises := k < 2 || step.Value != nil && *step.Value > *f.Thresholds.Steps[k-1].Value
				if (step.Value == nil) != (k == 0) || !rises || step.Color == "" {
					t.Errorf("the thresholds are %+v", f.Thresholds.Steps)
				}
			}
		}
	})
}

// An override of a column or series that is not there, or a link that takes
// its address from one, does nothing, and nobody is told.
func TestOverridesAndLinksNameWhatThePanelHas(t *testing.T) {
	eachPanel(t, func(t *testing.T, _ string, p *panelOf) {
		var names []string
		for _, tr := range p.Transformations {
			for _, to := range tr.Options.RenameByName {
				names = append(names, to)
			}
		}
		for _, q := range p.Targets {
			names = append(names, q.Legend, strings.TrimSuffix(q.Legend, "{{at}}"))
		}
		for _, o := range p.FieldConfig.Overrides {
			if o.Matcher.ID == "byName" && !slices.Contains(names, o.Matcher.Options) {
				t.Errorf("nothing is called %q among %q", o.Matcher.Options, names)
			}
			for _, q := range o.Properties {
				for _, m := range regexp.MustCompile(`__data\.fields\.(\w+)`).FindAllStringSubmatch(string(q.Value), -1) {
					if !slices.Contains(names, m[1]) {
						t.Errorf("a link takes its address from the column %q, which is none of %q", m[1], names)
					}
				}
			}
		}
	})
}

func TestEveryQueryOfAPanelHasALetterOfItsOwn(t *testing.T) {
	eachPanel(t, func(t *testing.T, _ string, p *panelOf) {
		seen := map[string]bool{}
		for _, q := range p.Targets {
			if seen[q.RefID] || !regexp.MustCompile(`^[A-Z]$`).MatchString(q.RefID) {
				t.Errorf("a query is called %q", q.RefID)
			}
			seen[q.RefID] = true
		}
	})
}
