package measure

import (
	"fmt"
	"slices"
	"time"
)

// Confidence is how far a goal's figures can be trusted (MEASURES §8): as far
// as the weakest of its parts.
type Confidence struct {
	Ratio   float64 `json:"ratio"`
	Weakest string  `json:"weakest"` // the component that Ratio is of
	// Components are those that can be told of the goal, in the order of
	// MEASURES.
	Components []Component `json:"components"`
}

// Component is one thing that figures lean on: 1 where it bears, 0 where it
// does not.
type Component struct {
	Name  string  `json:"name"`
	Ratio float64 `json:"ratio"`
	Why   string  `json:"why"` // for people
}

// Suppression is a figure that could be made and is withheld.
type Suppression struct {
	Measure string `json:"measure"` // as GoalStatus names it in JSON
	// Reason is the component that does not bear, or the rule that protects
	// persons: "min_group", or "complementary" where the figure would tell of a
	// goal that is withheld by it.
	Reason string `json:"reason"`
}

// The components of evidence that are measured.
const (
	byFreshness   = "freshness"
	byHistory     = "history"
	byCategories  = "category_coverage"
	byConsistency = "terminal_consistency"
	byEstimates   = "estimates"
	bySize        = "size"
	byBulkEdits   = "bulk"
	byMapping     = "mapping"
	byCheckInAge  = "check_in_age"
)

// hides reports whether the figure is withheld: for a defect of the data, as
// freshness, history and category coverage tell of it, or to protect persons.
// Points that too few estimates stand behind are told in issues instead; the
// other components are only said next to the figures.
func (g *GoalStatus) hides(figure string) bool {
	return slices.ContainsFunc(g.Suppressed, func(s Suppression) bool {
		return s.Measure == figure && s.Reason != byEstimates
	})
}

// setEvidence says how far the goal's figures can be trusted. g holds them,
// and work is the company's active work as of the moment.
func (l *ledger) setEvidence(g *GoalStatus, at time.Time, work []ProjectShare, s *Settings) {
	t := l.tally(at)
	if t.parts.Total() == 0 {
		g.miss("evidence", "no issue is in scope")
		return
	}
	c := &Confidence{Ratio: 1}
	for _, one := range []*Component{
		l.freshness(at, s), l.historyKept(at, &t), categoriesKnown(at, &t), l.consistency(at, &t),
		estimatesKnown(g), sizeOf(&t, s), references(g), l.calibration(g, at), l.bulkShare(at, s), mapping(work), checkInAge(g, at, s),
	} {
		if one == nil {
			continue
		}
		c.Components = append(c.Components, *one)
		if one.Ratio < c.Ratio || c.Weakest == "" {
			c.Ratio, c.Weakest = one.Ratio, one.Name
		}
	}
	g.Evidence = c
}

func (g *GoalStatus) miss(figure, why string) {
	if g.Missing == nil {
		g.Missing = map[string]string{}
	}
	g.Missing[figure] = why
}

// hidden reports whether a defect of the data hides the goal's figures at the
// moment. Freshness is left out: it is no property of a past moment, whose
// facts have all been read by now.
func (l *ledger) hidden(at time.Time, t *tally, s *Settings) bool {
	n, least := t.parts.Total(), s.Thresholds.EvidenceHides
	if n == 0 {
		return false
	}
	// A workflow that was replaced leaves a past of statuses that are gone, and
	// a completion that is certain: that is hidden only while most leaves
	// stand in such a status themselves.
	obscure := float64(n-t.unknown)/float64(n) < least
	return l.keptShare(at, t) < least || obscure && t.knownShare(at) < least
}

// hidingDefect is what hides the goal's figures at the moment; nil where
// nothing does.
func (l *ledger) hidingDefect(at time.Time, t *tally, s *Settings) *Component {
	if t.parts.Total() == 0 {
		return nil
	}
	if l.isStale(at, s) {
		return l.freshness(at, s)
	}
	if !l.hidden(at, t, s) {
		return nil
	}
	if c := l.historyKept(at, t); c.Ratio < s.Thresholds.EvidenceHides {
		return c
	}
	return categoriesKnown(at, t)
}

