package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/goccy/go-yaml/ast"

	"plumbline/internal/flow"
	"plumbline/internal/goal"
)

var (
	goalID     = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)
	issueKey   = regexp.MustCompile(`^[A-Z][A-Z0-9_]+-[0-9]+$`)
	projectKey = regexp.MustCompile(`^[A-Z][A-Z0-9_]+$`)
	address    = regexp.MustCompile(`^@|[^\s@]+@[^\s@]+\.[^\s@]+`)
)

const (
	maxGoals = 10_000 // in one file
	maxItems = 2_000  // of one list of a goal
)

// declared is a goal as it was read, with what is needed to speak of it when
// all goals are looked at together.
type declared struct {
	goal.Goal
	path   string
	places Places
	spots  map[string]Error // its keys' places, without words; "" is its own
}

// finding returns an error at one of the goal's keys.
func (g *declared) finding(key, what, mend string) Error {
	e, ok := g.spots[key]
	if !ok {
		e = g.spots[""]
	}
	e.What, e.Mend = what, mend
	return e
}

// at returns file:line of one of the goal's keys.
func (g *declared) at(key string) string {
	e := g.finding(key, "", "")
	return fmt.Sprintf("%s:%d", e.File, e.Line)
}

func (d *decoder) goals(n node) []declared {
	var all []declared
	seen := d.mapping(n, keys{
		"goals": d.list(maxGoals, func(_ int, item node) { all = append(all, d.goal(item)) }),
	})
	d.require(n, seen, map[string]string{"goals": "goals: with a list of goals"})
	return all
}

func (d *decoder) goal(n node) declared {
	g := declared{path: n.path, spots: make(map[string]Error)}
	g.Weight, g.Count, g.Reported = 1, goal.CountIssues, goal.Reported{From: "jira"}
	faults := len(d.errs)
	var target flow.Date
	seen := d.mapping(n, keys{
		"id":            d.word(&g.ID, matching(goalID, "id of a goal", "use at most 63 of a-z, 0-9 and -, such as checkout-p95")),
		"name":          d.word(&g.Name, named()),
		"owner":         d.word(&g.Owner, named(), noPerson()),
		"parent":        d.word(&g.Parent, matching(goalID, "id of a goal", "write the id of the goal above")),
		"weight":        d.number(&g.Weight, positive()),
		"start":         d.date(&g.Start),
		"target":        d.date(&target),
		"targets":       d.targets(&g.Targets),
		"count":         d.word((*string)(&g.Count), oneOf(string(goal.CountIssues), string(goal.CountPoints))),
		"work":          nested(&g.Work, d.work),
		"reported":      nested(&g.Reported, d.reported),
		"check_ins":     d.list(maxItems, func(_ int, item node) { g.CheckIns = append(g.CheckIns, d.checkIn(item)) }),
		"decisions":     d.list(maxItems, func(_ int, item node) { g.Decisions = append(g.Decisions, d.decision(item, g.Decisions)) }),
		"decide_within": d.byClass(&g.DecideIn),
		"outcomes":      d.list(maxOutcomes, func(_ int, item node) { g.Outcomes = append(g.Outcomes, d.outcome(item, g.Outcomes)) }),
		"stop_when":     d.list(maxStops, func(_ int, item node) { g.StopWhen = append(g.StopWhen, d.stop(item, g.StopWhen)) }),
		"stall":         func(n node) { d.stall(n, &g.StallAfter) },
	})
	if list, ok := seen["stop_when"]; ok {
		d.conditions(&g, list)
	}
	d.require(n, seen, map[string]string{
		"id":   "id: with a short name that never changes, such as checkout-p95",
		"name": "name: with what is to be reached",
	})
	if len(d.errs) == faults {
		d.promises(&g, target, seen)
		if g.Reported.From == goal.ReportedByField && len(g.Work.Epics) == 0 {
			d.fault(seen["reported"], "a field is read from the goal's own epics, and it maps none", "add work: {epics: [PAY-12]}, or use from: jira or from: check_ins")
		}
	}
	d.remember(&g, n, seen)
	return g
}

// remember keeps the places of the goal's keys.
func (d *decoder) remember(g *declared, n node, seen map[string]node) {
	if d.describing {
		return
	}
	g.spots[""] = d.finding(position(n.Node), n.path, "", "")
	for key, at := range seen {
		g.spots[key] = d.finding(position(at.Node), at.path, "", "")
	}
	g.DeclaredAt = g.at("")
	g.places = make(Places)
	d.locate(g.places, "", n.Node)
}

