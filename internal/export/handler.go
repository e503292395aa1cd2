package export

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// maxScrapes is how many scrapes are answered at once: a pair of Prometheis
// and a person or two. Others are told to come again (503).
const maxScrapes = 5

// scrapeWithin bounds one scrape; Prometheus' own default is the same. A page
// that comes later helps nobody (503).
const scrapeWithin = 10 * time.Second

// Handler returns the handler of /metrics over all gatherers, in the classic
// text format or in OpenMetrics, as the scraper asks.
//
// A gatherer that fails fails the scrape (500). The rest could be served, but
// a page that lacks half of its series looks like goals that vanished, and
// their alerts would resolve; a failed scrape is seen by every Prometheus as
// up == 0.
func Handler(gatherers ...prometheus.Gatherer) http.Handler {
	return promhttp.HandlerFor(prometheus.Gatherers(gatherers), promhttp.HandlerOpts{
		EnableOpenMetrics:   true,
		ErrorHandling:       promhttp.HTTPErrorOnError,
		MaxRequestsInFlight: maxScrapes,
		Timeout:             scrapeWithin,
	})
}
