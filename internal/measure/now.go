package measure

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"plumbline/internal/flow"
)

// latestRows is each leaf's last row of a list by a moment. There are as many of
// them as leaves, made for every moment that is looked at: they are numbers,
// which the collector does not follow.
type latestRows[T any] struct {
	rows   []T
	byLeaf []int32 // one above the index into rows; 0 for none
}

func newLatestRows[T any](rows []T, leaves int) latestRows[T] {
	return latestRows[T]{rows, make([]int32, leaves)}
}

// of returns a leaf's row; nil where it has none.
func (r latestRows[T]) of(leaf int) *T {
	if k := r.byLeaf[leaf]; k > 0 {
		return &r.rows[k-1]
	}
	return nil
}

// all yields the leaves, and the row of each.
func (r latestRows[T]) all() iter.Seq2[int, *T] {
	return func(yield func(int, *T) bool) {
		for leaf := range r.byLeaf {
			if !yield(leaf, r.of(leaf)) {
				return
			}
		}
	}
}

// now returns each leaf's last step by the moment; nil before its first.
func (l *ledger) now(at time.Time) latestRows[entry] {
	now := newLatestRows(l.until(at), l.leaves.len())
	for k := range now.rows {
		now.byLeaf[now.rows[k].leaf] = int32(k + 1)
	}
	return now
}

// open tells of a leaf's last step that it left the leaf open in scope, doing
// that it left it in progress.
func (e *entry) open() bool  { return e != nil && e.after().isOpen() }
func (e *entry) doing() bool { return e.open() && e.after().cat == flow.InProgress }

func (c class) isOpen() bool { return c.in && c.out == flow.Open }

// stances returns how each leaf stands at the moment.
func (l *ledger) stances(at time.Time) []stance {
	out := make([]stance, l.leaves.len())
	ms := at.UnixMilli()
	for k := range l.marks {
		if m := &l.marks[k]; m.ms() <= ms {
			out[m.leaf] = m.is()
		}
	}
	return out
}

// Wait is one thing that a goal which does not move waits for.
type Wait struct {
	// Kind is "decision" (open ones), "blocked" (issues that are held up), "link" (issues that another
	// open issue blocks), "nobody" (no one is at work) or "nothing_open".
	Kind string `json:"kind"`
	What string `json:"what"` // for people
	// Issues is how many open issues it holds up.
	Issues int `json:"issues,omitempty"`
}

// load is the open work of a goal at a moment.
type load struct {
	now        latestRows[entry]
	stands     []stance
	ended      latestRows[stint]
	held       map[int][]string // by leaf: the keys of the open issues that block it
	open       int
	doing      int
	doingOwned int
	blocked    int // open, and marked as blocked or held by a link
	marked     int // open, and marked as blocked
}

func (l *ledger) load(at time.Time) load {
	w := load{now: l.now(at), stands: l.stances(at), ended: l.stintsAt(at), held: map[int][]string{}}
	for k := range l.holds {
		h := &l.holds[k]
		if leaf := int(h.leaf); w.now.of(leaf).open() && h.in.Contains(at) && !slices.Contains(w.held[leaf], h.by) {
			w.held[leaf] = append(w.held[leaf], h.by)
		}
	}
	for leaf, e := range w.now.all() {
		if !e.open() {
			continue
		}
		w.open++
		if e.doing() {
			w.doing++
			if w.stands[leaf]&owned != 0 {
				w.doingOwned++
			}
		}
		marked := w.stands[leaf]&isBlocked != 0
		if marked {
			w.marked++
		}
		if marked || len(w.held[leaf]) > 0 {
			w.blocked++
		}
	}
	return w
}

// waits says what the goal waits for (MEASURES §7): open decisions, issues that
// are blocked, issues that others block, and somebody to work on it. d is nil
// where nobody keeps decisions, heldUp how many open issues wait for one.
func (w *load) waits(d *DecisionStatus, heldUp int, zone *time.Location) []Wait {
	var out []Wait
	if d != nil && d.Open > 0 {
		what := "1 decision is open"
		if d.Open > 1 {
			what = fmt.Sprintf("%d decisions are open", d.Open)
		}
		if d.Overdue > 0 {
			what += fmt.Sprintf(", %d overdue", d.Overdue)
		}
		if d.OldestOpen != nil {
			what += "; the oldest was asked for on " + flow.DateOf(d.OldestOpen.In(zone)).String()
		}
		out = append(out, Wait{"decision", what, heldUp})
	}
	if w.marked > 0 {
		out = append(out, Wait{"blocked", fmt.Sprintf("%s blocked, by status or flag", are(w.marked, w.open)), w.marked})
	}
	if n := len(w.held); n > 0 {
		out = append(out, Wait{"link", fmt.Sprintf("%s blocked by %s", are(n, w.open), w.blockers()), n})
	}
	switch {
	case w.open == 0:
		out = append(out, Wait{Kind: "nothing_open", What: "no issue is open: it waits to be closed, or for its next work"})
	case w.doing == 0:
		out = append(out, Wait{"nobody", fmt.Sprintf("nobody works on it: none of its %s is in progress", openIssues(w.open)), w.open})
	case w.doingOwned == 0:
		out = append(out, Wait{"nobody", fmt.Sprintf("nobody works on it: what is in progress (%d) is assigned to no one", w.doing), w.doing})
	}
	return out
}

// blockers names the issues that block others, the first few of them.
func (w *load) blockers() string {
	var keys []string
	for _, of := range w.held {
		keys = append(keys, of...)
	}
	slices.Sort(keys)
	keys = slices.Compact(keys)
	const named = 5
	if n := len(keys) - named; n > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(keys[:named], ", "), n)
	}
	return strings.Join(keys, ", ")
}

func are(n, of int) string {
	if n == 1 {
		return fmt.Sprintf("1 of its %s is", openIssues(of))
	}
	return fmt.Sprintf("%d of its %s are", n, openIssues(of))
}

func openIssues(n int) string {
	if n == 1 {
		return "1 open issue"
	}
	return fmt.Sprintf("%d open issues", n)
}
