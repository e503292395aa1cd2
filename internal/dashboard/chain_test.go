//go:build integration

package dashboard_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"plumbline/internal/dashboard"
	"plumbline/internal/measure"
)

// quick are the durations of the shipped rules, in seconds for hours. What
// looks into the past does so as far as it does in earnest.
func quick() dashboard.Durations {
	d := dashboard.DefaultDurations()
	d.Scrape, d.Settle, d.Hold, d.Persist = time.Second, time.Second, 2*time.Second, time.Second
	return d
}

// TestFromJiraToTheOwner runs the whole chain with its real parts: a simulated
// Jira in which a goal that is late halts and moves on, the program, Debian's
// Prometheus and Alertmanager with the generated configuration, a year of past
// that is put into Prometheus's folder while it runs, and a webhook for the
// owner.
func TestFromJiraToTheOwner(t *testing.T) {
	program := build(t)
	start := time.Now()
	// What comes with time alone, as a stall does, is seen at the next full
	// minute of the program's life; what comes from Jira, within a second.
	p := servePlumbline(t, program, start.Add(30*time.Second), start.Add(2*time.Minute))
	owner := newInbox(t)
	alertmanager := startAlertmanager(t, owner.url)
	data := t.TempDir()
	prom := startPrometheus(t, quick(), data, dashboard.Places{Plumbline: []string{p.address}, Alertmanager: alertmanager, URL: p.url()})

	halting := fmt.Sprintf("%s{goal=%q,instance=%q}", measure.MetricGoalStalled, haltingGoal, p.address)
	await(t, "the halting goal, while it moves", func() error { return prom.has(halting + " == 0") })
	if got := owner.about("GoalStalled", haltingGoal); len(got) > 0 {
		t.Fatalf("the owner was told of a stall before there was one: %+v", got)
	}
	await(t, "the owner to be told that it is late", func() error { return owner.told("GoalOffTrack", "firing") })
	backfill(t, p, data)
	prom.restart()
	await(t, "the scrapes to go on", func() error { return prom.has(halting + " == 0") })

	await(t, "the stall", func() error { return prom.has(halting + " == 1") })
	await(t, "the owner to be told", func() error { return owner.told("GoalStalled", "firing") })
	await(t, "that it is late to be held back", func() error { return inhibited(alertmanager, true) })
	checkNotification(t, p, owner)
	await(t, "the goal to move on", func() error { return prom.has(halting + " == 0") })
	await(t, "the owner to be told that it is over", func() error { return owner.told("GoalStalled", "resolved") })
	await(t, "that it is late to be told again", func() error { return inhibited(alertmanager, false) })

	await(t, "every rule's first evaluation", prom.rulesHealthy)
	checkHistory(t, prom)
	checkPanels(t, prom)
	checkProjection(t, prom)
	checkLinks(t, p, prom)
	checkMetrics(t, p)
	checkAgreement(t, p, prom)
}

// checkNotification holds that the owner is told what stopped, since when, and
// where to look.
func checkNotification(t *testing.T, p *plumbline, owner *inbox) {
	t.Helper()
	for _, n := range owner.about("GoalStalled", haltingGoal) {
		if n.receiver != "owner" {
			t.Errorf("the stall was told to %s, not to the owner", n.receiver)
		}
		if got := n.Labels["owner"]; got != haltingOwner {
			t.Errorf("the owner is %q, want %q", got, haltingOwner)
		}
		if got, want := n.Annotations["evidence_url"], p.url()+"/goals/"+haltingGoal; got != want {
			t.Errorf("the evidence is at %q, want %q", got, want)
		}
		if page, err := get(t.Context(), n.Annotations["evidence_url"]); err != nil || !bytes.Contains(page, []byte("The goal that halts")) {
			t.Errorf("the evidence page is not the goal's: %v", err)
		}
		if got, want := n.Annotations["runbook_url"], p.url()+"/README.md#goalstalled"; got != want {
			t.Errorf("the runbook is at %q, want %q", got, want)
		}
		if page, err := get(t.Context(), n.Annotations["runbook_url"]); err != nil || !bytes.Contains(page, []byte(`id="goalstalled"`)) {
			t.Errorf("the runbook's page has no such section: %v", err)
		}
		last := time.Now().Add(-haltsAfter).UTC().Format("2 January 2006")
		if got := n.Annotations["summary"]; !strings.HasPrefix(got, "The goal that halts has stopped: no progress since "+last) {
			t.Errorf("the summary is %q, want it to begin with what stopped and since when (%s)", got, last)
		}
	}
}

