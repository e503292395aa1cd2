//go:build integration

package web

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// browse starts a browser without a window and returns what it says.
func browse(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	flags := []string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
		"--user-data-dir=" + t.TempDir(),
	}
	cmd := exec.CommandContext(ctx, "chromium", append(flags, args...)...)
	var says strings.Builder
	cmd.Stderr = &says
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("chromium %v: %v\n%s", args, err, says.String())
	}
	return string(out)
}

// probe is a page that shows others in frames of a given width and writes down
// how wide they wanted to be, and whether the stylesheet was let in.
const probe = `<!DOCTYPE html><title>probe</title><body><pre id="out"></pre><script>
const frames = %s;
for (const [path, width] of frames) {
  const f = document.createElement("iframe");
  f.width = width; f.height = 800; f.src = path; f.style.border = 0;
  f.onload = () => {
    const d = f.contentDocument, root = d.documentElement;
    document.getElementById("out").textContent += [path, width, root.clientWidth, root.scrollWidth, d.body.scrollWidth,
      getComputedStyle(d.querySelector("header.site")).display, d.querySelectorAll("tbody tr").length].join(" ") + ";\n";
  };
  document.body.append(f);
}
</script>`

// browsed serves the company, lets its pages into the probe's frames and has
// the probe at /probe.
func browsed(t *testing.T, frames string) *httptest.Server {
	t.Helper()
	pages := serve(t, fullCompany())
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/probe" {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = fmt.Fprintf(w, probe, frames)
			return
		}
		pages.ServeHTTP(framed{w}, r)
	}))
	t.Cleanup(srv.Close)
	return srv
}

// fullCompany is the company with every figure of the board known, at its
// longest.
func fullCompany() *company {
	c := newCompany()
	for k := range c.snap.Goals {
		g := &c.snap.Goals[k]
		real, lower, upper, chance := .87, .76, .98, .42
		soon, late := c.snap.At.AddDate(0, 1, 2), c.snap.At.AddDate(0, 3, 0)
		g.Real, g.RealLower, g.RealUpper, g.OnTime = &real, &lower, &upper, &chance
		g.Forecast50, g.Forecast85 = &soon, &late
	}
	return c
}

// framed lets a page into a frame of its own site; the rest of its policy
// stays in force.
type framed struct{ http.ResponseWriter }

func (f framed) WriteHeader(status int) {
	policy := f.Header().Get("Content-Security-Policy")
	f.Header().Set("Content-Security-Policy", strings.Replace(policy, "frame-ancestors 'none'", "frame-ancestors 'self'", 1))
	f.ResponseWriter.WriteHeader(status)
}

func TestABrowserShowsEveryGoalAndItsHealthInWords(t *testing.T) {
	srv := browsed(t, "[]")
	dom := browse(t, "--dump-dom", srv.URL+"/")
	if n := strings.Count(dom, `<tr role="row" class="goal`); n != len(companyGoals()) {
		t.Errorf("the board has %d rows, want %d", n, len(companyGoals()))
	}
	for _, g := range companyGoals() {
		if !strings.Contains(dom, healthOf(g.Health).Word) {
			t.Errorf("the word %q is not on the board", healthOf(g.Health).Word)
		}
		if !strings.Contains(dom, `href="goals/`+g.ID+`"`) {
			t.Errorf("the board has no link to %s", g.ID)
		}
	}
	dom = browse(t, "--dump-dom", srv.URL+"/goals/checkout-p95")
	if !strings.Contains(dom, `href="https://acme.example/browse/PAY-13"`) {
		t.Error("the evidence has no link into Jira")
	}
}

func TestPagesFitPhonesAndDesks(t *testing.T) {
	paths := []string{"/", "/?at=2026-10-15", "/goals/checkout-p95", "/goals/archive", "/sync", "/README.md", "/nowhere"}
	var frames []string
	for _, p := range paths {
		for _, width := range []int{320, 390, 768, 1000, 1280} {
			frames = append(frames, fmt.Sprintf("[%q,%d]", p, width))
		}
	}
	srv := browsed(t, "["+strings.Join(frames, ",")+"]")
	dom := browse(t, "--virtual-time-budget=20000", "--window-size=1400,900", "--dump-dom", srv.URL+"/probe")
	found := regexp.MustCompile(`(?m)(/\S*) (\d+) (\d+) (\d+) (\d+) (\w+) (\d+);`).FindAllStringSubmatch(dom, -1)
	if len(found) != len(frames) {
		t.Fatalf("%d of %d pages were measured:\n%s", len(found), len(frames), dom)
	}
	for _, m := range found {
		path, width, inner, whole, body, header := m[1], m[2], m[3], m[4], m[5], m[6]
		if inner != width {
			t.Errorf("%s: the frame is %s wide, want %s", path, inner, width)
		}
		if whole != width || body > width && len(body) >= len(width) {
			t.Errorf("%s at a width of %s px wants %s px (its body %s px)", path, width, whole, body)
		}
		if header != "flex" {
			t.Errorf("%s: the stylesheet is not in force", path)
		}
	}
}

// TestScreenshots makes pictures for people to look at, in PLUMBLINE_SHOTS or,
// without that, in a folder that goes with the test.
func TestScreenshots(t *testing.T) {
	folder := os.Getenv("PLUMBLINE_SHOTS")
	if folder == "" {
		folder = t.TempDir()
	}
	srv := browsed(t, `[["/",390],["/goals/checkout-p95",390],["/sync",390]]`)
	for _, s := range []struct{ name, path, size, scheme string }{
		{"board-light", "/", "1280,1100", "1"},
		{"board-dark", "/", "1280,1100", "0"},
		{"board-past", "/?at=2026-10-15", "1000,900", "1"},
		{"goal-light", "/goals/checkout-p95", "1280,1300", "1"},
		{"goal-dark", "/goals/checkout-p95", "1280,1300", "0"},
		{"sync-light", "/sync", "1280,700", "1"},
		{"narrow", "/probe", "1240,830", "1"},
	} {
		file := filepath.Join(folder, s.name+".png")
		browse(t, "--screenshot="+file, "--window-size="+s.size, "--blink-settings=preferredColorScheme="+s.scheme,
			"--virtual-time-budget=5000", srv.URL+s.path)
		if info, err := os.Stat(file); err != nil || info.Size() < 5000 {
			t.Errorf("%s: there is no picture: %v", s.name, err)
		}
	}
}
