package flow

import (
	"slices"
	"sort"
	"time"
)

// Spans is a set of moments as disjoint stretches in ascending order, none
// empty, none touching the next. Only the last can be without an end.
type Spans []Span

// Always is all time.
func Always() Spans { return Spans{{}} }

// Contains reports whether t lies in one of the spans.
func (s Spans) Contains(t time.Time) bool {
	_, ok := s.At(t)
	return ok
}

// At returns the span in which t lies.
func (s Spans) At(t time.Time) (Span, bool) {
	after := sort.Search(len(s), func(k int) bool { return s[k].From.After(t) })
	if after == 0 || !s[after-1].Contains(t) {
		return Span{}, false
	}
	return s[after-1], true
}

// Append returns s with x at its end, joined to the last span where they
// touch. x must not begin before the last span ends. Unlike the other methods
// it may change s in place.
func (s Spans) Append(x Span) Spans {
	if k := len(s) - 1; k >= 0 && s[k].To.Equal(x.From) {
		s[k].To = x.To
		return s
	}
	return append(s, x)
}

// Union returns the moments that lie in s or in o.
func (s Spans) Union(o Spans) Spans {
	if len(s) == 0 {
		return o
	}
	if len(o) == 0 {
		return s
	}
	return UnionOf(slices.Concat(s, o))
}

// UnionOf returns the moments that lie in any of the spans, which may come in
// any order and overlap. It sorts them in place.
func UnionOf(all []Span) Spans {
	if len(all) == 0 {
		return nil
	}
	slices.SortFunc(all, func(a, b Span) int { return a.From.Compare(b.From) })
	out := Spans{all[0]}
	for _, x := range all[1:] {
		last := &out[len(out)-1]
		switch {
		case !last.To.IsZero() && x.From.After(last.To):
			out = append(out, x)
		case endsAfter(x.To, last.To):
			last.To = x.To
		}
	}
	return out
}

// Intersect returns the moments that lie in both s and o: one of them itself
// where that lies in the other whole.
func (s Spans) Intersect(o Spans) Spans {
	switch {
	case len(s) == 0 || len(o) == 0:
		return nil
	case o[0].covers(s):
		return s
	case s[0].covers(o):
		return o
	}
	var out Spans
	for i, j := 0, 0; i < len(s) && j < len(o); {
		if both, ok := s[i].Intersect(o[j]); ok {
			out = append(out, both)
		}
		if endsAfter(s[i].To, o[j].To) {
			j++
		} else {
			i++
		}
	}
	return out
}

// covers reports whether all of o, which is not empty, lies in s.
func (s Span) covers(o Spans) bool {
	return !s.From.After(o[0].From) && !endsAfter(o[len(o)-1].To, s.To)
}

// Less returns the moments that lie in s and not in o: s itself where that is
// all of them.
func (s Spans) Less(o Spans) Spans {
	if len(o) == 0 {
		return s
	}
	return s.Intersect(o.complement())
}

func (s Spans) complement() Spans {
	var out Spans
	var from time.Time
	for _, x := range s {
		if x.From.After(from) {
			out = append(out, Span{from, x.From})
		}
		if x.To.IsZero() {
			return out
		}
		from = x.To
	}
	return append(out, Span{From: from})
}

// endsAfter compares two ends, of which zero is the end of time.
func endsAfter(a, b time.Time) bool {
	if b.IsZero() {
		return false
	}
	return a.IsZero() || a.After(b)
}
