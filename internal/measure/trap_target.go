package measure

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"plumbline/internal/flow"
)

// deadlineAsGoal is T1 of MEASURES §10: the date moves and the scope doesn't,
// so that what is steered by is the date. It looks at the goal's target, the
// due dates of its epics and the release dates of its versions, each by itself.
func deadlineAsGoal() Trap {
	return Trap{
		Name: "deadline_as_goal", Title: "The deadline became the goal",
		Thresholds: []TrapThreshold{
			{"pushes", 2, 1, "times that the date was moved later"},
			{"drift_days", 14, 0, "days by which it lies behind the first"},
			{"scope_share", 0.05, 0, "change of the scope around each of the last two pushes that answers it, as a share of the scope"},
			{"window_days", 14, 0, "days before and after a push in which the scope's change answers it"},
			{"severe_slip_rate", 1, 0, "days of slip for each day since the first promise that make it severe"},
			{"severe_late_pushes", 2, 1, "pushes close to the old date, or after it, that make it severe"},
		},
		detect: func(l *ledger, _ *Settings, t trapLimits) (flow.Spans, string) {
			if len(l.promises) == 0 {
				return nil, "no target is declared, and none of its epics and versions has a date"
			}
			var raw flow.Spans
			for k := range l.promises {
				raw = raw.Union(l.pushesUnanswered(&l.promises[k], t))
			}
			return raw.Less(l.shut), ""
		},
		sizeOf: "days behind the first promise, at most",
		size: func(x sight) (float64, bool) {
			most, ok := 0, false
			for k := range x.l.promises {
				if slip, promised := x.l.slip(&x.l.promises[k], x.at, x.s); promised {
					most, ok = max(most, slip.Days), true
				}
			}
			return float64(most), ok
		},
		explain: (*explainer).deadlineAsGoal,
	}
}

// pushesUnanswered returns when a date had been moved often and far enough while the
// scope answered neither of the last pushes.
func (l *ledger) pushesUnanswered(p *promises, t trapLimits) flow.Spans {
	var out flow.Spans
	var f slipFold
	within := t.days("window_days")
	for k := range p.dates {
		f.take(&p.dates[k])
		if f.first == nil || len(f.pushes) < t.count("pushes") || float64(f.days()) < t["drift_days"] {
			continue
		}
		var until time.Time
		if k+1 < len(p.dates) {
			if until = p.dates[k+1].said; !until.After(p.dates[k].said) {
				continue // said at the same moment: the next one holds
			}
		}
		last := f.pushes[max(len(f.pushes)-2, 0):]
		for _, part := range l.parts(flow.Span{From: p.dates[k].said, To: until}, last, within) {
			if !slices.ContainsFunc(last, func(x push) bool { return l.answered(&x, part.From, t) }) {
				out = out.Append(part)
			}
		}
	}
	return out
}

// parts cuts a span where the scope changed within the time around a push.
func (l *ledger) parts(span flow.Span, pushes []push, within time.Duration) []flow.Span {
	var cuts []time.Time
	for _, p := range pushes {
		end := p.said.Add(within)
		for k, _ := l.courseFrom(span.From); k < len(l.course); k++ {
			at := instantOf(l.course[k].at)
			if at.After(end) || !span.To.IsZero() && !at.Before(span.To) {
				break
			}
			cuts = append(cuts, at)
		}
	}
	slices.SortFunc(cuts, time.Time.Compare)
	var out []flow.Span
	for _, cut := range slices.CompactFunc(cuts, time.Time.Equal) {
		if cut.After(span.From) {
			out = append(out, flow.Span{From: span.From, To: cut})
			span.From = cut
		}
	}
	if span.To.IsZero() || span.To.After(span.From) {
		out = append(out, span)
	}
	return out
}

// answered reports whether the scope had answered the push by the moment. Where
// nothing was in scope there was nothing to answer with: that is none of this
// trap.
func (l *ledger) answered(p *push, at time.Time, t trapLimits) bool {
	change, scope := l.response(p, at, t.days("window_days"))
	return scope <= 0 || float64(max(change, -change)) >= t["scope_share"]*float64(scope)
}

func (x *explainer) deadlineAsGoal(t trapLimits) ExplainedMeasure {
	m := ExplainedMeasure{Formula: fmt.Sprintf("the date was moved later at least %d times and lies at least %g days behind the first, and around each of "+
		"the last two pushes (%g days before and after) the undiscarded scope changed by less than %s; severe: it slips %g days or more a day, or "+
		"at least %d pushes came late", t.count("pushes"), t["drift_days"], t["window_days"], share100(t["scope_share"]), t["severe_slip_rate"], t.count("severe_late_pushes"))}
	for k := range x.l.promises {
		p := &x.l.promises[k]
		slip, ok := x.l.slip(p, x.at, x.s)
		if !ok {
			continue
		}
		severe := slip.LatePushes >= t.count("severe_late_pushes") || slip.Rate != nil && *slip.Rate >= t["severe_slip_rate"]
		m.Inputs = append(m.Inputs, ExplainedInput{p.of, fmt.Sprintf("pushed %d times, %d of them late, by %d days in all%s; severe: %s",
			len(slip.Pushes), slip.LatePushes, slip.Days, slipRate(slip.Rate), yesNo(severe && len(slip.Pushes) >= t.count("pushes")))})
		for n := range slip.Pushes {
			one := &slip.Pushes[n]
			e := x.pushed(p, one)
			if n >= len(slip.Pushes)-2 && x.l.answered(&push{one.Said, one.From, one.To}, x.at, t) {
				m.LeftOut = append(m.LeftOut, e)
			} else {
				m.Counted = append(m.Counted, e)
			}
		}
	}
	return m
}

func slipRate(r *float64) string {
	if r == nil {
		return ""
	}
	return ", " + strconv.FormatFloat(*r, 'f', 2, 64) + " days a day"
}

func share100(v float64) string { return percent(&v) }
