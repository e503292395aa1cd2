package measure

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"plumbline/internal/flow"
	"plumbline/internal/goal"
)

// Points are the additive parts of the completion ratios of a goal that counts
// points: what Parts are to issues, each leaf by its weight.
type Points struct {
	ToDo       float64 `json:"todo"`
	InProgress float64 `json:"in_progress"`
	Delivered  float64 `json:"delivered"`
	Discarded  float64 `json:"discarded"`
}

// Total is the weight of all leaves in scope.
func (p Points) Total() float64 { return p.ToDo + p.InProgress + p.Delivered + p.Discarded }

// sizing is a leaf's estimate, and what it is compared with, from a moment on.
// Only the ledger of a goal that counts points has any.
type sizing struct {
	ms   int64
	leaf int32
	kind int32   // index into ledger.kinds
	said float64 // as Jira has it; NaN for none
}

// kind is what issues have in common whose estimates can stand for each other.
type kind struct{ site, project, issueType string }

// sizes returns the estimates of a leaf while it is in scope: one at its entry
// and one at every change.
func (b *builder) sizes(l *ledger, t *flow.Timeline, leaf int, in flow.Spans) []sizing {
	var out []sizing
	for span, st := range t.SpansOf(1<<flow.FieldProject | 1<<flow.FieldType | 1<<flow.FieldEstimate) {
		parts := in.Intersect(flow.Spans{span})
		if len(parts) == 0 {
			continue
		}
		next := sizing{ms: parts[0].From.UnixMilli(), leaf: int32(leaf), said: math.NaN()}
		next.kind = l.kindOf(kind{t.Issue.Site, st.Project.ID, st.Type.ID})
		if st.Estimated {
			next.said = st.Estimate
		}
		if n := len(out); n == 0 || !out[n-1].same(&next) {
			out = append(out, next)
		}
	}
	return out
}

// at is since when the leaf is estimated so.
func (z *sizing) at() time.Time { return instantOf(z.ms) }

func (z *sizing) same(o *sizing) bool {
	return z.kind == o.kind && (z.said == o.said || math.IsNaN(z.said) && math.IsNaN(o.said))
}

func (l *ledger) kindOf(k kind) int32 {
	n, ok := l.kinds[k]
	if !ok {
		if l.kinds == nil {
			l.kinds = map[kind]int32{}
		}
		n = int32(len(l.kinds))
		l.kinds[k] = n
	}
	return n
}

// basis says what a leaf's weight was taken from.
type basis uint8

const (
	byEstimate basis = iota
	byKind           // the median of its type and project
	byAll            // the median of all leaves, where none of its type and project is estimated
)

// weight is what a leaf weighs at a moment (w of MEASURES §1).
type weight struct {
	class
	points float64
	basis  basis
	peers  int // how many estimates the median was made of
	sizing
}

// weights are a ledger's leaves weighed at a moment.
type weights struct {
	leaves    []weight // by leaf; those out of scope weigh nothing
	parts     Points
	done      float64 // weight of the leaves with a status of category Done
	inScope   int
	estimated int
	// why says why the goal's issues are counted all the same; empty where
	// its points are.
	why string
}

// coverage is the share of the leaves in scope that are estimated; nil where
// there is no leaf.
func (w *weights) coverage() *float64 { return ratio(w.estimated, w.inScope) }

// weigh weighs the goal's leaves as of the moment (MEASURES §1, w(i,t)). A
// leaf weighs its estimate; one without weighs the median of the estimated
// leaves in scope of the same type and project, or of all of them where that
// is nobody. An estimate below 0, above MaxEstimate, or that is no number, is
// none; one of 0 is an estimate. Points count only while at least
// EstimateCoverage of the leaves are estimated and something weighs anything.
func (l *ledger) weigh(at time.Time, s *Settings) *weights {
	w := &weights{leaves: make([]weight, l.leaves.len())}
	for k := range l.entries {
		if l.entries[k].at().After(at) {
			break
		}
		w.leaves[l.entries[k].leaf].class = l.entries[k].after()
	}
	for k := range w.leaves {
		w.leaves[k].said = math.NaN()
	}
	for k := range l.sizes {
		if l.sizes[k].at().After(at) {
			break
		}
		w.leaves[l.sizes[k].leaf].sizing = l.sizes[k]
	}
	w.fill(s.Thresholds.MaxEstimate)
	for k := range w.leaves {
		w.add(&w.leaves[k])
	}
	least := s.Thresholds.EstimateCoverage
	switch c := w.coverage(); {
	case c == nil:
		w.why = "no issue is in scope"
	case *c < least:
		w.why = fmt.Sprintf("%d of %d issues in scope are estimated (%s); points need %s, so issues are counted",
			w.estimated, w.inScope, percent(c), percent(&least))
	case w.parts.Total() <= 0:
		w.why = "every estimate is 0, so issues are counted"
	}
	return w
}

