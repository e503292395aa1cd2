package app

import (
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"plumbline/internal/config"
	"plumbline/internal/store"
)

// metrics is how the service shows what it does itself.
type metrics struct {
	snapshotDuration prometheus.Gauge
	snapshotsRefused prometheus.Counter
	reloadSuccessful prometheus.Gauge
	storeIssues      *prometheus.GaugeVec
	storeSize        prometheus.Gauge
	tokenExpiry      *prometheus.GaugeVec
}

func newMetrics(version string) (*prometheus.Registry, *metrics) {
	m := &metrics{
		snapshotDuration: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "plumbline_snapshot_duration_seconds",
			Help: "How long the last measuring of the whole store took.",
		}),
		snapshotsRefused: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "plumbline_snapshots_refused_total",
			Help: "Snapshots that are not served as metrics, since they would be too many series; the one before is served on.",
		}),
		reloadSuccessful: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "plumbline_config_last_reload_successful",
			Help: "Whether the last attempt to read the configuration and the goals succeeded; while 0, the earlier ones are in force.",
		}),
		storeIssues: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "plumbline_store_issues",
			Help: "Issues held of the site.",
		}, []string{"site"}),
		storeSize: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "plumbline_store_size_bytes",
			Help: "Size of the store's file.",
		}),
		tokenExpiry: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "plumbline_jira_token_expiry_timestamp_seconds",
			Help: "When the token of the site ends, by the configuration; absent where that does not say.",
		}, []string{"site"}),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name:        "plumbline_build_info",
		Help:        "1, with the version of plumbline and of Go that it was built with.",
		ConstLabels: prometheus.Labels{"version": version, "goversion": runtime.Version()},
	})
	build.Set(1)
	m.reloadSuccessful.Set(1) // a service that could not read them would not have started
	r := prometheus.NewRegistry()
	r.MustRegister(m.snapshotDuration, m.snapshotsRefused, m.reloadSuccessful, m.storeIssues, m.storeSize, m.tokenExpiry, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r, m
}

// expects shows what the configuration says of a site.
func (m *metrics) expects(site *config.Site) {
	m.storeIssues.WithLabelValues(site.Name).Set(0)
	if e := site.Auth.Expires; !e.IsZero() {
		m.tokenExpiry.WithLabelValues(site.Name).Set(float64(e.Start(time.UTC).Unix()))
	}
}

func (m *metrics) measured(took time.Duration) { m.snapshotDuration.Set(took.Seconds()) }

// published shows whether the last snapshot is served.
func (m *metrics) published(err error) {
	if err != nil {
		m.snapshotsRefused.Inc()
	}
}

// holds shows how much the store holds.
func (m *metrics) holds(s *store.Store, sites []string) error {
	for _, name := range sites {
		n, err := s.Counts(name)
		if err != nil {
			return err
		}
		m.storeIssues.WithLabelValues(name).Set(float64(n.Issues))
	}
	size, err := s.Size()
	if err != nil {
		return err
	}
	m.storeSize.Set(float64(size))
	return nil
}

func (m *metrics) reloaded(err error) {
	if err != nil {
		m.reloadSuccessful.Set(0)
		return
	}
	m.reloadSuccessful.Set(1)
}
