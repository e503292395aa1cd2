package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

const (
	// MaxDecisionClasses bounds the values of the metrics' label class.
	MaxDecisionClasses = 6
	maxNames           = 200 // of statuses, labels, … in one list
)

var className = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,31}$`)

func (d *decoder) semantics(n node, s *Semantics) {
	seen := d.mapping(n, keys{
		"discarded_resolutions": d.words(&s.DiscardedResolutions, maxNames),
		"active_statuses":       d.words(&s.ActiveStatuses, maxNames),
		"waiting_statuses":      d.words(&s.WaitingStatuses, maxNames),
		"decisions":             func(n node) { d.decisionClasses(n, s) },
		"blocked":               nested(&s.Blocked, d.match),
		"debt":                  nested(&s.Debt, d.match),
		"business_as_usual":     nested(&s.BusinessAsUsual, d.match),
		"escalation": func(n node) {
			d.mapping(n, keys{"priorities": d.words(&s.EscalationPriorities, maxNames)})
		},
		"bots": d.words(&s.Bots, maxNames),
	})
	d.workStatuses(seen, s)
}

// workStatuses refuses a status in which an issue is said to be worked on and
// to wait. Of the waiting statuses that nobody has written down, those that are
// said to be active are none.
func (d *decoder) workStatuses(seen map[string]node, s *Semantics) {
	at, ok := seen["active_statuses"]
	list, isList := at.Node.(*ast.SequenceNode)
	if !ok || !isList || d.describing {
		return
	}
	among := func(names []string, name string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
	}
	if _, written := seen["waiting_statuses"]; !written {
		s.WaitingStatuses = slices.DeleteFunc(slices.Clone(s.WaitingStatuses), func(name string) bool { return among(s.ActiveStatuses, name) })
		return
	}
	for i, v := range list.Values {
		if name, isText := v.(*ast.StringNode); isText && among(s.WaitingStatuses, name.Value) {
			d.fault(node{Node: v, path: fmt.Sprintf("%s[%d]", at.path, i)}, quoted(name.Value)+" is one of waiting_statuses too", "keep it in one of the two lists")
		}
	}
}

func (d *decoder) match(n node) Match {
	var m Match
	d.mapping(n, d.matchKeys(&m))
	return m
}

func (d *decoder) matchKeys(m *Match) keys {
	return keys{
		"issue_types": d.words(&m.IssueTypes, maxNames),
		"labels":      d.words(&m.Labels, maxNames),
		"statuses":    d.words(&m.Statuses, maxNames),
		"flagged":     d.flag(&m.Flagged),
	}
}

func (d *decoder) decisionClasses(n node, s *Semantics) {
	d.mapping(n, keys{
		"classes": func(n node) {
			var classes []DecisionClass
			d.list(MaxDecisionClasses, func(_ int, item node) {
				classes = append(classes, d.decisionClass(item, classes))
			})(n)
			s.Decisions = classes
		},
		"decide_within": d.byClass(&s.DecideWithin),
	})
}

// matching makes a schema one of classes that match some issue.
func (s *schema) matching() {
	for _, key := range []string{"issue_types", "labels", "statuses"} {
		s.AnyOf = append(s.AnyOf, needs(key).with(key, &schema{MinItems: 1}))
	}
	s.AnyOf = append(s.AnyOf, needs("flagged").with("flagged", &schema{Const: true}))
}

func (d *decoder) decisionClass(n node, before []DecisionClass) DecisionClass {
	var c DecisionClass
	known := d.matchKeys(&c.Match)
	known["name"] = d.word(&c.Name, matching(className, "name of a class", "use at most 32 of a-z, 0-9, _ and -"))
	faults := len(d.errs)
	seen := d.mapping(n, known)
	d.require(n, seen, map[string]string{"name": "name: with a short name for labels, such as architecture"})
	if d.describing {
		n.wants.matching()
	}
	for i := range before {
		if c.Name != "" && c.Name == before[i].Name {
			d.fault(seen["name"], fmt.Sprintf("%s is the name of classes[%d] already", quoted(c.Name), i), "give each class a name of its own")
			break
		}
	}
	if len(d.errs) == faults && len(c.IssueTypes)+len(c.Labels)+len(c.Statuses) == 0 && !c.Flagged {
		d.fault(n, "matches no issue", "add issue_types, labels, statuses or flagged: true")
	}
	return c
}

// byClass reads a duration for all classes of decisions, or one for each:
// "5d", or {architecture: 10d, approval: 2d}.
func (d *decoder) byClass(dst *map[string]time.Duration) reader {
	return func(n node) {
		within := make(map[string]time.Duration)
		if d.describing {
			one, each := &schema{}, &schema{}
			one.text(aDuration)
			each.open(className.String(), one)
			n.wants.AnyOf = []*schema{one, each}
			if v, ok := (*dst)[""]; ok {
				n.wants.Default = formatDuration(v)
			}
			return
		}
		switch n.Node.(type) {
		case *ast.MappingNode, *ast.MappingValueNode:
			d.entries(n, func(class string, at, value node) {
				switch {
				case !className.MatchString(class):
					d.fault(at, "the key is no name of a class", "use at most 32 of a-z, 0-9, _ and -")
				case value.Node == nil:
					d.fault(at, "has no value", "write a duration such as 5d")
				default:
					var v time.Duration
					d.span(&v, time.Hour)(value)
					within[class] = v
				}
			})
		default:
			var v time.Duration
			d.span(&v, time.Hour)(n)
			within[""] = v
		}
		*dst = within
	}
}

func (d *decoder) lint(n node, l *Lint) {
	d.mapping(n, keys{"accept": d.list(1000, func(_ int, item node) {
		var a Acceptance
		seen := d.mapping(item, keys{"rule": d.word(&a.Rule), "at": d.word(&a.At), "why": d.word(&a.Why)})
		d.require(item, seen, map[string]string{
			"rule": "rule: with the name that check gives", "at": "at: with the goal or issue", "why": "why: with the reason",
		})
		at := position(item.Node)
		a.Place = Place{d.file, at.Line, at.Column}
		l.Accept = append(l.Accept, a)
	})})
}
