package export_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plumbline/internal/export"
	"plumbline/internal/measure"
)

// moving are goals whose figures change from day to day; some come late, and
// some figures are not known at times.
func moving(goals int) func(time.Time) *measure.Snapshot {
	return func(when time.Time) *measure.Snapshot {
		day := int(when.Sub(at)/(24*time.Hour)) + 1000
		s := &measure.Snapshot{At: when, Work: []measure.ProjectShare{{Site: "acme", Project: "PAY", Active: 8, Unlinked: day % 8, Ratio: float64(day%8) / 8}}}
		for k := range goals {
			g := unknown(fmt.Sprintf("goal-%d", k))
			if day%7 != k%7 {
				g = known(fmt.Sprintf("goal-%d", k))
				g.Delivered = ptr(float64(day%101) / 101)
				g.Issues.Delivered = day + k
			}
			if day%5 == 0 {
				g.Reported = ptr(math.NaN())
			}
			s.Goals = append(s.Goals, g)
		}
		return s
	}
}

// lastDays is the past of n days up to now, and the plan of all of it.
func lastDays(tb testing.TB, n, goals int) (*export.Past, export.Plan) {
	tb.Helper()
	p := &export.Past{At: moving(goals), First: at.AddDate(0, 0, -n), Now: at, Zone: zurich(tb)}
	plan, err := p.Plan(export.Range{From: p.First, To: at, Step: export.Day()})
	if err != nil {
		tb.Fatal(err)
	}
	return p, plan
}

func written(tb testing.TB, text *export.Text, p *export.Past, plan export.Plan) (string, export.Written) {
	tb.Helper()
	var b bytes.Buffer
	text.Dir = tb.TempDir()
	w, err := text.Write(tb.Context(), p, plan, &b)
	if err != nil {
		tb.Fatal(err)
	}
	if left, err := os.ReadDir(text.Dir); err != nil || len(left) > 0 {
		tb.Errorf("left behind: %v, %v", left, err)
	}
	return b.String(), w
}

func TestABackfillIsTheGolden(t *testing.T) {
	p := &export.Past{At: func(when time.Time) *measure.Snapshot {
		s := &measure.Snapshot{At: when, Goals: []measure.GoalStatus{known("checkout-p95"), unknown("quiet")}}
		s.Goals[0].Issues.Delivered = when.Day()
		return s
	}, First: at.AddDate(0, 0, -3), Now: at, Zone: zurich(t)}
	plan, err := p.Plan(export.Range{From: p.First, To: at, Step: export.Day()})
	if err != nil {
		t.Fatal(err)
	}
	got, w := written(t, &export.Text{}, p, plan)
	const file = "testdata/backfill.txt"
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
	if lines := strings.Count(got, "\n") - strings.Count(got, "\n#"); w.Moments != 3 || w.Samples != lines-1 {
		t.Errorf("%+v, but there are %d lines of samples", w, lines-1)
	}
}

// pointsOf reads a back-fill's lines: value by moment and series. It checks
// that families and series stand together and in order of time.
func pointsOf(tb testing.TB, text string) map[int64]map[string]float64 {
	tb.Helper()
	out := map[int64]map[string]float64{}
	seen := map[string]bool{}
	family, series, last := "", "", 0.0
	if !strings.HasSuffix(text, "# EOF\n") {
		tb.Fatal("there is no # EOF at the end")
	}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if name, ok := strings.CutPrefix(line, "# HELP "); ok {
			family, _, _ = strings.Cut(name, " ")
			if seen[family] {
				tb.Fatalf("the family %s is there twice", family)
			}
			seen[family] = true
		}
		if strings.HasPrefix(line, "#") {
			continue
		}
		end := strings.LastIndexByte(line, ' ')
		mid := strings.LastIndexByte(line[:end], ' ')
		name := line[:mid]
		value, err := strconv.ParseFloat(line[mid+1:end], 64)
		seconds, err2 := strconv.ParseFloat(line[end+1:], 64)
		if err != nil || err2 != nil || !strings.HasPrefix(name, family) {
			tb.Fatalf("below the family %s there is the line %q", family, line)
		}
		switch {
		case name != series && seen[name]:
			tb.Fatalf("the series %s is there in two places", name)
		case name == series && seconds <= last:
			tb.Fatalf("the series %s goes back in time", name)
		}
		series, last, seen[name] = name, seconds, true
		ms := int64(math.Round(seconds * 1000))
		if out[ms] == nil {
			out[ms] = map[string]float64{}
		}
		out[ms][name] = value
	}
	return out
}