// fill gives every leaf in scope its points.
func (w *weights) fill(most float64) {
	var all []float64
	byKinds := map[int32][]float64{}
	for k := range w.leaves {
		if leaf := &w.leaves[k]; leaf.in && usable(leaf.said, most) {
			leaf.points = leaf.said
			w.estimated++
			all = append(all, leaf.said)
			byKinds[leaf.kind] = append(byKinds[leaf.kind], leaf.said)
		}
	}
	slices.Sort(all)
	for _, of := range byKinds {
		slices.Sort(of)
	}
	for k := range w.leaves {
		leaf := &w.leaves[k]
		if !leaf.in || usable(leaf.said, most) {
			continue
		}
		leaf.basis, leaf.peers, leaf.points = byAll, len(all), median(all)
		if of := byKinds[leaf.kind]; len(of) > 0 {
			leaf.basis, leaf.peers, leaf.points = byKind, len(of), median(of)
		}
	}
}

// usable reports whether an estimate is one; NaN is not.
func usable(estimate, most float64) bool { return estimate >= 0 && estimate <= most }

// add counts a leaf.
func (w *weights) add(leaf *weight) {
	if !leaf.in {
		return
	}
	w.inScope++
	if leaf.cat == flow.Done {
		w.done += leaf.points
	}
	switch leaf.part() {
	case partToDo:
		w.parts.ToDo += leaf.points
	case partInProgress:
		w.parts.InProgress += leaf.points
	case partDelivered:
		w.parts.Delivered += leaf.points
	case partDiscarded:
		w.parts.Discarded += leaf.points
	}
}

// reported is R of MEASURES §2.1, by points.
func (w *weights) reported() *float64 { return share(w.done, w.parts.Total()) }

// delivered is V of MEASURES §2.2, by points.
func (w *weights) delivered() *float64 {
	return share(w.parts.Delivered, w.parts.ToDo+w.parts.InProgress+w.parts.Delivered)
}

// countPoints has the situation told in points, where the goal counts them and
// enough is estimated.
func (l *ledger) countPoints(now *Situation, s *Settings) {
	if l.goal.Count != goal.CountPoints {
		return
	}
	w := l.weigh(now.At, s)
	reported, delivered := w.reported(), w.delivered()
	if w.why == "" && reported != nil && delivered != nil {
		now.Points = &PointShares{Reported: *reported, Delivered: *delivered}
	}
}

// share is part over whole; nil where the whole weighs nothing. Sums of
// fractions don't add up to the last bit, and a share is never above 1.
func share(part, whole float64) *float64 {
	if whole <= 0 {
		return nil
	}
	r := min(part/whole, 1)
	return &r
}

// median of sorted values; 0 of none.
func median(sorted []float64) float64 {
	n := len(sorted)
	switch {
	case n == 0:
		return 0
	case n%2 == 1:
		return sorted[n/2]
	}
	return sorted[n/2-1]/2 + sorted[n/2]/2
}

// setCompletion fills in the completion in what the goal counts, issues where
// points can't be counted, and what is reported.
func (l *ledger) setCompletion(g *GoalStatus, at time.Time, t *tally, s *Settings) {
	g.CountedIn = string(goal.CountIssues)
	g.Reported, g.Delivered = t.reported(), t.delivered()
	if g.Reported == nil {
		g.Missing["reported_completion"] = strings.Join(append([]string{"no issue is in scope"}, l.unanswered...), "; ")
	}
	if g.Delivered == nil {
		g.Missing["delivered_completion"] = "no issue is in scope that was not discarded"
	}
	if l.goal.Count == goal.CountPoints {
		l.setPoints(g, l.weigh(at, s))
	}
	l.setReported(g, at, s)
}

func (l *ledger) setPoints(g *GoalStatus, w *weights) {
	g.EstimateCoverage = w.coverage()
	if w.why != "" {
		g.Missing["points"] = w.why
		return
	}
	g.CountedIn, g.Points = string(goal.CountPoints), &w.parts
	had := g.Delivered != nil
	g.Reported, g.Delivered = w.reported(), w.delivered()
	if had && g.Delivered == nil {
		g.Missing["delivered_completion"] = "the issues in scope that were not discarded are estimated at 0"
	}
}
