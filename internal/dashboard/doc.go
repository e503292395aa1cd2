// Package dashboard is the source of the Grafana dashboards in dashboards/ and
// of Prometheus's configuration and rules in config/prometheus/: what people
// see and are told of the measures.
//
// What lives here: each board as a value (goalhealth.go, goal.go, itself.go),
// the panels, tables and queries that they are made of, and Queries, which
// lists what a board asks of Prometheus, so that a test can ask it; the alerts
// (alerts.go, selfalerts.go) and recording rules, and Rules, which makes them
// with whatever durations a test can wait for.
//
// What must not: a metric's name or a threshold written out twice. They come
// from measure, where the figures have them from; names.go has those that
// measure lacks.
//
// The files are rewritten by
//
//	go test ./internal/dashboard -update
package dashboard
