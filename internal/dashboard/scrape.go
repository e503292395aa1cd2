package dashboard

import (
	"fmt"
	"time"
)

// retention is how long Prometheus should keep the figures, and how far into
// the past it takes them while it runs.
const retention = "2y"

// scrapeTimeout is how long Prometheus waits for a scrape.
const scrapeTimeout = 10 * time.Second

// scrapeConfig is Prometheus's configuration.
func scrapeConfig(d Durations) []byte {
	every := duration(d.Scrape)
	return fmt.Appendf(nil, `# Prometheus for Plumbline.
%s#
# Storage: the figures are worth most as a history of quarters, so keep them
# long; Prometheus's own default is 15 days. Fifty goals are about 5,000 series
# and 2 GiB a year. On Prometheus's command line:
#   --storage.tsdb.retention.time=%s
# and, to let plumbline send it the past by remote write:
#   --web.enable-remote-write-receiver
# Or the past comes as blocks, into the data folder, before Prometheus starts:
#   plumbline backfill --from 2026-01-01 --to 2026-11-01 --step 1d -o past.txt
#   promtool tsdb create-blocks-from openmetrics --max-block-duration=744h past.txt <data folder>
# Back-filled samples are a day apart; ask for history as
# last_over_time(metric[%s]).

global:
  scrape_interval: %[4]s
  scrape_timeout: %[5]s
  evaluation_interval: %[4]s
  external_labels:
    # Where people reach Plumbline: the alerts' evidence_url begins with it.
    plumbline_url: http://127.0.0.1:9847

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
        - targets: [127.0.0.1:9093]

scrape_configs:
  - job_name: %[6]s
    # Plumbline refuses to publish more than 60,000 series of its own accord;
    # this is the second lock, with room for those about itself.
    sample_limit: 80000
    static_configs:
      - targets: [127.0.0.1:9847]
`, generated, retention, keep, every, duration(min(d.Scrape, scrapeTimeout)), job)
}
