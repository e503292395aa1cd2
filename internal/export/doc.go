// Package export hands the snapshot's figures to Prometheus.
//
// What lives here: every metric family that is made from a snapshot, as data
// (families.go); the Exporter, which builds them once a snapshot and serves
// them to any number of scrapes; the handler of /metrics; and the reference of
// all metrics, made from the same data.
//
// What must not: anything that waits for Jira or for the store, a figure that
// the snapshot doesn't hold, a label whose values grow with issues, free text
// in a label other than a goal's name in plumbline_goal_info. A figure that is
// not known is absent: never 0, never NaN.
package export
