package dashboard

import (
	"fmt"
	"strconv"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/prometheus/common/model"

	"plumbline/internal/measure"
)

// evidencePage is where the figures of the alert's goal are shown with what is
// behind them.
const evidencePage = "/goals/{{ $labels.goal }}"

// goalAlert is an alert on a goal. It carries the goal's name and owner, and
// goes on for a while after its condition ended: a day's flutter is not to be
// told twice.
func goalAlert(name, severity, expr string, after, hold time.Duration, summary, description string) rule {
	return rule{
		Alert: name, Expr: expr, For: model.Duration(after), Keep: model.Duration(hold),
		Labels:      yaml.MapSlice{{Key: "severity", Value: severity}},
		Annotations: annotations(name, summary, description, evidencePage),
	}
}

// owned gives the series of the expression, one or more a goal, the goal's name
// and owner. A goal that several sites measure has several infos: topk takes
// one of them.
func owned(expr string) string {
	return "(" + expr + ")\n  * on (goal) group_left (name, owner) topk by (goal) (1, " + measure.MetricGoalInfo + ")"
}

// isOne asks for the goals of which any site has the metric at 1.
func isOne(metric string, matchers ...string) string {
	return "max by (goal) (" + matched(metric, matchers...) + ") == 1"
}

// freshSync lets an alert through while the oldest site's last good sync is
// young and every site has had one: else silence may be the sync's and not the
// goal's.
func freshSync(d Durations) string {
	return fmt.Sprintf("\n  and on () (time() - min(%[1]s) < %[2]s)\n  unless on () (%[3]s unless on (site) %[1]s)",
		measure.MetricSyncLastSuccess, seconds(d.Fresh), metricStoreIssues)
}

func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) }

// goalAlerts are the alerts on goals.
func goalAlerts(d Durations) []ruleGroup {
	return []ruleGroup{{Name: "plumbline-goals", Rules: []rule{
		stalledAlert(d), offTrackAlert(d), watermelonAlert(d), decisionAlert(d),
		movingTargetAlert(d), stopAlert(d), outcomeAlert(d),
	}}}
}

// stalledAlert tells of a goal that stopped. Several Plumblines may measure a
// goal, one a site: it has stopped when it moves on none of them, hence min.
func stalledAlert(d Durations) rule {
	const idle = "since work on it began"
	return goalAlert("GoalStalled", "warning",
		owned("min by (goal) ("+measure.MetricGoalStalled+") == 1")+freshSync(d), d.Settle, d.Hold,
		"{{ $labels.name }} has stopped: no progress "+
			asked(ofGoal(measure.MetricGoalLastProgress), "since "+asDay, idle)+
			asked("time() - "+ofGoal(measure.MetricGoalLastProgress), ", for "+asAge, "")+waiting()+".",
		"Nothing of the goal {{ $labels.goal }} ({{ $labels.owner }}) has moved forward "+
			asked(ofGoal(measure.MetricGoalLastProgress), "since "+asMinute, idle)+
			asked(ofGoal(measure.MetricGoalStallAfter), "; by its own rhythm it is never silent for more than "+asAge, "")+
			". The evidence page lists what is open and what it waits for.")
}

func offTrackAlert(d Durations) rule {
	target := noonOf(measure.MetricGoalTarget)
	return goalAlert("GoalOffTrack", "warning",
		owned(isOne(measure.MetricGoalHealth, states(measure.OffTrack))), d.Settle, d.Hold,
		"{{ $labels.name }} is off track"+asked(noonOf(measure.MetricGoalHealthSince), " since "+asDay, "")+
			asked(ofGoal(measure.MetricGoalTarget)+" + 86400 < time()",
				asked(target, ": its target, "+asDay+", has passed", ""),
				asked(target, ": it is promised for "+asDay, "")+
					asked(shareOf(measure.MetricGoalOnTime), ", with a chance of "+asShare, ""))+waiting()+".",
		"The goal {{ $labels.goal }} ({{ $labels.owner }}) can hardly keep its promise, or has missed it."+
			asked(shareOf(measure.MetricGoalDelivered), " Delivered: "+asShare+".", "")+
			asked(ofGoal(measure.MetricGoalForecast, `percentile="50"`), " It is as likely as not done by "+asDay+
				asked(ofGoal(measure.MetricGoalForecast, `percentile="85"`), ", and by "+asDay+" with 85 %", "")+".", "")+
			" The evidence page lists what is open.")
}

// watermelonAlert tells of a goal that is reported green and is red inside.
func watermelonAlert(d Durations) rule {
	inside := "(" + isOne(measure.MetricGoalHealth, states(measure.OffTrack, measure.Stalled)) +
		"\n    or min by (goal) (" + measure.MetricGoalOnTime + ") < " + number(judged().OffTrackBelow) +
		"\n    or max by (goal) (" + measure.MetricGoalOverstated + ") >= " + number(judged().OverstatedFrom) + ")"
	return goalAlert("GoalWatermelon", "warning",
		owned(isOne(measure.MetricGoalReportedHealth, states(measure.OnTrack, measure.Finished))+"\n  and on (goal) "+inside), d.Persist, d.Hold,
		"{{ $labels.name }} is reported green, and is not"+
			asked(shareOf(measure.MetricGoalReported), ": "+asShare+" is reported", "")+
			asked(shareOf(measure.MetricGoalReal), ", "+asShare+" is real", asked(shareOf(measure.MetricGoalDelivered), ", "+asShare+" is delivered", ""))+
			asked(shareOf(measure.MetricGoalOnTime), ", the chance to meet the target is "+asShare, "")+".",
		"The report on the goal {{ $labels.goal }} ({{ $labels.owner }}) and Jira's own history have contradicted each other for "+
			spoken(d.Persist)+
			asked(noonOf(measure.MetricGoalCheckIn), "; the last check-in was on "+asDay, "")+
			asked(shareOf(measure.MetricGoalOverstated), "; the report overstates by more than 15 points with a probability of "+asShare, "")+
			". The evidence page shows the issues behind both figures.")
}

