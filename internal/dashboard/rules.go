package dashboard

import (
	"bytes"
	"fmt"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/prometheus/common/model"
)

// Durations are the times in Prometheus's configuration and rules. They are
// parameters so that a test of the whole chain can take seconds for hours.
type Durations struct {
	// Scrape is how often Prometheus reads Plumbline and evaluates the rules.
	Scrape time.Duration
	// Settle is how long a condition on a goal must hold before it is told.
	Settle time.Duration
	// Hold is how long GoalStalled goes on after its condition ended: it
	// keeps a day's flutter from being told twice (MEASURES §7).
	Hold time.Duration
	// Persist is how long a report must contradict the facts to be a
	// watermelon (MEASURES §10 T3).
	Persist time.Duration
	// Fresh is the age of a sync from which on silence proves nothing
	// (MEASURES §7).
	Fresh time.Duration
	// Fault is how long a fault of Plumbline's own must last.
	Fault time.Duration
	// Runs is the time over which runs of the incremental and the agile sync
	// are looked at, Nightly that of the census and Weekly that of the full
	// sync: each a little longer than it is from one run to the next.
	Runs, Nightly, Weekly time.Duration
	// Outcome is the time over which a goal's outcome should have moved.
	Outcome time.Duration
}

// DefaultDurations returns the durations of the shipped files.
func DefaultDurations() Durations {
	return Durations{
		Scrape:  time.Minute,
		Settle:  time.Hour,
		Hold:    12 * time.Hour,
		Persist: 7 * 24 * time.Hour,
		Fresh:   staleAfter,
		Fault:   10 * time.Minute,
		Runs:    2 * time.Hour,
		Nightly: 26 * time.Hour,
		Weekly:  8 * 24 * time.Hour,
		Outcome: 28 * 24 * time.Hour,
	}
}

// ruleGroup is a group of Prometheus's rules.
type ruleGroup struct {
	Name  string `yaml:"name"`
	Rules []rule `yaml:"rules"`
}

// rule is an alert or a recording rule, as Prometheus reads it.
type rule struct {
	Record      string         `yaml:"record,omitempty"`
	Alert       string         `yaml:"alert,omitempty"`
	Expr        string         `yaml:"expr"`
	For         model.Duration `yaml:"for,omitempty"`
	Keep        model.Duration `yaml:"keep_firing_for,omitempty"`
	Labels      yaml.MapSlice  `yaml:"labels,omitempty"`
	Annotations yaml.MapSlice  `yaml:"annotations,omitempty"`
}

// Rules returns Prometheus's configuration and rules by the name of their
// file.
func Rules(d Durations) (map[string][]byte, error) {
	alerts, err := ruleFile(alertsHead, append(goalAlerts(d), selfAlerts(d)...)...)
	if err != nil {
		return nil, fmt.Errorf("writing the alerts: %w", err)
	}
	recorded, err := ruleFile(recordingHead, recordings()...)
	if err != nil {
		return nil, fmt.Errorf("writing the recording rules: %w", err)
	}
	return map[string][]byte{
		"alerts.yaml":            alerts,
		"recording.yaml":         recorded,
		"prometheus.yml":         ScrapeConfig(d, oneMachine()),
		"prometheus.compose.yml": ScrapeConfig(d, composed()),
	}, nil
}

const generated = "# Made by internal/dashboard: change it there, then go test ./internal/dashboard -update\n"

const alertsHead = generated + `# Route them by owner, group them by goal, and repeat them once a day, as
# ../alertmanager/alertmanager.yml does: nobody decides faster for being told
# twice. Tested: promtool test rules alerts.test.yaml alerts.long.test.yaml

`

const recordingHead = generated + `# One Plumbline a Jira site, the same goals in each: these add the additive parts
# of a goal over the sites and make the ratios from the sums. Intervals and
# probabilities can't be added; they are shown per site.

`

// ruleFile writes groups of rules under a comment.
func ruleFile(head string, groups ...ruleGroup) ([]byte, error) {
	var file bytes.Buffer
	file.WriteString(head)
	err := yaml.NewEncoder(&file, yaml.UseLiteralStyleIfMultiline(true), yaml.IndentSequence(true)).
		Encode(map[string][]ruleGroup{"groups": groups})
	return file.Bytes(), err
}

// duration writes a duration as PromQL and Prometheus's files take it.
func duration(d time.Duration) string { return model.Duration(d).String() }
