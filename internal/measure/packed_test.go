package measure

import (
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plumbline/internal/flow"
	"plumbline/internal/goal"
)

func TestAStepIsTheSameAfterItWasPacked(t *testing.T) {
	classes := rapid.Custom(func(t *rapid.T) class {
		return class{
			in: rapid.Bool().Draw(t, "in"), unsaid: rapid.Bool().Draw(t, "unsaid"),
			cat: flow.Category(rapid.IntRange(int(flow.Unknown), int(flow.Done)).Draw(t, "category")),
			out: flow.Outcome(rapid.IntRange(int(flow.Open), int(flow.Dropped)).Draw(t, "outcome")),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		words := newWordings()
		at := time.UnixMilli(rapid.Int64Range(-1e14, 1e14).Draw(t, "at")).UTC()
		before, after := classes.Draw(t, "before"), classes.Draw(t, "after")
		said := wording{rapid.String().Draw(t, "status"), rapid.String().Draw(t, "resolution")}
		words.number("another", "")
		e := newEntry(at, 7, before, after, words.number(said.status, said.resolution))
		l := ledger{words: words.all}
		if !e.at().Equal(at) || e.leaf != 7 || e.before() != before || e.after() != after || l.wording(&e) != said {
			t.Fatalf("%v, %v, %v, %v became %v, %v, %v, %v", at, before, after, said, e.at(), e.before(), e.after(), l.wording(&e))
		}
	})
}

func TestALeafIsInScopeWhenItWas(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC) }
	for _, in := range []flow.Spans{
		{{From: day(2)}},
		{{From: day(2), To: day(5)}},
		{{From: day(2), To: day(5)}, {From: day(7), To: day(8)}, {From: day(9)}},
	} {
		var l leaves
		l.add(&goal.Leaf{In: in}, newOrigins())
		if d := cmp.Diff(in, l.in(0)); d != "" {
			t.Errorf("in scope (-want +got):\n%s", d)
		}
		for n := 1; n < 12; n++ {
			if got, want := l.contains(0, day(n)), in.Contains(day(n)); got != want {
				t.Errorf("%v on %v: %v, expected %v", in, day(n), got, want)
			}
		}
	}
}

// A company of a million issues has some ten million rows: each byte in one
// takes 10 MiB.
func TestRowsAreSmall(t *testing.T) {
	for what, size := range map[string]struct{ got, most uintptr }{
		"a step":           {unsafe.Sizeof(entry{}), 16},
		"a progress event": {unsafe.Sizeof(progress{}), 16},
		"an estimate":      {unsafe.Sizeof(sizing{}), 24},
		"a turn":           {unsafe.Sizeof(turn{}), 12},
		"a mark":           {unsafe.Sizeof(mark{}), 12},
		"a life":           {unsafe.Sizeof(life{}), 16},
		"a leaf":           {unsafe.Sizeof(leaf{}), 32},
	} {
		if size.got > size.most {
			t.Errorf("%s takes %d bytes, expected at most %d", what, size.got, size.most)
		}
	}
}

func TestAStampTellsItsMomentAndItsSign(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ms, sign := rapid.Int64Range(-1<<60, 1<<60-1).Draw(t, "ms"), rapid.Uint8Range(0, 7).Draw(t, "sign")
		if s := newStamp(ms, sign); s.ms() != ms || s.sign() != sign {
			t.Fatalf("%d with %d: %d with %d", ms, sign, s.ms(), s.sign())
		}
	})
}
