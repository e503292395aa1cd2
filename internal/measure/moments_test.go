package measure

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// listed draws moments that lie close together, some of them more than once, or
// far apart.
func listed(t *rapid.T, name string, most int) []int64 {
	return rapid.SliceOfN(rapid.OneOf(rapid.Int64Range(-50, 50), rapid.Int64Range(-1<<45, 1<<45)), 0, most).Draw(t, name)
}

func momentsOf(list []int64) moments {
	var m moments
	for _, ms := range list {
		m.add(ms)
	}
	m.seal()
	return m
}

func TestMomentsAreThoseThatWereAdded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := listed(t, "moments", 3000)
		m := momentsOf(list)
		slices.Sort(list)
		if diff := cmp.Diff(list, slices.Collect(m.all()), cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("in order (-want +got):\n%s", diff)
		}
		at := rapid.OneOf(rapid.Int64Range(-60, 60), rapid.Int64Range(-1<<45, 1<<45)).Draw(t, "at")
		if want, _ := slices.BinarySearch(list, at+1); m.by(at) != want {
			t.Errorf("by %d: %d of them, want %d", at, m.by(at), want)
		}
		first, any := m.first()
		last, some := m.last()
		if any != (len(list) > 0) || some != any || any && (first != list[0] || last != list[len(list)-1]) {
			t.Errorf("first %d, last %d (%t, %t) of %v", first, last, any, some, list)
		}
	})
}

func TestMomentsAreRenewedAsIfMadeAnew(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list, more := listed(t, "moments", 2000), listed(t, "more", 600)
		kept := 0
		if len(list) > 0 {
			kept = rapid.IntRange(0, len(list)).Draw(t, "kept")
		}
		all, before, after := momentsOf(list), momentsOf(list[kept:]), momentsOf(more)
		got := all.renewed(&before, &after)
		want := slices.Sorted(slices.Values(append(slices.Clone(list[:kept]), more...)))
		if diff := cmp.Diff(want, slices.Collect(got.all()), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("renewed (-want +got):\n%s", diff)
		}
		slices.Sort(list)
		if diff := cmp.Diff(list, slices.Collect(all.all()), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("what was renewed has changed (-was +is):\n%s", diff)
		}
	})
}

func TestARenewalMakesFewBlocksAnew(t *testing.T) {
	var list []int64
	for k := range 100 * blockMoments {
		list = append(list, int64(k)*60_000)
	}
	all, after := momentsOf(list), momentsOf([]int64{1, 2, 3})
	now := all.renewed(&moments{}, &after)
	shared := 0
	for k := range now.blocks {
		b, was := &now.blocks[k], &all.blocks[min(k, len(all.blocks)-1)]
		if len(b.steps) > 0 && len(was.steps) > 0 && &b.steps[0] == &was.steps[0] {
			shared++
		}
	}
	if want := len(all.blocks) - 1; shared != want {
		t.Errorf("%d of %d blocks are the ones before, want %d", shared, len(now.blocks), want)
	}
}
