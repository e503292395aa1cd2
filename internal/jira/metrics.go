package jira

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// endpoint names a kind of request in metrics and errors.
type endpoint string

const (
	endpointServerInfo endpoint = "server_info"
	endpointMyself     endpoint = "myself"
	endpointField      endpoint = "field"
	endpointStatus     endpoint = "status"
	endpointType       endpoint = "issue_type"
	endpointSearch     endpoint = "search"
	endpointIssue      endpoint = "issue"
	endpointProject    endpoint = "project"
	endpointVersions   endpoint = "versions"
	endpointBoard      endpoint = "board"
	endpointSprint     endpoint = "sprint"
	// Cloud alone has these.
	endpointTenant     endpoint = "tenant_info"
	endpointCount      endpoint = "approximate_count"
	endpointIssues     endpoint = "issue_bulkfetch"
	endpointChangelogs endpoint = "changelog_bulkfetch"
	endpointChangelog  endpoint = "issue_changelog"
)

func endpoints() []endpoint {
	return []endpoint{
		endpointServerInfo, endpointMyself, endpointField, endpointStatus, endpointSearch, endpointIssue,
		endpointProject, endpointVersions, endpointBoard, endpointSprint,
		endpointTenant, endpointCount, endpointIssues, endpointChangelogs, endpointChangelog,
	}
}

// noAnswer is the code of a request that got no answer.
const noAnswer = "none"

// Metrics is how the clients of all sites show what they do. It is made once
// and shared by them.
type Metrics struct {
	requests      *prometheus.CounterVec
	duration      *prometheus.HistogramVec
	throttled     *prometheus.CounterVec
	authenticated *prometheus.GaugeVec
}

// NewMetrics registers the clients' metrics; a nil registerer leaves them
// unregistered.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "plumbline_jira_requests_total",
			Help: "Requests made to Jira, each repetition counted, by endpoint and HTTP status code; code none where no answer came.",
		}, []string{"site", "endpoint", "code"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "plumbline_jira_request_duration_seconds",
			Help:    "Time that Jira took to answer a request, its body read.",
			Buckets: []float64{0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60},
		}, []string{"site", "endpoint"}),
		throttled: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "plumbline_jira_throttled_seconds_total",
			Help: "Time spent waiting because Jira refused requests as too many or was overloaded (429, 503).",
		}, []string{"site"}),
		authenticated: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "plumbline_jira_authenticated",
			Help: "Whether Jira took the latest answer's request for the configured account (1) or refused it (0); absent before the first answer.",
		}, []string{"site"}),
	}
	if reg != nil {
		reg.MustRegister(m.requests, m.duration, m.throttled, m.authenticated)
	}
	return m
}

// init makes the site's series whose labels are known before anything
// happens. Whether the site knows us is not.
func (m *Metrics) init(site string) {
	for _, e := range endpoints() {
		m.requests.WithLabelValues(site, string(e), "200")
		m.duration.WithLabelValues(site, string(e))
	}
	m.throttled.WithLabelValues(site)
}

// answered counts one request; status 0 is no answer.
func (m *Metrics) answered(site string, e endpoint, status int, took time.Duration) {
	code := noAnswer
	if status != 0 {
		code = strconv.Itoa(status)
	}
	m.requests.WithLabelValues(site, string(e), code).Inc()
	m.duration.WithLabelValues(site, string(e)).Observe(took.Seconds())
}

func (m *Metrics) known(site string, known bool) {
	v := 0.0
	if known {
		v = 1
	}
	m.authenticated.WithLabelValues(site).Set(v)
}
