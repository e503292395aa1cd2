package jirasim

import (
	"slices"
	"strings"

	"plumbline/internal/flow"
)

// test tells whether a condition holds of an issue.
type test func(*facts) bool

func nothing(*facts) bool { return false }

// compiler turns a parsed query into a test, for one moment and one account.
// It collects every mistake that it finds, as Jira does.
type compiler struct {
	v *view
	sight

	mistakes []string
	// clock: the query's meaning moves with the time.
	clock bool
}

// property is a field of JQL: how its clauses are compiled.
type property struct {
	name    string // as messages call it
	compile func(c *compiler, p *property, cl clause) test
	// For fields that hold things: what the issue has, and which things a
	// text names (false: none, and it is a mistake to ask).
	have    func(*facts) []ref
	resolve func(c *compiler, text string) ([]ref, bool)
	// For dates: what the issue has, 0 for none.
	instant func(c *compiler, f *facts) int64
	// For references to issues.
	issue func(*facts) issueRef
}

// property returns the field of that name, in any case; nil for none.
func (c *compiler) property(name string) *property {
	name = strings.ToLower(name)
	if custom, ok := strings.CutPrefix(name, "cf["); ok && "customfield_"+strings.TrimSuffix(custom, "]") == c.v.w.fields.epicLink {
		name = "epic link"
	}
	catalog := &c.v.w.catalog
	switch name {
	case "project":
		return &property{name: name, compile: compileThing, resolve: (*compiler).projects, have: func(f *facts) []ref { return []ref{f.project} }}
	case "key", "issuekey", "issue", "id":
		return &property{name: name, compile: compileKey}
	case "parent":
		return &property{name: name, compile: compileReference, issue: func(f *facts) issueRef { return f.parent }}
	case "epic link":
		return &property{name: "Epic Link", compile: compileReference, issue: func(f *facts) issueRef { return issueRef{key: f.epic} }}
	case "issuetype", "type":
		return thingProperty(name, func(f *facts) ref { return f.kind }, catalog.types)
	case "status":
		return thingProperty(name, func(f *facts) ref { return f.status }, catalog.statuses)
	case "statuscategory":
		return &property{name: "statusCategory", compile: compileThing, resolve: categories, have: func(f *facts) []ref { return []ref{f.category.Key()} }}
	case "resolution":
		return thingProperty(name, func(f *facts) ref { return f.resolution }, catalog.resolutions)
	case "priority":
		return thingProperty(name, func(f *facts) ref { return f.priority }, catalog.priorities)
	case "assignee":
		return thingProperty(name, func(f *facts) ref { return f.assignee }, nil).resolvedBy((*compiler).user)
	case "labels":
		return &property{name: name, compile: compileThing, resolve: lowered, have: func(f *facts) []ref { return loweredAll(f.labels) }}
	case "fixversion":
		return &property{name: "fixVersion", compile: compileThing, resolve: named(catalog.versions), have: func(f *facts) []ref { return f.fix }}
	case "component":
		return &property{name: name, compile: compileThing, resolve: named(catalog.components), have: func(f *facts) []ref { return f.components }}
	case "summary":
		return &property{name: name, compile: compileText}
	case "created", "createddate":
		return dateProperty(name, func(f *facts) int64 { return f.created })
	case "updated", "updateddate":
		return dateProperty(name, func(f *facts) int64 { return f.updated })
	case "resolved", "resolutiondate":
		return dateProperty(name, func(f *facts) int64 { return f.resolved })
	case "due", "duedate":
		return &property{name: name, compile: compileDate, instant: func(c *compiler, f *facts) int64 {
			if f.due.IsZero() {
				return 0
			}
			return f.due.Start(c.v.zone).UnixMilli()
		}}
	}
	return nil
}

// thingProperty is a field that holds one thing of the shelf, or none.
func thingProperty(name string, get func(*facts) ref, s shelf) *property {
	return &property{name: name, compile: compileThing, resolve: named(s), have: func(f *facts) []ref {
		if r := get(f); r != "" {
			return []ref{r}
		}
		return nil
	}}
}

