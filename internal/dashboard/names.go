package dashboard

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
