package measure

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"plumbline/internal/flow"
)

func TestASlotNeverCountsTooFewIssues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		most := rapid.IntRange(1, 20).Draw(t, "most")
		slots := newMinuteSlots(most)
		minutes := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) minute {
			return minute{
				site:   rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "site"),
				author: flow.Pseudonym(rapid.Uint64Range(0, 3).Draw(t, "author")),
				unix:   rapid.Int64Range(-2, 2).Draw(t, "minute") + rapid.SampledFrom([]int64{0, blockMinutes, 1 << 40}).Draw(t, "block"),
			}
		}), 0, 200).Draw(t, "minutes")
		counts := map[minute]int{}
		for _, m := range minutes {
			counts[m]++
			full := slots.raise(m)
			if slots.full(m) != full {
				t.Fatalf("%v is full: %v, and as was said when it was raised: %v", m, !full, full)
			}
			if counts[m] >= min(most, slotMost) && !full {
				t.Fatalf("%v was raised %d times of %d, and its slot is not full", m, counts[m], most)
			}
		}
		for m, n := range counts {
			if n >= min(most, slotMost) && !slots.full(m) {
				t.Fatalf("%v was raised %d times of %d, and its slot is not full in the end", m, n, most)
			}
		}
	})
}

// A company works eight hours on five days a week: its minutes must not crowd in
// the slots of these.
func TestSlotsAreSeldomFullByChance(t *testing.T) {
	const days, authors, minutesADay = 300, 1000, 20 // some six million, in a year
	slots, full := newMinuteSlots(10), 0
	chance := splitMix(1)
	for d := range days {
		day := int64(d/5*7+d%5) * 24 * 60
		for a := range authors {
			for range minutesADay {
				if slots.raise(minute{"site", flow.Pseudonym(a), day + 9*60 + int64(chance.below(8*60))}) {
					full++
				}
			}
		}
	}
	if most := days * authors * minutesADay / 10_000; full > most {
		t.Errorf("of %d minutes %d were counted into a full slot by chance, more than %d", days*authors*minutesADay, full, most)
	}
}

// BenchmarkSuspecting measures the first pass of bulk edits over issues with
// twelve changes each, which were made one after the other.
func BenchmarkSuspecting(b *testing.B) {
	const issues = 100_000
	all := make([]*flow.Issue, 0, issues)
	for k := range issues {
		all = append(all, twelveChanges(k))
	}
	b.ReportAllocs()
	for b.Loop() {
		edits := newBulkEdits(10)
		for _, i := range all {
			edits.suspect(i)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*issues), "ns/issue")
}

// twelveChanges returns the k-th issue, which was changed twelve times within
// some weeks.
func twelveChanges(k int) *flow.Issue {
	i := &flow.Issue{Site: "bench", ID: flow.IssueID(k + 1)}
	chance := splitMix(uint64(k))
	at := flow.Date{Year: 2025, Month: 1, Day: 1}.Start(time.UTC).Add(time.Duration(k) * 5 * time.Minute)
	i.Created = at
	for n := range 12 {
		at = at.Add(time.Duration(chance.below(2*24*60)) * time.Minute)
		i.Changes = append(i.Changes, flow.Change{At: at, History: uint64(n + 1), Author: flow.Pseudonym(chance.below(400) + 1), Field: flow.FieldOther})
	}
	return i
}
