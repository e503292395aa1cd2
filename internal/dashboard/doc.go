// Package dashboard is the source of the Grafana dashboards in dashboards/.
//
// What lives here: each board as a value (goalhealth.go), the panels and
// queries that it is made of, and Queries, which lists what a board asks of
// Prometheus, so that a test can ask it.
//
// What must not: a metric's name or a threshold written out. They come from
// measure, where the figures and the alerts have them from.
//
// The files are rewritten by
//
//	go test ./internal/dashboard -update
package dashboard
