package measure

// The names of the metrics that more than one output relies on: what export
// publishes, and what dashboards and alerts ask for. DESIGN §6 fixes them.
const (
	MetricGoalInfo           = "plumbline_goal_info"
	MetricGoalHealth         = "plumbline_goal_health"
	MetricGoalHealthSince    = "plumbline_goal_health_since_timestamp_seconds"
	MetricGoalIssues         = "plumbline_goal_issues"
	MetricGoalReported       = "plumbline_goal_reported_completion_ratio"
	MetricGoalPoints         = "plumbline_goal_points"
	MetricGoalCheckIn        = "plumbline_goal_check_in_timestamp_seconds"
	MetricGoalReportedHealth = "plumbline_goal_reported_health"
	MetricGoalDelivered      = "plumbline_goal_delivered_completion_ratio"
	MetricGoalTarget         = "plumbline_goal_target_timestamp_seconds"
	MetricGoalFirstTarget    = "plumbline_goal_first_target_timestamp_seconds"
	MetricGoalScopeAdded     = "plumbline_goal_scope_added_issues"
	MetricGoalScopeRemoved   = "plumbline_goal_scope_removed_issues"
	MetricGoalTargetMoves    = "plumbline_goal_target_moves"
	MetricGoalTargetSlip     = "plumbline_goal_target_slip_seconds"
	MetricGoalLastProgress   = "plumbline_goal_last_progress_timestamp_seconds"
	MetricGoalStallAfter     = "plumbline_goal_stall_after_seconds"
	MetricGoalStalled        = "plumbline_goal_stalled"
	MetricGoalStopCriterion  = "plumbline_goal_stop_criterion_met"
	MetricGoalEvidence       = "plumbline_goal_evidence_ratio"
	MetricGoalComponent      = "plumbline_goal_evidence_component_ratio"
	MetricGoalSuppressed     = "plumbline_goal_suppressed"

	MetricGoalDecisionsOpen     = "plumbline_goal_decisions_open"
	MetricGoalDecisionsOverdue  = "plumbline_goal_decisions_overdue"
	MetricGoalDecisionOldest    = "plumbline_goal_decision_oldest_open_timestamp_seconds"
	MetricGoalDecisionDebt      = "plumbline_goal_decision_debt_seconds"
	MetricGoalDecisionBlocked   = "plumbline_goal_decision_blocked_ratio"
	MetricGoalDecisionLatency   = "plumbline_goal_decision_latency_seconds"
	MetricGoalDecisionsReversed = "plumbline_goal_decisions_reversed"
	MetricDecisionsOpen         = "plumbline_decisions_open"
	MetricDecisionsOverdue      = "plumbline_decisions_overdue"

	MetricUnlinkedIssues = "plumbline_unlinked_issues"
	MetricUnlinkedRatio  = "plumbline_unlinked_ratio"
	MetricGoals          = "plumbline_goals"
	MetricSnapshot       = "plumbline_snapshot_timestamp_seconds"
	// MetricSyncLastSuccess is not made from a snapshot: the syncer counts it.
	MetricSyncLastSuccess = "plumbline_sync_last_success_timestamp_seconds"
)
