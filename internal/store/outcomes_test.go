package store

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/flow"
)

func TestWhatAnOutcomeMeasuredIsKeptByItsQuery(t *testing.T) {
	s := openTemp(t)
	first, second := flow.Measured{At: at("2026-01-05T08:00:00Z"), Value: -0.25}, flow.Measured{At: at("2026-01-05T09:00:00Z"), Value: 0}
	mustDo(t, s.RecordOutcome("p95", "latency", "q", second))
	mustDo(t, s.RecordOutcome("p95", "latency", "q", first))
	mustDo(t, s.RecordOutcome("p95", "latency", "another", first))
	mustDo(t, s.RecordOutcome("p95-too", "latency", "q", first))
	got, err := s.Outcome("p95", "latency", "q")
	if diff := cmp.Diff([]flow.Measured{first, second}, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if none, err := s.Outcome("p95", "lat", "q"); err != nil || none != nil {
		t.Errorf("an outcome that was never measured: %v, %v", none, err)
	}
	for name, bad := range map[string]error{
		"no goal":           s.RecordOutcome("", "o", "q", first),
		"a goal with a nul": s.RecordOutcome("a\x00b", "o", "q", first),
		"no outcome":        s.RecordOutcome("g", "", "q", first),
		"no number":         s.RecordOutcome("g", "o", "q", flow.Measured{At: first.At, Value: math.NaN()}),
		"infinity":          s.RecordOutcome("g", "o", "q", flow.Measured{At: first.At, Value: math.Inf(1)}),
		"before 1970":       s.RecordOutcome("g", "o", "q", flow.Measured{At: time.UnixMilli(-1)}),
	} {
		if bad == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

func TestOldValuesOfAnOutcomeAreThinnedToTheLastOfEachDay(t *testing.T) {
	s := openTemp(t)
	zone := time.FixedZone("two hours ahead", 2*60*60)
	for k, when := range []string{
		"2026-01-05T08:00:00Z", "2026-01-05T21:59:00Z", // the 5th ends at 22:00 UTC
		"2026-01-05T22:00:00Z", "2026-01-06T12:00:00Z", "2026-01-06T21:00:00Z",
		"2026-01-08T08:00:00Z", "2026-01-08T09:00:00Z",
	} {
		mustDo(t, s.RecordOutcome("g", "o", "q", flow.Measured{At: at(when), Value: float64(k)}))
		mustDo(t, s.RecordOutcome("g", "another", "q", flow.Measured{At: at(when), Value: float64(k)}))
	}
	left := func(outcome string) (out []float64) {
		t.Helper()
		all, err := s.Outcome("g", outcome, "q")
		mustDo(t, err)
		for _, m := range all {
			out = append(out, m.Value)
		}
		return out
	}
	for _, c := range []struct {
		by   string
		want []float64
	}{
		{"2026-01-05T21:59:59Z", []float64{0, 1, 2, 3, 4, 5, 6}},
		{"2026-01-05T22:00:00Z", []float64{1, 2, 3, 4, 5, 6}},
		{"2026-01-08T12:00:00Z", []float64{1, 4, 5, 6}}, // the 8th goes on
		{"2026-01-09T00:00:00Z", []float64{1, 4, 6}},
	} {
		mustDo(t, s.ThinOutcome("g", "o", "q", at(c.by), zone))
		if diff := cmp.Diff(c.want, left("o")); diff != "" {
			t.Errorf("by %s (-want +got):\n%s", c.by, diff)
		}
	}
	if n := len(left("another")); n != 7 {
		t.Errorf("of another outcome %d values are left, want 7", n)
	}
}

func TestADamagedOutcomeIsFound(t *testing.T) {
	whole := string(outcomePrefix("g", "o", "q")) + "\x00\x00\x00\x00\x00\x00\x00\x01"
	for name, damage := range map[string]struct{ key, value string }{
		"a key without a time":        {string(outcomePrefix("g", "o", "q")), "12345678"},
		"a key without an outcome":    {"g", "12345678"},
		"a short value":               {whole, "1234"},
		"a value that is no number":   {whole, "\x7f\xf8\x00\x00\x00\x00\x00\x01"},
		"a time beyond all calendars": {whole[:len(whole)-8] + "\xff\x00\x00\x00\x00\x00\x00\x01", "12345678"},
	} {
		t.Run(name, func(t *testing.T) { mustFind(t, bucketOutcomes, damage.key, damage.value) })
	}
}
