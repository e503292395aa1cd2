package measure

import (
	"math"
	"slices"
	"time"

	"plumbline/internal/flow"
)

// Trap is a detector of a structural trap (MEASURES §10). It names a
// mechanism, never who is in it.
type Trap struct {
	Name  string // of the label and the setting: "deadline_as_goal"
	Title string // for people
	// Off tells of one that is looked for only where the configuration says so.
	Off bool
	// Thresholds are what the configuration can set of it.
	Thresholds []TrapThreshold
	// detect says once and for all when the rule held, or weekly whether it
	// does at the beginning of a week; why says why that can't be told.
	detect func(*ledger, *Settings, trapLimits) (raw flow.Spans, why string)
	weekly func(sight) (holds bool, why string)
	// ofPersons says, for one of the former kind, when a part of its rule held
	// that is counted of persons. It is looked at only as of moments at which
	// such figures are shown (MEASURES §9): else the trap would tell of them.
	ofPersons func(*ledger, *Settings, trapLimits) flow.Spans
	// private tells that the rule is counted of persons: while it can't be judged,
	// nothing of it is told.
	private bool
	// size is the value that a threshold is held against, by which goals can be
	// compared; sizeOf says of what, with its unit. Nil where there is none.
	size    func(sight) (float64, bool)
	sizeOf  string
	explain func(*explainer, trapLimits) ExplainedMeasure
}

// TrapThreshold is one threshold of a detector.
type TrapThreshold struct {
	Name    string
	Default float64
	Min     float64
	What    string // with its unit
}

// TrapSetting is what a company sets of a detector. One that is off by default
// is on by being set, and not to off.
type TrapSetting struct {
	Off        bool
	Thresholds map[string]float64
}

// TrapState is what a detector says of a goal. A trap shows once its rule has
// held for a week, and no more once it hasn't for a week.
type TrapState struct {
	Trap  string     `json:"trap"`
	Title string     `json:"title"`
	On    bool       `json:"on"`
	Since *time.Time `json:"since,omitempty"` // when it began to show
	// Unknown says why it can't be judged; empty where it can.
	Unknown string `json:"unknown,omitempty"`
}

// persistence is the threshold that all detectors share: how long the rule
// must hold, or not hold, before that shows.
func persistence() TrapThreshold {
	return TrapThreshold{Name: "persist_days", Default: 7, Min: 0, What: "days that the rule must hold before it shows, and not hold before it no longer does"}
}

// Traps returns the detectors of this version, in the order of MEASURES §10.
func Traps() []Trap {
	all := []Trap{
		deadlineAsGoal(), busyNotMoving(), watermelon(), ninetyNineTail(), orphanGoal(), ownerlessBoundary(), decisionDrag(), keyPerson(), zombie(), heroics(),
		debtDiscussed(), processAccretion(), scopeTreadmill(), silentDescoping(), shadowWork(), priorityInflation(),
	}
	for k := range all {
		all[k].Thresholds = append(all[k].Thresholds, persistence())
	}
	return all
}

// trapLimits are a detector's thresholds as they are set.
type trapLimits map[string]float64

func (t trapLimits) days(name string) time.Duration { return time.Duration(t[name] * float64(day)) }
func (t trapLimits) count(name string) int          { return int(t[name]) }

// limits returns the detector's thresholds; false where it is switched off.
func (t *Trap) limits(s *Settings) (trapLimits, bool) {
	set, isSet := s.Traps[t.Name]
	out := trapLimits{}
	for _, x := range t.Thresholds {
		out[x.Name] = x.Default
		if v, ok := set.Thresholds[x.Name]; ok {
			out[x.Name] = v
		}
	}
	return out, !set.Off && (isSet || !t.Off)
}

// trapLife is when a trap shows on a goal.
type trapLife struct {
	trap   *Trap
	limits trapLimits
	raw    flow.Spans // while the rule held
	shown  flow.Spans
	// ofPersons is while a part of the rule held that is counted of persons.
	ofPersons flow.Spans
	why       string // why it can't be judged; empty where it can
}

// switchedOn reports whether a detector that is off by default is on.
func (s *Settings) switchedOn(name string) bool {
	set, isSet := s.Traps[name]
	return isSet && !set.Off
}

// setTraps runs the detectors that are on. What a detector says of a moment
// looks at nothing that happened later, so that it can be asked once and for
// all.
func (l *ledger) setTraps(s *Settings) {
	all := Traps()
	for k := range all {
		limits, on := all[k].limits(s)
		if !on {
			continue
		}
		life := trapLife{trap: &all[k], limits: limits}
		if all[k].weekly == nil {
			life.raw, life.why = all[k].detect(l, s, limits)
			life.shown = persistent(life.raw, limits.patience(s))
			if all[k].ofPersons != nil {
				life.ofPersons = all[k].ofPersons(l, s, limits)
			}
		}
		l.traps = append(l.traps, life)
	}
}

// patience is how long a rule must have held before its trap shows, and not have held
// before it no longer does. Its days are those of the calendar: most rules are
// asked every week, and the week in which clocks are put back has an hour more
// than others.
type patience struct {
	zone *time.Location
	days int
	rest time.Duration
}

func (t trapLimits) patience(s *Settings) patience {
	whole, part := math.Modf(t["persist_days"])
	return patience{s.Calendar.Location(), int(whole), time.Duration(part * float64(day))}
}

// after is when that has held for long enough which began at the moment.
func (p patience) after(at time.Time) time.Time {
	if p.days > 0 {
		at = at.In(p.zone).AddDate(0, 0, p.days).In(at.Location())
	}
	return at.Add(p.rest)
}

// persistent returns when a state shows that must have held for the time
// before it does, and must not have held for the time before it no longer does.
func persistent(raw flow.Spans, p patience) flow.Spans {
	var out flow.Spans
	for _, s := range raw {
		if k := len(out) - 1; k >= 0 && s.From.Before(out[k].To) {
			out[k].To = time.Time{} // it came back before it was forgotten
		} else if shows := p.after(s.From); s.To.IsZero() || s.To.After(shows) {
			out = out.Append(flow.Span{From: shows})
		} else {
			continue
		}
		if !s.To.IsZero() {
			out[len(out)-1].To = p.after(s.To)
		}
	}
	return out
}

// setTrapStates adds the goal's traps. g says what is told of persons.
func (h *History) setTrapStates(g *GoalStatus, k int, at time.Time) {
	for n := range h.ledgers[k].traps {
		life := &h.ledgers[k].traps[n]
		_, shown, why := h.lifeAt(k, life, at, g)
		x := TrapState{Trap: life.trap.Name, Title: life.trap.Title, Unknown: why}
		if why == withheldHands {
			g.Suppressed = append(g.Suppressed, Suppression{life.trap.Name, byMinGroup})
		}
		if span, ok := shown.At(at); ok {
			x.On = true
			x.Since = &span.From
		}
		g.Traps = append(g.Traps, x)
	}
}

// ShownTraps returns the traps that show.
func (g *GoalStatus) ShownTraps() []TrapState {
	return slices.DeleteFunc(slices.Clone(g.Traps), func(t TrapState) bool { return !t.On })
}
