//go:build integration

package dashboard_test

import (
	"os/exec"
	"strings"
	"testing"
)

func TestPromtoolFindsNothingWrong(t *testing.T) {
	for _, args := range [][]string{
		{"check", "rules", "alerts.yaml", "recording.yaml"},
		{"check", "config", "prometheus.yml"},
		{"check", "config", "prometheus.compose.yml"},
		{"test", "rules", "alerts.test.yaml", "alerts.long.test.yaml", "recording.test.yaml"},
	} {
		cmd := exec.CommandContext(t.Context(), "promtool", args...)
		cmd.Dir = rules
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}

func TestAlertsAreRoutedToTheirOwner(t *testing.T) {
	const file = "../../config/alertmanager/alertmanager.yml"
	if out, err := exec.CommandContext(t.Context(), "amtool", "check-config", file).CombinedOutput(); err != nil {
		t.Errorf("amtool check-config: %v\n%s", err, out)
	}
	for name, tc := range map[string]struct{ labels, want string }{
		"a team with a channel of its own name":    {"alertname=GoalStalled owner=team-search goal=g", "owner"},
		"a team that is called otherwise":          {"alertname=GoalStalled owner=team-payments goal=g", "team-payments"},
		"Plumbline itself":                         {"alertname=PlumblineDown owner=platform", "platform"},
		"a goal that nobody owns":                  {"alertname=GoalStalled goal=g", "platform"},
		"an alert of another kind on a team's own": {"alertname=GoalDecisionOverdue owner=team-search goal=g", "owner"},
	} {
		t.Run(name, func(t *testing.T) {
			args := append([]string{"config", "routes", "test", "--config.file", file}, strings.Fields(tc.labels)...)
			out, err := exec.CommandContext(t.Context(), "amtool", args...).Output()
			if err != nil || strings.TrimSpace(string(out)) != tc.want {
				t.Errorf("%s goes to %q (%v), want %s", tc.labels, out, err, tc.want)
			}
		})
	}
}
