package config

import (
	"fmt"
	"time"

	"github.com/goccy/go-yaml/ast"

	"plumbline/internal/goal"
	"plumbline/internal/measure"
)

const (
	maxOutcomes = 4 // each is a query and a series
	maxStops    = 4
)

// reported reads where the reported completion comes from: {from: jira},
// {from: check_ins} or {field: NAME}.
func (d *decoder) reported(n node) goal.Reported {
	var r goal.Reported
	seen := d.mapping(n, keys{
		"from":  d.word(&r.From, oneOf(goal.ReportedByJira, goal.ReportedByCheckIns)),
		"field": d.word(&r.Field, named()),
	})
	if d.describing {
		n.wants.OneOf = eachNeeds("from", "field")
		return r
	}
	_, from := seen["from"]
	at, field := seen["field"]
	switch {
	case from && field:
		d.fault(at, "from and field are two sources", "keep one of them")
	case field:
		r.From = goal.ReportedByField
	default:
		d.require(n, seen, map[string]string{"from": `from: jira or from: check_ins, or field: "Progress %"`})
	}
	return r
}

func (d *decoder) checkIn(n node) goal.CheckIn {
	var (
		c          goal.CheckIn
		completion float64
	)
	states := make([]string, 0, len(measure.HealthStates()))
	for _, s := range measure.HealthStates() {
		states = append(states, string(s))
	}
	faults := len(d.errs)
	seen := d.mapping(n, keys{
		"date":       d.date(&c.Date),
		"completion": d.number(&completion, share()),
		"health":     d.word(&c.Health, oneOf(states...)),
		"note":       d.prose(&c.Note, maybeEmpty),
	})
	d.require(n, seen, map[string]string{"date": "date: with the day on which it was said"})
	if d.describing {
		n.wants.AnyOf = eachNeeds("completion", "health")
	}
	if _, ok := seen["completion"]; ok {
		c.Completion = &completion
	}
	if len(d.errs) == faults && c.Completion == nil && c.Health == "" {
		d.fault(n, "says neither completion nor health", "add completion: 0.7 or health: on_track")
	}
	return c
}

// share returns the range of a completion, and knows percentages.
func share() bounds {
	in := between(0, 1)
	plain := in.test
	in.test = func(v float64) *fault {
		if v > 1 && v <= 100 {
			return &fault{fmt.Sprintf("%v is out of range", v), fmt.Sprintf("a completion is a share of 1; did you mean %v?", v/100)}
		}
		return plain(v)
	}
	return in
}

func (d *decoder) decision(n node, before []goal.Decision) goal.Decision {
	var v goal.Decision
	faults := len(d.errs)
	seen := d.mapping(n, keys{
		"id":        d.word(&v.ID, matching(goalID, "id of a decision", "use at most 63 of a-z, 0-9 and -")),
		"class":     d.word(&v.Class, matching(className, "name of a class", "name a class of semantics.decisions")),
		"issue":     d.word(&v.Issue, isIssueKey()),
		"asked":     d.date(&v.Asked),
		"decide_by": d.date(&v.DecideBy),
		"decided":   d.date(&v.Decided),
		"authority": d.word(&v.Authority, named(), noPerson()),
		"outcome":   d.prose(&v.Outcome, maybeEmpty),
	})
	d.require(n, seen, map[string]string{
		"id":    "id: with a short name that never changes",
		"asked": "asked: with the day since which the decision is waited for",
	})
	if len(d.errs) > faults {
		return v
	}
	for i := range before {
		if before[i].ID == v.ID {
			d.fault(seen["id"], fmt.Sprintf("%s is the id of decisions[%d] already", quoted(v.ID), i), "give each decision an id of its own")
		}
	}
	if !v.DecideBy.IsZero() && v.DecideBy.Before(v.Asked) {
		d.fault(seen["decide_by"], fmt.Sprintf("%s is before it was asked, %s", v.DecideBy, v.Asked), "mend one of the dates")
	}
	if !v.Decided.IsZero() && v.Decided.Before(v.Asked) {
		d.fault(seen["decided"], fmt.Sprintf("%s is before it was asked, %s", v.Decided, v.Asked), "mend one of the dates")
	}
	return v
}

func (d *decoder) outcome(n node, before []goal.Outcome) goal.Outcome {
	var o goal.Outcome
	faults := len(d.errs)
	seen := d.mapping(n, keys{
		"id":    d.word(&o.ID, matching(className, "id of an outcome", "use at most 32 of a-z, 0-9, _ and -")),
		"query": d.prose(&o.Query, notEmpty),
		"from":  d.number(&o.From, anyNumber()),
		"to":    d.number(&o.To, anyNumber()),
		"unit":  d.optional(&o.Unit, named()),
	})
	d.require(n, seen, map[string]string{
		"id": "id: with a short name", "query": "query: in PromQL, for one value",
		"from": "from: with the value at the start", "to": "to: with the value to be reached",
	})
	if len(d.errs) > faults {
		return o
	}
	for i := range before {
		if before[i].ID == o.ID {
			d.fault(seen["id"], fmt.Sprintf("%s is the id of outcomes[%d] already", quoted(o.ID), i), "give each outcome an id of its own")
		}
	}
	if o.From == o.To {
		d.fault(seen["to"], "is the same as from", "say what value is to be reached")
	}
	return o
}

func (d *decoder) stop(n node, before []goal.StopCriterion) goal.StopCriterion {
	var s goal.StopCriterion
	faults := len(d.errs)
	seen := d.mapping(n, keys{
		"id":   d.word(&s.ID, matching(className, "id of a criterion", "use at most 32 of a-z, 0-9, _ and -")),
		"when": d.word(&s.When),
	})
	d.require(n, seen, map[string]string{
		"id": "id: with a short name", "when": `when: with a condition such as "real_completion < 0.3 after 2026-11-01"`,
	})
	if len(d.errs) > faults {
		return s
	}
	for i := range before {
		if before[i].ID == s.ID {
			d.fault(seen["id"], fmt.Sprintf("%s is the id of stop_when[%d] already", quoted(s.ID), i), "give each criterion an id of its own")
		}
	}
	return s
}

// stall reads after how long without progress a goal is stalled; auto is 0.
func (d *decoder) stall(n node, dst *time.Duration) {
	d.mapping(n, keys{"after": func(n node) {
		if d.describing {
			n.wants.text("^auto$|" + aDuration)
			n.wants.Default = "auto"
			return
		}
		if s, ok := n.Node.(*ast.StringNode); ok && s.Value == "auto" {
			*dst = 0
			return
		}
		d.span(dst, day)(n)
	}})
}