// scraped is what a scrape at the moment would say, without what is about
// Plumbline itself.
func scraped(tb testing.TB, p *export.Past, when time.Time) map[string]float64 {
	tb.Helper()
	e := export.New(p.Zone)
	if err := e.Publish(p.At(when)); err != nil {
		tb.Fatal(err)
	}
	out := map[string]float64{}
	for line := range strings.Lines(text(tb, export.Handler(e), "application/openmetrics-text; version=1.0.0")) {
		if strings.HasPrefix(line, "#") || strings.HasPrefix(line, measure.MetricSnapshot) {
			continue
		}
		k := strings.LastIndexByte(line, ' ')
		v, err := strconv.ParseFloat(strings.TrimSpace(line[k:]), 64)
		if err != nil {
			tb.Fatal(err)
		}
		out[line[:k]] = v
	}
	return out
}

func TestABackfillSaysOfEachMomentWhatAScrapeWouldHaveSaid(t *testing.T) {
	p, plan := lastDays(t, 40, 3)
	got, _ := written(t, &export.Text{}, p, plan)
	points := pointsOf(t, got)
	if len(points) != len(plan.Moments) {
		t.Errorf("there are samples of %d moments, want %d", len(points), len(plan.Moments))
	}
	for _, when := range plan.Moments {
		if diff := cmp.Diff(scraped(t, p, when), points[when.UnixMilli()]); diff != "" {
			t.Errorf("at %s (-scrape +back-fill):\n%s", when, diff)
		}
	}
}

func TestABackfillIsTheSameHoweverLittleIsHeldAtOnce(t *testing.T) {
	p, plan := lastDays(t, 30, 4)
	want, all := written(t, &export.Text{}, p, plan)
	rapid.Check(t, func(rt *rapid.T) {
		held := rapid.IntRange(1, 500).Draw(rt, "held")
		got, w := written(t, new(export.Text).Holding(held), p, plan)
		if got != want || w != all {
			rt.Fatalf("with %d samples held at once %+v, else %+v:\n%s", held, w, all, cmp.Diff(want, got))
		}
	})
}

