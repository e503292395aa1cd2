package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/flow"
)

func TestWhichCategoryAStatusHadBeforeIsKeptWithItsEnd(t *testing.T) {
	type seen struct {
		category flow.Category
		day      int // of November 2026; 0: at a time that nobody told
	}
	day := func(n int) time.Time { return time.Date(2026, 11, n, 12, 0, 0, 0, time.UTC) }
	for _, c := range []struct {
		name string
		seen []seen
		want []flow.Categorised
	}{
		{"the same category again is no change", []seen{{flow.InProgress, 1}, {flow.InProgress, 2}}, nil},
		{"another category begins when it is seen", []seen{{flow.InProgress, 1}, {flow.Done, 5}}, []flow.Categorised{{Category: flow.InProgress, Until: day(5)}}},
		{"one that comes back after days was another meanwhile", []seen{{flow.InProgress, 1}, {flow.Done, 5}, {flow.InProgress, 9}}, []flow.Categorised{
			{Category: flow.InProgress, Until: day(5)}, {Category: flow.Done, Until: day(9)},
		}},
		{"one that comes back at once is an answer of another age", []seen{{flow.InProgress, 1}, {flow.Done, 5}, {flow.InProgress, 5}}, nil},
		{"one that is learnt late was so before", []seen{{flow.Unknown, 1}, {flow.Done, 5}}, nil},
		{"one that is not told for a while was the same meanwhile", []seen{{flow.Done, 1}, {flow.Unknown, 5}, {flow.Done, 9}}, nil},
		{"a time that is not told is no end", []seen{{flow.InProgress, 1}, {flow.Done, 0}}, nil},
		{"times never run backwards", []seen{{flow.ToDo, 1}, {flow.InProgress, 9}, {flow.Done, 5}}, []flow.Categorised{
			{Category: flow.ToDo, Until: day(9)}, {Category: flow.InProgress, Until: day(9).Add(time.Millisecond)},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := openTemp(t)
			for _, x := range c.seen {
				b := flow.Batch{Site: "acme", Statuses: []flow.StatusInfo{{ID: "3", Name: "In review", Category: x.category}}}
				if x.day > 0 {
					b.Seen = day(x.day)
				}
				_, err := s.Write(t.Context(), b, flow.Checkpoint{})
				mustDo(t, err)
			}
			catalog, err := s.Catalog("acme")
			mustDo(t, err)
			if diff := cmp.Diff(c.want, catalog.Was["3"]); diff != "" {
				t.Errorf("want (-), got (+):\n%s", diff)
			}
			if last := c.seen[len(c.seen)-1]; catalog.Category("3") != last.category {
				t.Errorf("at present it has the category %s, want %s", catalog.Category("3"), last.category)
			}
		})
	}
}