// checkPanels asks Prometheus everything that the boards ask. An answer may be
// empty only where that is what it says.
func checkPanels(t *testing.T, prom *prometheus) {
	boards := files(t)
	for _, name := range sorted(boards) {
		queries, err := dashboard.Queries(boards[name])
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range queries {
			t.Run(name+"/"+q.From+"/"+q.RefID, func(t *testing.T) {
				awaitWithin(t, 5*time.Second, q.Expr, func() error {
					got, err := prom.answer(q)
					if err == nil && len(got) == 0 {
						err = fmt.Errorf("no data for %s", q.Expr)
					}
					if err == nil {
						err = inUnit(q, got)
					}
					return err
				})
			})
		}
	}
}

// inUnit is an error unless all values can be of the unit that the panel
// claims: a timestamp is no duration, a percentage no share.
func inUnit(q dashboard.Query, got []series) error {
	least, most := math.Inf(-1), math.Inf(1)
	switch q.Unit {
	case "percentunit":
		least, most = -1, 1
		for _, metric := range []string{measure.MetricGoalStallAfter, measure.MetricEstimatorError, "skill"} {
			if strings.Contains(q.Expr, metric) {
				least, most = -100, 100 // how often over, and how much worse, has no end
			}
		}
	case "s":
		least, most = -1, 1.5e9 // now is more than 1.7e9 s after 1970
		if strings.Contains(q.Expr, "token_expiry") {
			most = 4e9
		}
	case "suffix: d":
		least, most = -20000, 20000 // now is more than 20,000 days after 1970
	case "time:YYYY-MM-DD", "dateTimeAsIso":
		least, most = 946684800e3, 4102444800e3 // 2000 to 2100, in ms
	case "bytes":
		least, most = 1024, 1e12
	case "reqps":
		least, most = 0, 1e6
	case "none":
		least, most = -1e7, 1e7
	case "":
		return nil // a variable, or an annotation: nothing is shown of its value
	default:
		return lost("no test knows the unit " + q.Unit)
	}
	for _, s := range got {
		values, err := s.values()
		if err != nil {
			return lost(err.Error())
		}
		for _, v := range values {
			if math.IsNaN(v) || v < least || v > most {
				return lost(fmt.Sprintf("%v is %v, which is no value in the unit %q: %s", s.Metric, v, q.Unit, q.Expr))
			}
		}
	}
	return nil
}

// checkLinks holds that every page which alerts and panels lead to is there.
func checkLinks(t *testing.T, p *plumbline, prom *prometheus) {
	t.Helper()
	goals, err := prom.answer(dashboard.Query{Expr: "count by (goal) (" + measure.MetricGoalInfo + ")", Instant: true})
	if err != nil || len(goals) < 10 {
		t.Fatalf("%d goals, %v", len(goals), err)
	}
	pages := []string{"/", "/sync", "/unlinked"}
	for _, g := range goals {
		pages = append(pages, "/goals/"+g.Metric["goal"])
	}
	for _, page := range pages {
		if _, err := get(t.Context(), p.url()+page); err != nil {
			t.Errorf("a link of an alert or a panel leads nowhere: %v", err)
		}
	}
}

func checkMetrics(t *testing.T, p *plumbline) {
	t.Helper()
	page, err := get(t.Context(), p.url()+"/metrics")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "promtool", "check", "metrics")
	cmd.Stdin = bytes.NewReader(page)
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("promtool check metrics: %v\n%s", err, out)
	}
}