// promises sees to it that the targets are one history: told in order, the
// last one in force.
func (d *decoder) promises(g *declared, target flow.Date, seen map[string]node) {
	if !target.IsZero() && len(g.Targets) == 0 {
		g.Targets = []goal.Target{{Date: target}}
	}
	if len(g.Targets) == 0 {
		return
	}
	at := seen["target"]
	if list, ok := seen["targets"]; ok {
		at = list
	}
	for i, t := range g.Targets {
		if i > 0 && !g.Targets[i-1].Said.Before(t.Said) {
			d.fault(itemOf(at, i), fmt.Sprintf("was said on %s, not after the one before it (%s)", t.Said, orWord(g.Targets[i-1].Said)), "put the promises in the order in which they were made, and give each the date of its making with said:")
			return
		}
	}
	last := g.Targets[len(g.Targets)-1].Date
	if !target.IsZero() && last != target {
		d.fault(seen["target"], fmt.Sprintf("%s is not the date of the last of targets, %s", target, last), fmt.Sprintf("add {date: %s, said: DAY, why: REASON} to targets, so that the change of the promise is seen", target))
	}
}

func orWord(day flow.Date) string {
	if day.IsZero() {
		return "from the beginning"
	}
	return day.String()
}

// itemOf returns an item of a list, or the value itself where it is none.
func itemOf(n node, i int) node {
	if s, ok := n.Node.(*ast.SequenceNode); ok && i < len(s.Values) {
		return node{Node: s.Values[i], path: fmt.Sprintf("%s[%d]", n.path, i)}
	}
	return n
}

// targets reads the history of a promise. Every one but the first must say
// since when it is the promise.
func (d *decoder) targets(dst *[]goal.Target) reader {
	return func(n node) {
		d.list(maxItems, func(_ int, item node) { *dst = append(*dst, d.target(item, *dst)) })(n)
		if d.describing {
			n.wants.FirstNeeds = n.wants.Items.Required
			n.wants.Items.Required = append(slices.Clone(n.wants.FirstNeeds), "said")
		}
	}
}

func (d *decoder) target(n node, before []goal.Target) goal.Target {
	var t goal.Target
	seen := d.mapping(n, keys{"date": d.date(&t.Date), "said": d.date(&t.Said), "why": d.optional(&t.Why)})
	needed := map[string]string{"date": "date: with the promised day"}
	if len(before) > 0 {
		needed["said"] = "said: with the day since which it is the promise"
	}
	d.require(n, seen, needed)
	return t
}

func positive() bounds {
	return bounds{low: 0, high: 1000, above: true, test: func(v float64) *fault {
		if v > 0 && v <= 1000 {
			return nil
		}
		return &fault{fmt.Sprintf("%v is out of range", v), "choose more than 0 and at most 1000"}
	}}
}

// named refuses names that are too long for a label.
func named() check { return atMost(200) }

// noPerson refuses what is plainly a person's: goals belong to teams.
func noPerson() check {
	return check{notForm: address.String(), private: true, test: func(s string) *fault {
		if address.MatchString(s) {
			return &fault{"looks like a person's address", "name a team, such as team-payments"}
		}
		return nil
	}}
}

func isIssueKey() check { return inCapitals(issueKey, "issue key", "PAY-12") }

func isProjectKey() check { return inCapitals(projectKey, "project key", "PAY") }

// inCapitals returns a check of a form that Jira writes in capitals.
func inCapitals(form *regexp.Regexp, what, example string) check {
	return check{form: form.String(), test: func(s string) *fault {
		if form.MatchString(s) {
			return nil
		}
		mend := "write it as Jira shows it, such as " + example
		if upper := strings.ToUpper(s); form.MatchString(upper) {
			mend = fmt.Sprintf("did you mean %q?", upper)
		}
		return &fault{quoted(s) + " is no " + what, mend}
	}}
}

func (d *decoder) work(n node) goal.Work {
	var w goal.Work
	d.mapping(n, keys{
		"epics":        d.words(&w.Epics, maxItems, isIssueKey()),
		"fix_versions": d.inProjects(&w.FixVersions, "3.2"),
		"labels":       d.inProjects(&w.Labels, "latency", noSpace()),
		"exclude":      d.words(&w.Exclude, maxItems, isIssueKey()),
		"jql":          d.prose(&w.JQL, notEmpty, jql()),
	})
	return w
}

func noSpace() check {
	return check{form: `^\S+$`, test: func(s string) *fault {
		if strings.ContainsFunc(s, unicode.IsSpace) {
			return &fault{quoted(s) + " is no label, because it holds a space", "write it as Jira shows it"}
		}
		return nil
	}}
}

// inProjects reads a list of versions or labels, each of a project or of any.
func (d *decoder) inProjects(dst *[]goal.InProject, example string, checks ...check) reader {
	return func(n node) {
		first := make(map[goal.InProject]int)
		d.list(maxItems, func(_ int, item node) {
			var p goal.InProject
			faults := len(d.errs)
			seen := d.mapping(item, keys{"project": d.word(&p.Project, isProjectKey()), "name": d.word(&p.Name, checks...)})
			d.require(item, seen, map[string]string{"name": fmt.Sprintf("name: with its name in Jira, such as %q", example)})
			if len(d.errs) > faults {
				return
			}
			if line, twice := first[p]; twice {
				d.fault(item, quoted(p.Name)+" comes twice", fmt.Sprintf("it stands in line %d already; keep one", line))
				return
			}
			first[p] = position(item.Node).Line
			*dst = append(*dst, p)
		})(n)
		if d.describing {
			n.wants.Unique = true
		}
	}
}