func TestLabelsArePutOnEverySeries(t *testing.T) {
	p, plan := lastDays(t, 2, 1)
	labels, err := export.ParseLabels([]string{"job=plumbline", "instance=127.0.0.1:9847", `a="\`})
	if err != nil {
		t.Fatal(err)
	}
	got, _ := written(t, &export.Text{Labels: labels}, p, plan)
	for _, want := range []string{
		`plumbline_goal_issues{a="\"\\",category="todo",goal="goal-0",instance="127.0.0.1:9847",job="plumbline"} `,
		`plumbline_goals{a="\"\\",instance="127.0.0.1:9847",job="plumbline",state="stalled"} `,
	} {
		if !strings.Contains(got, "\n"+want) {
			t.Errorf("there is no %s", want)
		}
	}
}

func TestWhatIsNoLabelIsRefused(t *testing.T) {
	for _, s := range []string{"", "job", "job=", "1a=b", "__name__=x", "a-b=c", "goal=mine", "state=x", "a=\xff", strings.Repeat("x", 500)} {
		if l, err := export.ParseLabel(s); err == nil {
			t.Errorf("%q is taken for %v", s, l)
		} else if len(err.Error()) > 200 {
			t.Errorf("%q: %v", s, err)
		}
	}
	if _, err := export.ParseLabels([]string{"a=1", "a=2"}); err == nil {
		t.Error("the same label is taken twice")
	}
}

func TestAPlanSaysWhatHasNoFigures(t *testing.T) {
	past := export.Past{First: at.AddDate(0, 0, -10), Now: at, Zone: time.UTC}
	whole, err := past.Plan(export.Range{From: at.AddDate(0, 0, -20), To: at.AddDate(0, 0, 5), Step: export.Day()})
	if err != nil || len(whole.Moments) != 10 || whole.Before != 10 || whole.After != 5 {
		t.Errorf("%d moments, %d before, %d after, %v; want 10, 10 and 5", len(whole.Moments), whole.Before, whole.After, err)
	}
	empty := export.Past{Now: at}
	empty.First = time.Time{}
	hour, _ := export.ParseStep("1h")
	minute, _ := export.ParseStep("1m")
	for _, c := range []struct {
		name string
		past export.Past
		r    export.Range
		want string
	}{
		{"before the first issue", past, export.Range{From: at.AddDate(-2, 0, 0), To: at.AddDate(-1, 0, 0), Step: export.Day()}, "before the first issue was created, at 2026-11-06T08:30:00Z"},
		{"in the future", past, export.Range{From: at.AddDate(0, 0, 1), To: at.AddDate(1, 0, 0), Step: export.Day()}, "lies in the future; it is 2026-11-16T08:30:00Z"},
		{"backwards", past, export.Range{From: at, To: at.AddDate(0, 0, -1), Step: export.Day()}, "before it begins"},
		{"between two steps", past, export.Range{From: at.Add(-time.Hour), To: at, Step: export.Day()}, "no step of 1d falls between"},
		{"too many", past, export.Range{From: at.AddDate(-40, 0, 0), To: at, Step: minute}, "is too long"},
		{"years of hours of figures", export.Past{First: at.AddDate(-30, 0, 0), Now: at}, export.Range{From: at.AddDate(-30, 0, 0), To: at, Step: hour}, "is too long"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if plan, err := c.past.Plan(c.r); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%d moments, error %v, want one with %q", len(plan.Moments), err, c.want)
			}
		})
	}
}

func TestABackfillRefusesWhatAScrapeWouldRefuse(t *testing.T) {
	for name, bad := range map[string]struct {
		goals []measure.GoalStatus
		want  string
	}{
		"more series than the budget":        {many(3000).Goals, "more than the 60000 allowed"},
		"two goals that claim the same name": {[]measure.GoalStatus{known("a"), known("a")}, "is there twice"},
	} {
		t.Run(name, func(t *testing.T) {
			p, plan := lastDays(t, 3, 1)
			p.At = func(when time.Time) *measure.Snapshot { return &measure.Snapshot{At: when, Goals: bad.goals} }
			_, err := (&export.Text{Dir: t.TempDir()}).Write(t.Context(), p, plan, io.Discard)
			if err == nil || !strings.Contains(err.Error(), bad.want) {
				t.Errorf("error %v, want one with %q", err, bad.want)
			}
		})
	}
}

// full is a disk without room beyond so many bytes.
type full struct{ left int }

var errFull = errors.New("no space left on device")

func (f *full) Write(b []byte) (int, error) {
	if f.left -= len(b); f.left < 0 {
		return 0, errFull
	}
	return len(b), nil
}

func TestABackfillThatCannotBeWrittenFailsAndLeavesNothingBehind(t *testing.T) {
	p, plan := lastDays(t, 20, 3)
	for _, room := range []int{0, 10_000} {
		dir := t.TempDir()
		_, err := (&export.Text{Dir: dir}).Write(t.Context(), p, plan, &full{room})
		if !errors.Is(err, errFull) {
			t.Errorf("with room for %d bytes: %v", room, err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
	}
	if _, err := (&export.Text{Dir: t.TempDir() + "/none"}).Write(t.Context(), p, plan, io.Discard); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a folder that is not there: %v", err)
	}
}

func TestABackfillEndsWithItsContext(t *testing.T) {
	p, plan := lastDays(t, 300, 2)
	ctx, cancel := context.WithCancel(t.Context())
	text := export.Text{Dir: t.TempDir(), Progress: func(pr export.Progress) {
		if pr.Done == 10 {
			cancel()
		}
	}}
	if _, err := text.Write(ctx, p, plan, io.Discard); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of the context", err)
	}
}

func TestProgressTellsOfEveryMomentInOrder(t *testing.T) {
	p, plan := lastDays(t, 25, 1)
	var got []export.Progress
	text := export.Text{Dir: t.TempDir(), Progress: func(pr export.Progress) { got = append(got, pr) }}
	if _, err := text.Write(t.Context(), p, plan, io.Discard); err != nil {
		t.Fatal(err)
	}
	var want []export.Progress
	for k, m := range plan.Moments {
		want = append(want, export.Progress{At: m, Done: k + 1, Total: 25})
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("progress (-want +got):\n%s", diff)
	}
}

// BenchmarkBackfillText also reports the heap that it needs, which must not
// grow with the number of moments.
func BenchmarkBackfillText(b *testing.B) {
	for _, days := range []int{100, 1000} {
		b.Run(fmt.Sprintf("%d moments of 200 goals", days), func(b *testing.B) {
			p, plan := lastDays(b, days, 200)
			s := p.At(at)
			p.At = func(time.Time) *measure.Snapshot { return s }
			var peak, samples int
			text := export.Text{Dir: b.TempDir(), Progress: func(pr export.Progress) {
				if pr.Done%50 == 0 {
					runtime.GC()
					var m runtime.MemStats
					runtime.ReadMemStats(&m)
					peak = max(peak, int(m.HeapAlloc))
				}
			}}
			for b.Loop() {
				w, err := text.Write(b.Context(), p, plan, io.Discard)
				if err != nil {
					b.Fatal(err)
				}
				samples += w.Samples
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(samples), "ns/sample")
			b.ReportMetric(float64(peak)/(1<<20), "MiB-heap")
		})
	}
}