// backfill writes the goals' past into the folder of a Prometheus, as README
// says. Boards and alerts compare the present with it.
func backfill(t *testing.T, p *plumbline, data string) {
	t.Helper()
	past := filepath.Join(p.dir, "past.txt")
	save(t, past, p.backfill(t, "--from", "-365d"))
	cmd := exec.CommandContext(t.Context(), "promtool", "tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=744h", past, data)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, out)
	}
}

// backfill returns a part of the past, with the labels that the scrape adds.
func (p *plumbline) backfill(t *testing.T, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), p.program, append([]string{"backfill", "--config", filepath.Join(p.dir, "plumbline.yaml"),
		"--label", "job=plumbline", "--label", "instance=" + p.address}, args...)...)
	var log bytes.Buffer
	cmd.Stderr = &log
	text, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, &log)
	}
	return text
}

// inbox is where the owners' notifications arrive.
type inbox struct {
	url string

	mu  sync.Mutex
	all []notice
}

// notice is one alert as an owner is told of it.
type notice struct {
	Status              string
	Labels, Annotations map[string]string
	receiver            string
}

func newInbox(t *testing.T) *inbox {
	t.Helper()
	in := &inbox{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var message struct {
			Receiver string
			Alerts   []notice
		}
		if err := json.NewDecoder(r.Body).Decode(&message); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		in.mu.Lock()
		defer in.mu.Unlock()
		for _, n := range message.Alerts {
			n.receiver = message.Receiver
			in.all = append(in.all, n)
		}
	}))
	t.Cleanup(server.Close)
	in.url = server.URL
	return in
}

// about are the notices of an alert on a goal.
func (in *inbox) about(alert, goal string) []notice {
	in.mu.Lock()
	defer in.mu.Unlock()
	var all []notice
	for _, n := range in.all {
		if n.Labels["alertname"] == alert && n.Labels["goal"] == goal {
			all = append(all, n)
		}
	}
	return all
}

// told is an error until the alert on the halting goal was told of in the
// status.
func (in *inbox) told(alert, status string) error {
	got := in.about(alert, haltingGoal)
	if !slices.ContainsFunc(got, func(n notice) bool { return n.Status == status }) {
		return fmt.Errorf("no notification with the status %s among %d", status, len(got))
	}
	return nil
}

// startAlertmanager runs Alertmanager with the shipped routes and inhibitions,
// but with webhooks for receivers, and seconds for hours.
func startAlertmanager(t *testing.T, webhook string) (address string) {
	t.Helper()
	var c map[string]any
	if err := yaml.Unmarshal(read(t, "../../config/alertmanager/alertmanager.yml"), &c); err != nil {
		t.Fatal(err)
	}
	delete(c, "global")
	route := c["route"].(map[string]any)
	route["group_wait"], route["group_interval"] = "1s", "1s"
	for _, r := range c["receivers"].([]any) {
		r := r.(map[string]any)
		delete(r, "slack_configs")
		delete(r, "email_configs")
		r["webhook_configs"] = []any{map[string]any{"url": webhook, "send_resolved": true}}
	}
	file, err := yaml.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	save(t, filepath.Join(dir, "alertmanager.yml"), file)
	address = freeAddress(t)
	run(t, "http://"+address+"/-/ready", nil, "prometheus-alertmanager",
		"--config.file="+filepath.Join(dir, "alertmanager.yml"),
		"--storage.path="+filepath.Join(dir, "data"),
		"--web.listen-address="+address, "--cluster.listen-address=")
	return address
}

// inhibited is an error until the rule's alert that the halting goal is off
// track is held back since it has stopped, or is not.
func inhibited(alertmanager string, want bool) error {
	page, err := get(context.Background(), "http://"+alertmanager+"/api/v2/alerts?filter=alertname%3DGoalOffTrack&filter=goal%3D"+haltingGoal)
	if err != nil {
		return err
	}
	var got []struct {
		Status struct {
			State       string
			InhibitedBy []string
		}
	}
	if err := json.Unmarshal(page, &got); err != nil {
		return err
	}
	if len(got) != 1 || (len(got[0].Status.InhibitedBy) > 0) != want {
		return fmt.Errorf("GoalOffTrack is %+v, want it held back: %t", got, want)
	}
	return nil
}
