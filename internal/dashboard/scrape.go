package dashboard

import (
	"fmt"
	"strings"
	"time"
)

// retention is how long Prometheus should keep the figures, and how far into
// the past it takes them while it runs.
const retention = "2y"

// scrapeTimeout is how long Prometheus waits for a scrape.
const scrapeTimeout = 10 * time.Second

// Places are where the parts of the chain are, as Prometheus reaches them.
type Places struct {
	Plumbline    []string // host:port
	Alertmanager string   // host:port
	// URL is where people reach Plumbline: the alerts' links begin with it.
	URL string
}

// oneMachine is every part on its own port of one machine.
func oneMachine() Places {
	return Places{Plumbline: []string{"127.0.0.1:9847"}, Alertmanager: "127.0.0.1:9093", URL: "http://127.0.0.1:9847"}
}

// composed is every part in the container of its name, as compose.yaml has
// them.
func composed() Places {
	return Places{Plumbline: []string{"plumbline:9847"}, Alertmanager: "alertmanager:9093", URL: "http://127.0.0.1:9847"}
}

// ScrapeConfig returns Prometheus's configuration.
func ScrapeConfig(d Durations, at Places) []byte {
	return fmt.Appendf(nil, `# Prometheus for Plumbline.
%s#
# Storage: the figures are worth most as a history of quarters, so keep them
# long; Prometheus's own default is 15 days. On its command line:
#   --storage.tsdb.retention.time=%s
# and, to let plumbline send it the past by remote write:
#   --web.enable-remote-write-receiver
# Or the past comes as blocks, into the data folder, before Prometheus starts:
#   plumbline backfill --from -365d --label job=%[8]s --label instance=%[10]s -o past.txt
#   promtool tsdb create-blocks-from openmetrics --max-block-duration=744h past.txt <data folder>
# Back-filled samples are a day apart; ask for history as
# last_over_time(metric[%[3]s]).

global:
  scrape_interval: %[4]s
  scrape_timeout: %[5]s
  evaluation_interval: %[4]s
  external_labels:
    # Where people reach Plumbline: the alerts' evidence_url begins with it, and
    # so does runbook_url, unless runbook_base names another folder in which
    # they find README.md.
    plumbline_url: %[6]s
    # runbook_base: https://git.acme.com/plumbline/blob/main

storage:
  tsdb:
    # How far behind the newest sample one of the past may lie.
    out_of_order_time_window: %[2]s

rule_files:
  - recording.yaml
  - alerts.yaml

alerting:
  alertmanagers:
    - static_configs:
        - targets: [%[7]s]

scrape_configs:
  - job_name: %[8]s
    # Plumbline refuses to publish more than 60,000 series of its own accord;
    # this is the second lock, with room for those about itself.
    sample_limit: 80000
    static_configs:
      - targets: [%[9]s]
`, generated, retention, keep, duration(d.Scrape), duration(min(d.Scrape, scrapeTimeout)), at.URL, at.Alertmanager, job, strings.Join(at.Plumbline, ", "), at.Plumbline[0])
}