// withhold takes away the figures that a defect of the data makes worthless,
// and says so. What people have declared, and the counts of issues, stay.
func (l *ledger) withhold(g *GoalStatus, at time.Time, t *tally, s *Settings) {
	if why := g.Missing["points"]; why != "" && t.parts.Total() > 0 {
		g.Suppressed = append(g.Suppressed, Suppression{"points", byEstimates})
	}
	c := l.hidingDefect(at, t, s)
	if c == nil {
		return
	}
	drop := func(figure string, there bool) bool {
		if there {
			g.Suppressed = append(g.Suppressed, Suppression{figure, c.Name})
			g.miss(figure, "withheld: "+c.Why)
		}
		return there
	}
	if g.ReportedFrom != fromCheckIns && drop("reported_completion", g.Reported != nil) {
		g.Reported = nil
	}
	if drop("delivered_completion", g.Delivered != nil) {
		g.Delivered = nil
	}
	if g.Reported == nil && saidBy(l.goal.CheckIns, at, s.Calendar.Location()).health == nil && drop("reported_health", g.ReportedHealth != "") {
		g.ReportedHealth = ""
	}
	if drop("real_completion", g.Real != nil) {
		g.Real, g.RealLower, g.RealUpper, g.Overstated, g.Estimate = nil, nil, nil, nil, nil
	}
	if drop("forecast", g.Forecast50 != nil || g.OnTime != nil || g.FirstOnTime != nil) {
		g.Forecast50, g.Forecast85, g.OnTime, g.FirstOnTime = nil, nil, nil, nil
		g.ForecastWaitsFor = ""
	}
	if drop("stalled", g.Stalled != nil) {
		g.Stalled, g.StalledSince = nil, nil
	}
}

// freshness is 1 while the last complete sync of each of the goal's sites is
// at most FreshFor intervals old, and falls to 0 at StaleAfter intervals. Nil
// where nobody has said when the sites were read.
func (l *ledger) freshness(at time.Time, s *Settings) *Component {
	if s.fresh == nil {
		return nil
	}
	last, site := s.fresh.oldest(l)
	if last.IsZero() {
		return &Component{byFreshness, 0, fmt.Sprintf("site %s was never read completely", site)}
	}
	if !at.After(last) {
		return &Component{byFreshness, 1, fmt.Sprintf("site %s was read completely since then", site)}
	}
	age := at.Sub(last)
	full, none := s.fresh.bounds(&s.Thresholds)
	return &Component{
		byFreshness, falling(age, full, none),
		fmt.Sprintf("site %s was last read completely %s before, at %s", site, age.Round(time.Minute), last.UTC().Format(time.RFC3339)),
	}
}

// isStale reports whether freshness hides the figures of the moment. That
// passes: once the sites are read again, they are known.
func (l *ledger) isStale(at time.Time, s *Settings) bool {
	if s.fresh == nil {
		return false
	}
	last, _ := s.fresh.oldest(l)
	full, none := s.fresh.bounds(&s.Thresholds)
	return falling(at.Sub(last), full, none) < s.Thresholds.EvidenceHides // the longest age where a site was never read
}

// staleSince is from when on freshness hides the figures, if it does at the
// moment.
func (l *ledger) staleSince(at time.Time, s *Settings) (time.Time, bool) {
	if !l.isStale(at, s) {
		return time.Time{}, false
	}
	last, _ := s.fresh.oldest(l)
	if last.IsZero() {
		return l.entries[0].at(), true
	}
	full, none := s.fresh.bounds(&s.Thresholds)
	return last.Add(full + time.Duration((1-s.Thresholds.EvidenceHides)*float64(none-full))), true
}

// falling is 1 up to full, 0 from none on, and linear between.
func falling(age, full, none time.Duration) float64 {
	switch {
	case age <= full:
		return 1
	case age >= none:
		return 0
	}
	return float64(none-age) / float64(none-full)
}

// fresh is when each site was last read completely, and how often it is meant
// to be.
type fresh struct {
	last  map[string]time.Time
	every time.Duration
}

// oldest is the last complete reading of the goal's site that was read the
// longest ago.
func (f *fresh) oldest(l *ledger) (last time.Time, site string) {
	for k, name := range l.proof.sites {
		if k == 0 || f.last[name].Before(last) {
			last, site = f.last[name], name
		}
	}
	return last, site
}

// bounds are up to which age a reading is fresh, and from which on it is worth
// nothing.
func (f *fresh) bounds(t *Thresholds) (full, none time.Duration) {
	return time.Duration(t.FreshFor) * f.every, time.Duration(t.StaleAfter) * f.every
}

// SyncedAt returns the history together with when each site was last read
// completely and how often it is read, at least once in five minutes being
// taken for once in five: from then on it tells how fresh its figures are, and
// withholds those that are stale.
func (h *History) SyncedAt(last map[string]time.Time, every time.Duration) *History {
	known := *h
	known.settings.fresh = &fresh{last, max(every, leastInterval)}
	return &known
}

