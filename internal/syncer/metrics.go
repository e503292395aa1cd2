package syncer

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics is how the syncers of all sites show what they do. It is made once
// and shared by them.
type Metrics struct {
	lastSuccess *prometheus.GaugeVec
	runs        *prometheus.CounterVec
	duration    *prometheus.HistogramVec
	problems    *prometheus.GaugeVec
}

// NewMetrics registers the syncers' metrics; a nil registerer leaves them
// unregistered.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		lastSuccess: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "plumbline_sync_last_success_timestamp_seconds",
			Help: "When the last sync ended that left nothing of the site's issues unread; absent before the first.",
		}, []string{"site"}),
		runs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "plumbline_sync_runs_total",
			Help: "Syncs by how they ended: complete, partial (what was read is stored, something is missing), failed.",
		}, []string{"site", "kind", "result"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "plumbline_sync_duration_seconds",
			Help:    "How long syncs took, however they ended.",
			Buckets: []float64{0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 4 * 3600},
		}, []string{"site", "kind"}),
		problems: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "plumbline_sync_problem_issues",
			Help: "Issues that Jira last sent in a form that could not be taken whole.",
		}, []string{"site"}),
	}
	if reg != nil {
		reg.MustRegister(m.lastSuccess, m.runs, m.duration, m.problems)
	}
	return m
}

// init makes the site's series, whose labels are all known.
func (m *Metrics) init(site string, lastSuccess time.Time, problems int) {
	for _, k := range Kinds() {
		m.duration.WithLabelValues(site, string(k))
		for _, r := range []Result{Complete, Partial, Failed} {
			m.runs.WithLabelValues(site, string(k), string(r))
		}
	}
	m.problems.WithLabelValues(site).Set(float64(problems))
	m.succeeded(site, lastSuccess)
}

func (m *Metrics) succeeded(site string, at time.Time) {
	if !at.IsZero() {
		m.lastSuccess.WithLabelValues(site).Set(float64(at.UnixMilli()) / 1000)
	}
}

func (m *Metrics) ended(r *Report, problems int) {
	m.runs.WithLabelValues(r.Site, string(r.Kind), string(r.Result)).Inc()
	m.duration.WithLabelValues(r.Site, string(r.Kind)).Observe(r.Finished.Sub(r.Started).Seconds())
	m.problems.WithLabelValues(r.Site).Set(float64(problems))
}