func dateProperty(name string, get func(*facts) int64) *property {
	return &property{name: name, compile: compileDate, instant: func(_ *compiler, f *facts) int64 { return get(f) }}
}

func (p *property) resolvedBy(resolve func(*compiler, string) ([]ref, bool)) *property {
	p.resolve = resolve
	return p
}

func (c *compiler) mistake(message string) test {
	if !slices.Contains(c.mistakes, message) {
		c.mistakes = append(c.mistakes, message)
	}
	return nothing
}

// compile turns the node into a test. A negation is pushed down to the
// operators, as Jira does.
func (c *compiler) compile(n node, negated bool) test {
	switch n := n.(type) {
	case andNode:
		return c.join(n, negated, negated)
	case orNode:
		return c.join(n, negated, !negated)
	case notNode:
		return c.compile(n.of, !negated)
	case clause:
		if negated {
			n.op = negation(n.op)
		}
		p := c.property(n.field)
		if p == nil {
			return c.mistake("Field '" + n.field + "' does not exist or you do not have permission to view it.")
		}
		return p.compile(c, p, n)
	}
	return func(*facts) bool { return true } // no condition
}

// join compiles the nodes; one of them is to hold, or all.
func (c *compiler) join(nodes []node, negated, any bool) test {
	tests := make([]test, len(nodes))
	for k, n := range nodes {
		tests[k] = c.compile(n, negated)
	}
	return func(f *facts) bool {
		for _, holds := range tests {
			if holds(f) == any {
				return any
			}
		}
		return !any
	}
}

func negation(op string) string {
	pairs := []string{"=", "!=", "~", "!~", "<", ">=", ">", "<=", "in", "not in", "is", "is not"}
	n := slices.Index(pairs, op)
	return pairs[n^1]
}

// negative reports whether the operator asks for what is not so.
func negative(op string) bool { return op == "!=" || op == "!~" || op == "not in" || op == "is not" }

// values returns the operand's single values, or says why the operator can't
// be used with it.
func (c *compiler) values(p *property, cl clause) ([]operand, bool) {
	list := cl.operand.list != nil
	switch cl.op {
	case "in", "not in":
		if !list && !cl.operand.function {
			c.mistake("Operator '" + cl.op + "' does not support the non-list value '" + cl.operand.word() + "' for field '" + p.name + "'.")
			return nil, false
		}
	case "is", "is not":
		if list || !cl.operand.empty {
			c.mistake("The operator '" + cl.op + "' only supports 'EMPTY' or 'NULL' as an operand.")
			return nil, false
		}
	default:
		if list {
			c.mistake("Operator '" + cl.op + "' does not support list values for field '" + p.name + "'.")
			return nil, false
		}
		if cl.operand.empty && (cl.op[0] == '<' || cl.op[0] == '>') {
			c.mistake("The operator '" + cl.op + "' does not support searching for 'EMPTY' on field '" + p.name + "'.")
			return nil, false
		}
	}
	if list {
		return cl.operand.list, true
	}
	return []operand{cl.operand}, true
}

func (o operand) word() string {
	if o.empty {
		return "EMPTY"
	}
	return o.text
}

func (c *compiler) unsupported(p *property, op string) test {
	return c.mistake("The operator '" + op + "' is not supported by the '" + p.name + "' field.")
}

func (c *compiler) unknownFunction(o operand) test {
	return c.mistake("Unable to find JQL function '" + o.text + "(" + strings.Join(o.args, ", ") + ")'.")
}

func (c *compiler) unknownValue(p *property, text string) test {
	return c.mistake("The value '" + text + "' does not exist for the field '" + p.name + "'.")
}

