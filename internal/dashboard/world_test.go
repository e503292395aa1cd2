//go:build integration

package dashboard_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plumbline/internal/jirasim"
)

// The simulated company, and one goal more, which stalls and then moves while
// the test looks on.

const (
	haltingGoal  = "halting"
	haltingOwner = "team-halt"
	// haltingSince is for how many days that goal has had issues; forecastGoal
	// is one of the company's that has a forecast and counts issues.
	haltingSince = 30
	forecastGoal = "storefront-4-7"
	// haltsAfter is how long that goal may be silent.
	haltsAfter = 10 * 24 * time.Hour
)

// plumbline is the program's path, its address, and its folder.
type plumbline struct{ program, address, dir string }

func (p *plumbline) url() string { return "http://" + p.address }

// build compiles the program.
func build(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "plumbline")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", program, "plumbline/cmd/plumbline")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building plumbline: %v\n%s", err, out)
	}
	return program
}

// servePlumbline runs the program over a simulated Jira in which the halting
// goal stalls at one moment and has an issue delivered at another.
func servePlumbline(t *testing.T, program string, stalls, moves time.Time) *plumbline {
	t.Helper()
	company := jirasim.NewCompany(1, time.Now())
	var dump bytes.Buffer
	if err := company.WriteDump(&dump); err != nil {
		t.Fatal(err)
	}
	for _, line := range haltingIssues(t, stalls.Add(-haltsAfter), moves) {
		dump.Write(append(line, '\n'))
	}
	world, err := jirasim.LoadDump(&dump)
	if err != nil {
		t.Fatal(err)
	}
	for _, status := range company.Statuses {
		world.AddStatus(status)
	}
	site := httptest.NewServer(jirasim.New(world, jirasim.Options{PAT: "pat"}))
	t.Cleanup(site.Close)

	p := &plumbline{program: program, address: freeAddress(t), dir: t.TempDir()}
	for name, content := range company.Goals {
		save(t, filepath.Join(p.dir, "goals", name), content)
	}
	save(t, filepath.Join(p.dir, "goals", "halting.yaml"), haltingGoals())
	save(t, filepath.Join(p.dir, "plumbline.yaml"), fmt.Appendf(nil, `
external_url: http://%s
listen: %[1]s
sites:
  - name: sim
    url: %s
    auth: {pat_env: SIM_PAT, expires: 2099-01-01}
    scope: project in (%s)
    limits: {requests_per_second: 100, in_flight: 8}
prometheus: {url: %s}
schedule: {incremental: "@every 1s", agile: "@every 10s"}
store: {path: plumbline.db}
goals: goals
`, p.address, site.URL, strings.Join(world.Projects(), ", "), outcomes(t)))
	run(t, p.url()+"/-/ready", []string{"SIM_PAT=pat"}, program, "serve", "--config", filepath.Join(p.dir, "plumbline.yaml"))
	return p
}

// outcomes is a server that answers the queries of outcomes: of eight halts,
// six are left. It returns its address.
func outcomes(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[%d,"6"]}]}}`, time.Now().Unix())
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// haltingGoals declares the goal, with all that the company's goals leave out.
// Its target has passed: it is off track before it stops, and told of as such.
func haltingGoals() []byte {
	day := func(n int) string { return time.Now().AddDate(0, 0, n).Format(time.DateOnly) }
	return fmt.Appendf(nil, `goals:
  - id: %s
    name: The goal that halts
    owner: %s
    count: points
    target: %s
    targets:
      - {date: %s, said: %s}
      - {date: %s, said: %s, why: "it is late"}
    work:
      labels: [{project: HALT, name: halt}]
    reported: {from: check_ins}
    check_ins: [{date: %s, completion: 0.8, health: on_track}]
    stop_when: [{id: standstill, when: "stalled"}]
    stall: {after: %dd}
    outcomes: [{id: halts, query: sum(halts), from: 8, to: 0}]
`, haltingGoal, haltingOwner, day(-20), day(-30), day(-60), day(-20), day(-35), day(-7), int(haltsAfter.Hours()/24))
}

// haltingIssues are two of the goal's, as Jira tells of them: one in progress,
// which is its last progress, and one that is delivered later.
func haltingIssues(t *testing.T, last, moves time.Time) [][]byte {
	t.Helper()
	const layout = "2006-01-02T15:04:05.000-0700"
	done := map[string]any{"id": "10006", "name": "Done", "statusCategory": map[string]any{"key": "done", "name": "Done"}}
	doing := map[string]any{"id": "3", "name": "In Progress", "statusCategory": map[string]any{"key": "indeterminate", "name": "In Progress"}}
	move := func(id string, at time.Time, items ...map[string]any) map[string]any {
		return map[string]any{"id": id, "created": at.Format(layout), "items": items}
	}
	status := func(from, fromName, to, toName string) map[string]any {
		return map[string]any{"field": "status", "fieldtype": "jira", "fieldId": "status", "from": from, "fromString": fromName, "to": to, "toString": toName}
	}
	issue := func(n int, status map[string]any, resolved *time.Time, updated time.Time, histories ...map[string]any) []byte {
		fields := map[string]any{
			"project":   map[string]any{"id": "99000", "key": "HALT", "name": "Halting"},
			"issuetype": map[string]any{"id": "10001", "name": "Story", "subtask": false},
			"summary":   fmt.Sprintf("Part %d", n), "labels": []string{"halt"}, "status": status,
			"created": last.AddDate(0, 0, -20).Format(layout), "updated": updated.Format(layout), "resolution": nil,
		}
		if resolved != nil {
			fields["resolution"] = map[string]any{"id": "10000", "name": "Done"}
			fields["resolutiondate"] = resolved.Format(layout)
		}
		line, err := json.Marshal(map[string]any{
			"id": fmt.Sprint(990000 + n), "key": fmt.Sprintf("HALT-%d", n), "fields": fields,
			"changelog": map[string]any{"startAt": 0, "maxResults": len(histories), "total": len(histories), "histories": histories},
		})
		if err != nil {
			t.Fatal(err)
		}
		return line
	}
	resolution := map[string]any{"field": "resolution", "fieldtype": "jira", "fieldId": "resolution", "from": nil, "fromString": nil, "to": "10000", "toString": "Done"}
	return [][]byte{
		issue(1, doing, nil, last, move("9900001", last, status("10000", "Backlog", "3", "In Progress"))),
		issue(2, done, &moves, moves,
			move("9900002", last.AddDate(0, 0, -3), status("10000", "Backlog", "3", "In Progress")),
			move("9900003", moves, status("3", "In Progress", "10006", "Done"), resolution)),
	}
}
