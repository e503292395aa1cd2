package flow_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"plumbline/internal/flow"
)

func moment(n int) time.Time { return time.Unix(int64(n)*60, 0).UTC() }

// someSpans draws a set of moments 0…30, possibly without end.
func someSpans(t *rapid.T, name string) flow.Spans {
	var s flow.Spans
	for range rapid.IntRange(0, 4).Draw(t, name) {
		from := rapid.IntRange(0, 30).Draw(t, "from")
		x := flow.Span{From: moment(from)}
		if rapid.IntRange(0, 5).Draw(t, "endless") > 0 {
			x.To = moment(from + rapid.IntRange(1, 10).Draw(t, "length"))
		}
		s = s.Union(flow.Spans{x})
	}
	return s
}

func TestSpansAreSetsOfMoments(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := someSpans(t, "a"), someSpans(t, "b")
		union, both, less := a.Union(b), a.Intersect(b), a.Less(b)
		for n := range 50 {
			at := moment(n).Add(time.Second)
			inA, inB := a.Contains(at), b.Contains(at)
			if union.Contains(at) != (inA || inB) {
				t.Fatalf("%v ∪ %v = %v is wrong at %v", a, b, union, at)
			}
			if both.Contains(at) != (inA && inB) {
				t.Fatalf("%v ∩ %v = %v is wrong at %v", a, b, both, at)
			}
			if less.Contains(at) != (inA && !inB) {
				t.Fatalf("%v less %v = %v is wrong at %v", a, b, less, at)
			}
		}
		for _, s := range []flow.Spans{union, both, less} {
			for k, x := range s {
				if !x.To.IsZero() && !x.From.Before(x.To) {
					t.Fatalf("an empty span in %v", s)
				}
				if k > 0 && !x.From.After(s[k-1].To) {
					t.Fatalf("spans touch or overlap in %v", s)
				}
			}
		}
	})
}

func TestAppendJoinsWhatTouches(t *testing.T) {
	s := flow.Spans{}.Append(flow.Span{From: moment(1), To: moment(2)}).
		Append(flow.Span{From: moment(2), To: moment(3)}).Append(flow.Span{From: moment(5)})
	if len(s) != 2 || !s[0].To.Equal(moment(3)) || !s[1].To.IsZero() {
		t.Errorf("got %v", s)
	}
}