// compileThing compiles fields that hold one or several named things.
func compileThing(c *compiler, p *property, cl clause) test {
	if cl.op[0] == '<' || cl.op[0] == '>' || cl.op == "~" || cl.op == "!~" {
		return c.unsupported(p, cl.op)
	}
	values, ok := c.values(p, cl)
	if !ok {
		return nothing
	}
	wanted := map[ref]bool{}
	empty := false
	for _, o := range values {
		switch {
		case o.function:
			c.unknownFunction(o)
		case o.empty, p.name == "resolution" && !o.quoted && strings.EqualFold(o.text, "unresolved"):
			empty = true
		default:
			refs, known := p.resolve(c, o.text)
			if !known {
				c.unknownValue(p, o.text)
			}
			for _, r := range refs {
				wanted[r] = true
			}
		}
	}
	have := p.have
	if negative(cl.op) {
		// An empty field is not "unequal" to anything, except to EMPTY.
		return func(f *facts) bool {
			refs := have(f)
			return len(refs) > 0 && !slices.ContainsFunc(refs, func(r ref) bool { return wanted[r] })
		}
	}
	return func(f *facts) bool {
		refs := have(f)
		return empty && len(refs) == 0 || slices.ContainsFunc(refs, func(r ref) bool { return wanted[r] })
	}
}

func named(s shelf) func(*compiler, string) ([]ref, bool) {
	return func(_ *compiler, text string) ([]ref, bool) {
		refs := s.named(text)
		return refs, len(refs) > 0
	}
}

func (c *compiler) projects(text string) ([]ref, bool) {
	if c.blind {
		return nil, false
	}
	for _, p := range c.v.w.catalog.projects {
		if p.key == c.without || standsAt(p.turns, c.at).stands > archived {
			continue
		}
		if strings.EqualFold(p.key, text) || strings.EqualFold(p.name, text) || p.id == text && text != "" {
			return []ref{p.key}, true
		}
	}
	return nil, false
}

func (c *compiler) user(text string) ([]ref, bool) {
	if c.v.cloud != nil {
		text = c.v.cloud.accounts[text]
	}
	raw := c.v.w.catalog.users[text]
	if raw == nil {
		return nil, false
	}
	return []ref{userOf(raw)}, true
}

func categories(_ *compiler, text string) ([]ref, bool) {
	for _, k := range []struct {
		category flow.Category
		id, name string
	}{{flow.Unknown, "1", "No Category"}, {flow.ToDo, "2", "To Do"}, {flow.Done, "3", "Done"}, {flow.InProgress, "4", "In Progress"}} {
		if strings.EqualFold(text, k.category.Key()) || strings.EqualFold(text, k.name) || text == k.id {
			return []ref{k.category.Key()}, true
		}
	}
	return nil, false
}

// lowered takes any text: a label that nobody uses is no mistake.
func lowered(_ *compiler, text string) ([]ref, bool) { return []ref{strings.ToLower(text)}, true }

func loweredAll(labels []string) []ref {
	all := make([]ref, len(labels))
	for n, l := range labels {
		all[n] = strings.ToLower(l)
	}
	return all
}

// compileText compiles the summary: all words of the text are in it.
func compileText(c *compiler, p *property, cl clause) test {
	switch cl.op {
	case "~", "!~", "is", "is not":
	default:
		return c.unsupported(p, cl.op)
	}
	if _, ok := c.values(p, cl); !ok {
		return nothing
	}
	if cl.operand.function {
		return c.unknownFunction(cl.operand)
	}
	if cl.operand.empty {
		not := negative(cl.op)
		return func(f *facts) bool { return (f.summary == "") != not }
	}
	words := strings.Fields(strings.ToLower(strings.NewReplacer(`"`, " ", "*", " ").Replace(cl.operand.text)))
	if len(words) == 0 {
		return c.mistake("The field '" + p.name + "' does not support searching for an empty string.")
	}
	not := cl.op == "!~"
	return func(f *facts) bool {
		summary := strings.ToLower(f.summary)
		all := !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(summary, word) })
		return all != not
	}
}
