package web

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the goldens anew")

func get(t testing.TB, h http.Handler, target string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
	return w
}

func TestPagesAndAnswersLookLikeTheirGoldens(t *testing.T) {
	whole := newCompany()
	whole.runs = whole.runs[:1]
	zurich, err := time.LoadLocation("Europe/Zurich")
	if err != nil {
		t.Fatal(err)
	}
	abroad := newCompany()
	abroad.zone = zurich
	bare := newCompany()
	bare.snap.Goals, bare.runs = nil, nil
	for _, c := range []struct {
		golden string
		engine *company
		target string
		status int
	}{
		{"board.html", whole, "/", 200},
		{"board-after-a-partial-sync.html", newCompany(), "/", 200},
		{"board-of-the-past.html", abroad, "/?at=2026-10-15", 200},
		{"board-without-goals.html", bare, "/", 200},
		{"board-before-the-first-snapshot.html", &company{}, "/", 503},
		{"goal.html", newCompany(), "/goals/checkout-p95", 200},
		{"goal-of-the-past.html", abroad, "/goals/checkout-p95?at=2026-10-15T12:00:00Z", 200},
		{"decisions.html", newCompany(), "/decisions", 200},
		{"decisions-of-a-goal.html", abroad, "/decisions?goal=search&at=2026-10-15", 200},
		{"decisions-none.html", bare, "/decisions", 200},
		{"decisions.json", newCompany(), "/api/v1/decisions", 200},
		{"unlinked.html", newCompany(), "/unlinked", 200},
		{"unlinked-nothing.html", bare, "/unlinked?at=2026-10-15", 200},
		{"unlinked.json", newCompany(), "/api/v1/unlinked", 200},
		{"sync.html", newCompany(), "/sync", 200},
		{"sync-of-nothing.html", bare, "/sync", 200},
		{"not-found.html", newCompany(), "/nowhere/at/all", 404},
		{"bad-request.html", newCompany(), "/?at=someday", 400},
		{"goals.json", newCompany(), "/api/v1/goals", 200},
		{"goals-of-nobody.json", bare, "/api/v1/goals", 200},
		{"goal.json", newCompany(), "/api/v1/goals/checkout-p95?at=-14d", 200},
		{"sync.json", newCompany(), "/api/v1/sync?at=2026-11-23T08:00:00Z", 200},
	} {
		t.Run(c.golden, func(t *testing.T) {
			w := get(t, serve(t, c.engine), c.target)
			if w.Code != c.status {
				t.Errorf("%s answers %d, want %d", c.target, w.Code, c.status)
			}
			checkGolden(t, c.golden, w.Body.Bytes())
			if filepath.Ext(c.golden) == ".html" {
				checkMarkup(t, w.Body.Bytes())
			}
		})
	}
}

func checkGolden(t *testing.T, name string, got []byte) {
	t.Helper()
	if filepath.Ext(name) == ".json" {
		var pretty bytes.Buffer
		if err := json.Indent(&pretty, got, "", "  "); err != nil {
			t.Fatalf("the answer is no JSON: %v\n%s", err, got)
		}
		got = pretty.Bytes()
	}
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (write it anew with -update):\n%s", path, diff)
	}
}
