package dashboard

// The names of metrics that measure does not have yet. DESIGN §6 fixes them; a
// panel or an alert on one of them shows nothing until its measure is there.
const (
	metricFlowEfficiency = "plumbline_goal_flow_efficiency_ratio"
	metricConcentration  = "plumbline_goal_concentration_ratio"
	metricDebt           = "plumbline_goal_debt_issues"
	metricDebtCreated    = "plumbline_goal_debt_created_issues"
	metricDebtRetired    = "plumbline_goal_debt_retired_issues"
)

// The names of Plumbline's metrics about itself, which the packages that count
// them register.
const (
	metricSyncRuns         = "plumbline_sync_runs_total"
	metricSyncDuration     = "plumbline_sync_duration_seconds"
	metricSyncProblems     = "plumbline_sync_problem_issues"
	metricJiraRequests     = "plumbline_jira_requests_total"
	metricJiraDuration     = "plumbline_jira_request_duration_seconds"
	metricJiraThrottled    = "plumbline_jira_throttled_seconds_total"
	metricAuthenticated    = "plumbline_jira_authenticated"
	metricTokenExpiry      = "plumbline_jira_token_expiry_timestamp_seconds"
	metricStoreIssues      = "plumbline_store_issues"
	metricStoreSize        = "plumbline_store_size_bytes"
	metricSnapshotDuration = "plumbline_snapshot_duration_seconds"
	metricRefused          = "plumbline_snapshots_refused_total"
	metricReload           = "plumbline_config_last_reload_successful"
	metricBuild            = "plumbline_build_info"
)
