// Package export hands the snapshot's figures to Prometheus.
//
// What lives here: every metric family that is made from a snapshot, as data
// (families.go); the Exporter, which builds them once a snapshot and serves
// them to any number of scrapes; the handler of /metrics; the reference of all
// metrics; the past of the same families, as OpenMetrics text (backfill.go,
// spill.go, openmetrics.go) or as requests for remote write (writerequest.go);
// and the client that sends those (remotewrite.go, delivery.go).
//
// What must not: anything that waits for Jira or for the store, a figure that
// the snapshot doesn't hold, a label whose values grow with issues, free text
// in a label other than a goal's name in plumbline_goal_info. A figure that is
// not known is absent: never 0, never NaN.
package export
