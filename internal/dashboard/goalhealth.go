package dashboard

import (
	"fmt"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	"plumbline/internal/measure"
)

// goalHealth is the board that a CTO reads on Monday: how many goals are in
// trouble, which, whether what is reported is real, what waits on a decision
// and since when, what changed, and which goals to question.
func goalHealth(t measure.Thresholds) *dashboard.DashboardBuilder { //nolint:staticcheck // see newBoard
	board := newBoard("plumbline-goal-health", "goal health",
		"How far each goal's reported progress is from what is real, which goals have stopped, what waits on a decision, and whose promise moves. A goal's name leads to the issues behind its figures.",
		[]cog.Builder[dashboard.Panel]{
			inStatePanel("Stalled", "Goals without progress for longer than their own rhythm allows. Start here: ask what each waits for.", measure.Stalled),
			inStatePanel("Off track", "Goals whose target has passed, or can hardly be met.", measure.OffTrack),
			inStatePanel("At risk", "Goals whose target is in doubt, or whose report is, or for which a decision is overdue.", measure.AtRisk),
			inStatePanel("On track", "Goals that move and have no known reason to miss their target.", measure.OnTrack),
			inStatePanel("Done", "Goals of which all work is closed. Whether what was closed was also delivered, the table says.", measure.Finished),
			inStatePanel("Not started or unknown", "Goals without any work begun, or whose data are too poor to tell.", measure.NotStarted, measure.HealthUnknown),
			goalTable(t),
			questionTable(),
			changeTable(),
			healthTimeline(t),
			completionPanel(),
			burnUpPanel("What is in several goals counts in each. By when the scope is reached, the goal's own board says."),
			oldestDecisionPanel(),
			decisionDebtPanel(),
			scopePanel(),
			trapPanel(),
			unlinkedPanel(),
			sitesDebtPanel(),
			agePanel("Figures as of", "How old the figures on this board are. Red, and in hours: Plumbline makes no new ones, and the board shows the past.", measure.MetricSnapshot),
			agePanel("Last good sync, oldest site", fmt.Sprintf("How long ago the site that is worst off was last read whole. Red, from %.0f hours on: silence may be the sync's and not the goal's, and stalls are not alerted.", staleAfter.Hours()), measure.MetricSyncLastSuccess),
		}).
		Time("now-90d", "now").
		Annotations(marks())
	for _, v := range goalVariables() {
		board.WithVariable(v)
	}
	return board
}

func goalVariables() []cog.Builder[dashboard.VariableModel] {
	return []cog.Builder[dashboard.VariableModel]{
		sourceVariable(),
		// A goal may lack an owner or a parent: All lets the empty value through.
		choices("owner", "Owner", "The team that owns the goal",
			measure.MetricGoalInfo).AllValue(".*"),
		choices("parent", "Part of", "The goal above",
			measure.MetricGoalInfo+`{owner=~"$owner"}`).AllValue(".*"),
		// All are those of the chosen owners and parents, one by one.
		choices("goal", "Goal", "The goals to show",
			measure.MetricGoalInfo+`{owner=~"$owner",parent=~"$parent"}`),
		urlVariable(),
	}
}