// leastInterval is the shortest interval that freshness is measured by: how
// eager a schedule is says little of how soon facts spoil.
const leastInterval = 5 * time.Minute

// historyKept is the share of the leaves in scope whose changelog was read
// whole and ends where the issue is.
func (l *ledger) historyKept(at time.Time, t *tally) *Component {
	return &Component{byHistory, l.keptShare(at, t), fmt.Sprintf("the changelog of %d of %d issues is broken", l.proof.broken.at(at), t.parts.Total())}
}

func (l *ledger) keptShare(at time.Time, t *tally) float64 {
	return 1 - float64(l.proof.broken.at(at))/float64(t.parts.Total())
}

// categoriesKnown is the share of the leaves' time in scope that they spent in
// statuses whose category is known.
func categoriesKnown(at time.Time, t *tally) *Component {
	r := t.knownShare(at)
	return &Component{byCategories, r, fmt.Sprintf("%s of the issues' time was spent in statuses of a known category", percent(&r))}
}

// consistency is the share of the closed leaves that have both a status of
// category Done and a resolution, in projects that use resolutions; nil where
// no leaf is closed.
func (l *ledger) consistency(at time.Time, t *tally) *Component {
	n := t.parts.Delivered + t.parts.Discarded
	if n == 0 {
		return nil
	}
	odd := l.proof.inconsistent(at)
	return &Component{byConsistency, 1 - float64(odd)/float64(n), fmt.Sprintf("%d of %d closed issues are done without a resolution, or resolved without being done", odd, n)}
}

func estimatesKnown(g *GoalStatus) *Component {
	if g.EstimateCoverage == nil {
		return nil
	}
	return &Component{byEstimates, *g.EstimateCoverage, percent(g.EstimateCoverage) + " of the issues are estimated"}
}

// sizeOf is 1 from EvidenceSize leaves on.
func sizeOf(t *tally, s *Settings) *Component {
	n := t.parts.Total()
	return &Component{bySize, min(1, float64(n)/float64(s.Thresholds.EvidenceSize)), fmt.Sprintf("%d issues are in scope", n)}
}

// bulkShare is the share of the deliveries of the last 30 days that were no
// part of a bulk edit; nil where there was none.
func (l *ledger) bulkShare(at time.Time, s *Settings) *Component {
	all, bulk := 0, 0
	from := at.Add(-s.Thresholds.EvidenceBulkWithin)
	for k := len(l.progress) - 1; k >= 0; k-- {
		p := &l.progress[k]
		if p.at().After(at) || !p.delivered() {
			continue
		}
		if !p.at().After(from) {
			break
		}
		all++
		if p.discount() == byBulk && p.discounted(at) {
			bulk++
		}
	}
	if all == 0 {
		return nil
	}
	return &Component{byBulkEdits, 1 - float64(bulk)/float64(all), fmt.Sprintf("%d of %d deliveries of the last %.0f days were bulk edits", bulk, all, s.Thresholds.EvidenceBulkWithin.Hours()/24)}
}

// mapping is lower the more of the company's active work no goal claims;
// business as usual needs none. Nil where no work is active.
func mapping(work []ProjectShare) *Component {
	active, free := 0, 0
	for k := range work {
		active += work[k].Active
		free += work[k].Unlinked - work[k].BusinessAsUsual
	}
	if active == 0 {
		return nil
	}
	return &Component{byMapping, 1 - float64(free)/float64(active)/2, fmt.Sprintf("no goal claims %d of %d active issues", free, active)}
}

// checkInAge is 1 up to CheckInFresh and falls to 0 at CheckInStale; nil where
// what is reported is no check-in.
func checkInAge(g *GoalStatus, at time.Time, s *Settings) *Component {
	if g.ReportedFrom != fromCheckIns || g.ReportedAt == nil {
		return nil
	}
	age := at.Sub(*g.ReportedAt)
	return &Component{byCheckInAge, falling(age, s.Thresholds.CheckInFresh, s.Thresholds.CheckInStale), fmt.Sprintf("the last check-in is %.0f days old", age.Hours()/24)}
}

// evidenceParts explains the evidence: each component, and what it is of.
func (x *explainer) evidenceParts() ExplainedMeasure {
	c := x.status.Evidence
	if c == nil {
		return ExplainedMeasure{}
	}
	m := ExplainedMeasure{Value: percent(&c.Ratio) + ", by " + c.Weakest}
	for _, one := range c.Components {
		m.Inputs = append(m.Inputs, ExplainedInput{one.Name, percent(&one.Ratio) + ": " + one.Why})
	}
	return m
}