// decisionAlert waits for a fresh sync: else the decision may have been made
// unseen.
func decisionAlert(d Durations) rule {
	return goalAlert("GoalDecisionOverdue", "warning",
		owned("sum by (goal) (max by (goal, class) ("+measure.MetricGoalDecisionsOverdue+")) > 0")+freshSync(d), d.Settle, d.Hold,
		"{{ $labels.name }} waits for {{ if eq $value 1.0 }}a decision that is{{ else }}{{ $value }} decisions that are{{ end }} overdue"+
			asked(oldestOf(measure.MetricGoalDecisionOldest), "; the oldest open one was asked for on "+asDay, "")+".",
		asked(shareOf(measure.MetricGoalDecisionBlocked), "Open decisions hold up "+asShare+" of the open work of", "No work is open of")+
			" the goal {{ $labels.goal }} ({{ $labels.owner }})"+
			asked("time() - "+oldestOf(measure.MetricGoalDecisionOldest), ", the oldest for "+asAge, "")+
			". The evidence page lists what is to be decided, since when, and what waits for it.")
}

// movingTargetAlert tells of a target that moved twice within 90 days: one move
// can be news, two are a habit.
func movingTargetAlert(d Durations) rule {
	return goalAlert("GoalTargetKeepsMoving", "warning",
		owned(fmt.Sprintf("max by (goal) (%s{window=\"90d\"}) >= %d\n  unless on (goal) %s",
			measure.MetricGoalTargetMoves, movingTimes, isOne(measure.MetricGoalHealth, states(measure.Finished)))), d.Settle, d.Hold,
		"{{ $labels.name }}: the target moved later "+
			asked(ofGoal(measure.MetricGoalTargetMoves, `window="90d"`), asNumber+" times in 90 days", "")+
			asked(ofGoal(measure.MetricGoalTargetSlip), ", and lies "+asAge+" behind the first promise", "")+".",
		"The target of the goal {{ $labels.goal }} ({{ $labels.owner }}) was moved"+
			asked(noonOf(measure.MetricGoalFirstTarget), " from "+asDay, "")+
			asked(noonOf(measure.MetricGoalTarget), " to "+asDay, "")+
			asked(shareOf(measure.MetricGoalFirstOnTime), "; the chance to meet the first promise is "+asShare, "")+"."+
			asked(ofGoal(measure.MetricGoalTrap, `trap="deadline_as_goal"`)+" == 1", " Its scope has answered neither of the last moves: the deadline has become the goal.", "")+
			" The evidence page lists each move, and what the scope did around it.")
}

func stopAlert(d Durations) rule {
	return goalAlert("GoalStopCriterionMet", "warning",
		owned("max by (goal, criterion) ("+measure.MetricGoalStopCriterion+") == 1"), d.Settle, d.Hold,
		"{{ $labels.name }} meets its stop criterion {{ $labels.criterion }}: decide whether to go on.",
		"The goal {{ $labels.goal }} ({{ $labels.owner }}) declared in advance when it should be questioned, and that is now so."+
			asked(shareOf(measure.MetricGoalDelivered), " Delivered: "+asShare+".", "")+
			asked(ofGoal(measure.MetricGoalLastProgress), " Last progress: "+asDay+".", "")+
			" The evidence page shows the condition and the figures in it.")
}

// outcomeAlert tells of a goal whose tickets close while what they are for
// does not change.
func outcomeAlert(d Durations) rule {
	past := func(ago string) string {
		return "max by (goal, outcome) (last_over_time(" + measure.MetricGoalOutcome + "[" + keep + "]" + ago + "))"
	}
	return goalAlert("GoalOutcomeNotMoving", "info",
		owned("max by (goal, outcome) ("+measure.MetricGoalOutcome+") < 1"+
			"\n  and on (goal, outcome) "+past("")+" - "+past(" offset "+duration(d.Outcome))+" < "+number(unmoved)+
			"\n  and on (goal) max by (goal) ("+measure.MetricGoalDelivered+") >= "+number(halfDelivered)), d.Settle, d.Hold,
		"The outcome {{ $labels.outcome }} of {{ $labels.name }} does not move"+
			asked(shareOf(measure.MetricGoalDelivered), ", though "+asShare+" of the work is delivered", "")+".",
		"The goal {{ $labels.goal }} ({{ $labels.owner }}) was to change its outcome {{ $labels.outcome }}; in "+
			spoken(d.Outcome)+" it came nearer by less than "+percent(unmoved)+
			" of the way. Work that closes without effect is a question about the work, not about its pace.")
}
