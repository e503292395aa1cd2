package dashboard

import "plumbline/internal/measure"

// recordings add over the sites what can be added, and make ratios from the
// sums. The names are of the form level:metric:operation.
func recordings() []ruleGroup {
	group := ruleGroup{Name: "plumbline-goals-over-sites"}
	record := func(name, expr string) { group.Rules = append(group.Rules, rule{Record: name, Expr: expr}) }
	for _, parts := range []string{measure.MetricGoalIssues, measure.MetricGoalPoints} {
		sum := "goal:" + parts + ":sum"
		record(sum, "sum by (goal, category) ("+parts+")")
		// What was delivered over what was not discarded (MEASURES §2.2), and
		// what was closed, however, over all (§2.1).
		record("goal:"+parts+"_delivered:ratio",
			"sum by (goal) ("+sum+`{category="delivered"}) / (sum by (goal) (`+sum+`{category!="discarded"}) > 0)`)
		record("goal:"+parts+"_closed:ratio",
			"sum by (goal) ("+sum+`{category=~"delivered|discarded"}) / (sum by (goal) (`+sum+") > 0)")
	}
	for _, m := range []string{measure.MetricGoalScopeAdded, measure.MetricGoalScopeRemoved, measure.MetricGoalBlocked} {
		record("goal:"+m+":sum", "sum by (goal) ("+m+")")
	}
	for _, m := range []string{measure.MetricGoalFinished, measure.MetricGoalDebtCreated, measure.MetricGoalDebtRetired} {
		record("goal:"+m+":sum", "sum by (goal, window) ("+m+")")
	}
	record("goal:"+measure.MetricGoalDebt+":sum", "sum by (goal, category) ("+measure.MetricGoalDebt+")")
	// A goal has moved when it moved on any site, and is known as of when the
	// site that is worst off was read.
	record("goal:"+measure.MetricGoalLastProgress+":max", "max by (goal) ("+measure.MetricGoalLastProgress+")")
	record("plumbline:"+measure.MetricSyncLastSuccess+":min", "min("+measure.MetricSyncLastSuccess+")")
	return []ruleGroup{group}
}
