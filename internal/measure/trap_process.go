package measure

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"plumbline/internal/flow"
)

// processAccretion is T12 of MEASURES §10: what is delivered goes through more
// and more statuses. It is off by default: nobody has validated it.
func processAccretion() Trap {
	return Trap{
		Name: accretion, Title: "The way to done grows longer", Off: true,
		Thresholds: []TrapThreshold{
			{"growth", 0.25, 0, "share by which both the statuses and the transitions of a delivered issue have grown"},
			{"growth_days", 180, 1, "days in which they have"},
			{"window_days", 90, 1, "days whose deliveries are looked at, now and then"},
			{"least_deliveries", 5, 1, "deliveries in them, now and then, below which no growth is claimed"},
		},
		weekly: func(x sight) (bool, string) {
			now, then := x.pathsNow(), x.pathsThen()
			if least := x.limits.count("least_deliveries"); len(now) < least || len(then) < least {
				return false, fmt.Sprintf("%d issues were delivered in the last %g days, %d in as many %g days before; %d are needed of each",
					len(now), x.limits["window_days"], len(then), x.limits["growth_days"], least)
			}
			grown := 1 + x.limits["growth"]
			return meanStatuses(now) >= grown*meanStatuses(then) && medianTransitions(now) >= grown*medianTransitions(then) && medianTransitions(now) > 0, ""
		},
		sizeOf: "statuses that an issue delivered of late went through, in the mean",
		size: func(x sight) (float64, bool) {
			now := x.pathsNow()
			return meanStatuses(now), len(now) >= x.limits.count("least_deliveries")
		},
		explain: (*explainer).processAccretion,
	}
}

const accretion = "process_accretion"

// path is a leaf's way to its first delivery: how many statuses it has been in,
// and how often it went from one to another.
type path struct {
	ms                    int64 // of the delivery
	leaf                  int32
	statuses, transitions uint16
}

func comparePaths(a, b path) int { return cmp.Or(cmp.Compare(a.ms, b.ms), cmp.Compare(a.leaf, b.leaf)) }

// paths returns the way to its delivery at the moment; nothing where it
// never was, or nobody looks for that.
func (b *builder) paths(t *flow.Timeline, delivered int64) []path {
	if delivered == 0 || !b.settings.switchedOn(accretion) {
		return nil
	}
	w := path{ms: delivered}
	visited := map[string]bool{}
	before := ""
	for span, st := range t.SpansOf(1 << flow.FieldStatus) {
		if millis(span.From) > delivered {
			break
		}
		is := cmp.Or(st.Status.ID, st.Status.Name)
		if before != "" && is != before && w.transitions < 1<<16-1 {
			w.transitions++
		}
		visited[is], before = true, is
	}
	w.statuses = uint16(min(len(visited), 1<<16-1))
	return []path{w}
}

// notePaths keeps those of deliveries in the goal's scope.
func (l *ledger) notePaths(leaf int, paths []path) {
	for _, w := range paths {
		if l.leaves.contains(leaf, instantOf(w.ms)) {
			w.leaf = int32(leaf)
			l.paths = append(l.paths, w)
		}
	}
}

// pathsNow are those to the deliveries of the window that ends at the moment,
// pathsThen to those of the one that ended growth_days before.
func (x sight) pathsNow() []path { return x.l.pathsWithin(x.at, x.limits.days("window_days")) }
func (x sight) pathsThen() []path {
	return x.l.pathsWithin(x.at.Add(-x.limits.days("growth_days")), x.limits.days("window_days"))
}

func (l *ledger) pathsWithin(at time.Time, window time.Duration) []path {
	first := func(ms int64) int {
		k, _ := slices.BinarySearchFunc(l.paths, ms, func(w path, ms int64) int { return cmp.Compare(w.ms, ms) })
		return k
	}
	return l.paths[first(at.Add(-window).UnixMilli()+1):first(at.UnixMilli()+1)]
}

// meanStatuses is how many statuses an issue went through in the mean; 0 of
// none.
func meanStatuses(paths []path) float64 {
	sum := 0
	for _, w := range paths {
		sum += int(w.statuses)
	}
	return float64(sum) / float64(max(len(paths), 1))
}

func medianTransitions(paths []path) float64 {
	all := make([]float64, len(paths))
	for k, w := range paths {
		all[k] = float64(w.transitions)
	}
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return quantile(all, 0.5)
}

func (x *explainer) processAccretion(t trapLimits) ExplainedMeasure {
	m := ExplainedMeasure{Formula: fmt.Sprintf("at the beginning of the week, the statuses that an issue went through up to its first delivery, in the mean, and its transitions, "+
		"in the median, are both at least %s more in the last %g days than in as many that ended %g days before, with at least %d deliveries in each; "+
		"nobody has validated this detector", share100(t["growth"]), t["window_days"], t["growth_days"], t.count("least_deliveries"))}
	now := x.h.sight(x.k, t, x.monday())
	for _, of := range []struct {
		when  string
		paths []path
	}{{"now", now.pathsNow()}, {inDays(t.days("growth_days")) + " before", now.pathsThen()}} {
		m.Inputs = append(m.Inputs, ExplainedInput{of.when, fmt.Sprintf("%d delivered, %.2f statuses in the mean, %g transitions in the median",
			len(of.paths), meanStatuses(of.paths), medianTransitions(of.paths))})
	}
	m.Inputs = append(m.Inputs, x.pathsByMonth(now)...)
	what := func(w path) string {
		return fmt.Sprintf("delivered through %d statuses in %d transitions", w.statuses, w.transitions)
	}
	for _, w := range now.pathsNow() {
		m.Counted = append(m.Counted, x.evidence(int(w.leaf), instantOf(w.ms), what(w)))
	}
	for _, w := range now.pathsThen() {
		m.LeftOut = append(m.LeftOut, x.evidence(int(w.leaf), instantOf(w.ms), "before: "+what(w)))
	}
	return m
}

// pathsByMonth tells the way of each month's deliveries since the earlier window
// began.
func (x *explainer) pathsByMonth(now sight) []ExplainedInput {
	zone := x.s.Calendar.Location()
	var out []ExplainedInput
	month := ""
	var of []path
	tell := func() {
		if len(of) > 0 {
			out = append(out, ExplainedInput{"delivered in " + month, fmt.Sprintf("%s, through %.2f statuses", strconv.Itoa(len(of)), meanStatuses(of))})
		}
	}
	for _, w := range x.l.pathsWithin(now.at, now.limits.days("growth_days")+now.limits.days("window_days")) {
		if its := instantOf(w.ms).In(zone).Format("2006-01"); its != month {
			tell()
			month, of = its, nil
		}
		of = append(of, w)
	}
	tell()
	return out
}
