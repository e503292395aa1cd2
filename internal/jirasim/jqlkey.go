package jirasim

import "strings"

// compileKey compiles the issue's own key or id, which are one field to Jira.
func compileKey(c *compiler, p *property, cl clause) test {
	if cl.op == "~" || cl.op == "!~" {
		return c.unsupported(p, cl.op)
	}
	values, ok := c.values(p, cl)
	if !ok {
		return nothing
	}
	if cl.op[0] == '<' || cl.op[0] == '>' {
		return c.compareKey(p, cl.op, values[0])
	}
	ids := map[uint64]bool{}
	for _, o := range values {
		switch {
		case o.function:
			c.unknownFunction(o)
		case o.empty: // no issue is without a key
		default:
			if i := c.issue(p, o.text); i != nil {
				ids[i.id] = true
			}
		}
	}
	not := negative(cl.op)
	return func(f *facts) bool { return ids[f.id] != not }
}

// compareKey compares the numbers of keys; issues of other projects are
// neither smaller nor greater. An id stands for its issue's key.
func (c *compiler) compareKey(p *property, op string, o operand) test {
	if o.function {
		return c.unknownFunction(o)
	}
	text := strings.ToUpper(o.text)
	if _, isID := parseID(text); isID {
		i := c.issue(p, text)
		if i == nil {
			return nothing
		}
		text = c.v.state(i, c.at).facts.key
	}
	project, number, ok := splitKey(text)
	if !ok {
		c.issue(p, text) // says what is wrong
		return nothing
	}
	if _, known := c.projects(project); !known {
		return c.mistake("An issue with key '" + text + "' does not exist for field '" + p.name + "'.")
	}
	return func(f *facts) bool {
		return f.project == project && compares(op, int64(f.number), int64(number))
	}
}

func compares(op string, a, b int64) bool {
	switch op {
	case "<":
		return a < b
	case "<=":
		return a <= b
	case ">":
		return a > b
	case ">=":
		return a >= b
	case "=", "in":
		return a == b
	}
	return a != b
}

// issue returns the issue that the text names by key or id, or says that
// there is none.
func (c *compiler) issue(p *property, text string) *issue {
	if !c.blind {
		if i := c.v.w.find(text, c.at); i != nil && (c.without == "" || c.v.w.projectOf(i, c.at) != c.without) {
			return i
		}
	}
	_, isID := parseID(text)
	_, _, isKey := splitKey(strings.ToUpper(text))
	switch {
	case isID:
		c.mistake("A value with ID '" + text + "' does not exist for the field '" + p.name + "'.")
	case isKey:
		c.mistake("An issue with key '" + text + "' does not exist for field '" + p.name + "'.")
	default:
		c.mistake("The issue key '" + text + "' for field '" + p.name + "' is invalid.")
	}
	return nil
}

// compileReference compiles fields that hold another issue: parent and Epic
// Link.
func compileReference(c *compiler, p *property, cl clause) test {
	if cl.op[0] == '<' || cl.op[0] == '>' || cl.op == "~" || cl.op == "!~" {
		return c.unsupported(p, cl.op)
	}
	values, ok := c.values(p, cl)
	if !ok {
		return nothing
	}
	wanted := map[uint64]bool{}
	empty := false
	for _, o := range values {
		switch {
		case o.function:
			c.unknownFunction(o)
		case o.empty:
			empty = true
		default:
			if i := c.issue(p, o.text); i != nil {
				wanted[i.id] = true
			}
		}
	}
	not := negative(cl.op)
	get, w := p.issue, c.v.w
	return func(f *facts) bool {
		r := get(f)
		if r.empty() {
			return empty && !not
		}
		id := r.id
		if i := w.keyed(r.key); id == 0 && i != nil {
			id = i.id
		}
		return wanted[id] != not
	}
}
