package jirasim

import (
	"strings"
)

// query is a parsed JQL query.
type query struct {
	where node // nil: everything
	order []sorting
}

type sorting struct {
	field string
	desc  bool
}

// node is a condition of a query.
type node interface{ isNode() }

type (
	andNode []node
	orNode  []node
	notNode struct{ of node }
	clause  struct {
		field   string
		op      string // = != ~ !~ < <= > >= in, not in, is, is not
		operand operand
	}
)

func (andNode) isNode() {}
func (orNode) isNode()  {}
func (notNode) isNode() {}
func (clause) isNode()  {}

// operand is what a field is compared with: a value, EMPTY, a list, or a
// function.
type operand struct {
	text     string
	quoted   bool
	empty    bool
	list     []operand // not nil: a list
	function bool
	args     []string
}

const (
	maxNesting = 200
	maxSorting = 7
)

const validOperators = "The valid operators are '=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', 'NOT IN', 'IS' and 'IS NOT'."

// parseJQL parses a query. Errors are Jira's, of type jqlError.
func parseJQL(text string) (*query, error) {
	tokens, err := lex(text)
	if err != nil {
		return nil, err
	}
	p := &jqlParser{tokens: tokens}
	q := &query{}
	if p.peek().kind != tokenEnd && !p.isWord("order") {
		if q.where, err = p.or(); err != nil {
			return nil, err
		}
	}
	if p.takeWord("order") {
		if q.order, err = p.sorting(); err != nil {
			return nil, err
		}
	}
	if t := p.peek(); t.kind != tokenEnd {
		return nil, syntax("Expecting either 'OR' or 'AND' but got '%s'. %s", t.text, t.at())
	}
	return q, nil
}

type jqlParser struct {
	tokens []token
	next   int
	depth  int
}

func (p *jqlParser) peek() token { return p.tokens[p.next] }

func (p *jqlParser) take() token {
	t := p.tokens[p.next]
	if t.kind != tokenEnd {
		p.next++
	}
	return t
}

func (p *jqlParser) isWord(word string) bool {
	t := p.peek()
	return t.kind == tokenWord && strings.EqualFold(t.text, word)
}

func (p *jqlParser) takeWord(word string) bool {
	if p.isWord(word) {
		p.next++
		return true
	}
	return false
}

func (p *jqlParser) takePunct(text string) bool {
	if t := p.peek(); t.kind == tokenPunct && t.text == text {
		p.next++
		return true
	}
	return false
}

func (p *jqlParser) or() (node, error) {
	first, err := p.and()
	if err != nil {
		return nil, err
	}
	all := orNode{first}
	for p.peek().kind == tokenOr || p.isWord("or") {
		p.next++
		n, err := p.and()
		if err != nil {
			return nil, err
		}
		all = append(all, n)
	}
	if len(all) == 1 {
		return first, nil
	}
	return all, nil
}

func (p *jqlParser) and() (node, error) {
	first, err := p.not()
	if err != nil {
		return nil, err
	}
	all := andNode{first}
	for p.peek().kind == tokenAnd || p.isWord("and") {
		p.next++
		n, err := p.not()
		if err != nil {
			return nil, err
		}
		all = append(all, n)
	}
	if len(all) == 1 {
		return first, nil
	}
	return all, nil
}

func (p *jqlParser) not() (node, error) {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxNesting {
		return nil, syntax("The query is nested too deeply. %s", p.peek().at())
	}
	if p.peek().kind == tokenNot || p.isWord("not") {
		p.next++
		n, err := p.not()
		return notNode{n}, err
	}
	if p.takePunct("(") {
		n, err := p.or()
		if err != nil {
			return nil, err
		}
		return n, p.close()
	}
	return p.clause()
}

func (p *jqlParser) close() error {
	if p.takePunct(")") {
		return nil
	}
	if t := p.peek(); t.kind != tokenEnd {
		return syntax("Expecting ')' but got '%s'. %s", t.text, t.at())
	}
	return syntax("Expecting ')' before the end of the query.")
}

// field reads a field's name: a word, a quoted text, or cf[10008].
func (p *jqlParser) field() (string, error) {
	t := p.take()
	switch t.kind {
	case tokenEnd:
		return "", syntax("Expecting a field name before the end of the query.")
	case tokenQuoted:
		return t.text, nil
	case tokenWord:
		if strings.EqualFold(t.text, "cf") && p.takePunct("[") {
			number := p.take()
			if _, ok := parseID(number.text); !ok || number.kind != tokenWord || !p.takePunct("]") {
				return "", syntax("Expecting a custom field's id but got '%s'. %s", number.text, number.at())
			}
			return "cf[" + number.text + "]", nil
		}
		if isReservedWord(t.text) {
			return "", syntax("'%s' is a reserved JQL word. You must surround it in quotation marks to use it in a query. %s", t.text, t.at())
		}
		return t.text, nil
	}
	return "", syntax("Expecting a field name but got '%s'. You must surround '%s' in quotation marks to use it as a field name. %s", t.text, t.text, t.at())
}

func (p *jqlParser) clause() (node, error) {
	name, err := p.field()
	if err != nil {
		return nil, err
	}
	c := clause{field: name}
	if c.op, err = p.operator(); err != nil {
		return nil, err
	}
	if c.operand, err = p.operand(); err != nil {
		return nil, err
	}
	return c, nil
}

func (p *jqlParser) operator() (string, error) {
	t := p.take()
	switch {
	case t.kind == tokenOp:
		return t.text, nil
	case t.kind == tokenWord && strings.EqualFold(t.text, "in"):
		return "in", nil
	case t.kind == tokenWord && strings.EqualFold(t.text, "not") && p.takeWord("in"):
		return "not in", nil
	case t.kind == tokenWord && strings.EqualFold(t.text, "is"):
		if p.takeWord("not") {
			return "is not", nil
		}
		return "is", nil
	case t.kind == tokenWord && (strings.EqualFold(t.text, "was") || strings.EqualFold(t.text, "changed")):
		return "", syntax("The operator '%s' is not supported by this server. %s", strings.ToUpper(t.text), t.at())
	case t.kind == tokenEnd:
		return "", syntax("Expecting operator before the end of the query. %s", validOperators)
	}
	return "", syntax("Expecting operator but got '%s'. %s %s", t.text, validOperators, t.at())
}

func (p *jqlParser) operand() (operand, error) {
	if p.takePunct("(") {
		list := operand{list: []operand{}}
		for {
			if p.peek().kind == tokenPunct && p.peek().text == "(" {
				t := p.peek()
				return operand{}, syntax("Expecting either a value or function but got '%s'. You must surround '%s' in quotation marks to use it as a value. %s", t.text, t.text, t.at())
			}
			o, err := p.operand()
			if err != nil {
				return operand{}, err
			}
			list.list = append(list.list, o)
			if !p.takePunct(",") {
				return list, p.close()
			}
		}
	}
	t := p.take()
	switch {
	case t.kind == tokenEnd:
		return operand{}, syntax("Expecting either a value, list or function before the end of the query.")
	case t.kind == tokenQuoted:
		if p.takePunct("(") {
			return p.function(t)
		}
		return operand{text: t.text, quoted: true}, nil
	case t.kind != tokenWord:
		return operand{}, syntax("Expecting either a value, list or function but got '%s'. You must surround '%s' in quotation marks to use it as a value. %s", t.text, t.text, t.at())
	case strings.EqualFold(t.text, "empty") || strings.EqualFold(t.text, "null"):
		return operand{empty: true}, nil
	case p.takePunct("("):
		return p.function(t)
	case isReservedWord(t.text):
		return operand{}, syntax("'%s' is a reserved JQL word. You must surround it in quotation marks to use it in a query. %s", t.text, t.at())
	}
	return operand{text: t.text}, nil
}

func (p *jqlParser) function(name token) (operand, error) {
	o := operand{text: name.text, function: true}
	if p.takePunct(")") {
		return o, nil
	}
	for {
		t := p.take()
		if t.kind != tokenWord && t.kind != tokenQuoted {
			if t.kind == tokenEnd {
				return operand{}, syntax("Expecting a function argument or ')' before the end of the query.")
			}
			return operand{}, syntax("Expecting a function argument or ')' but got '%s'. %s", t.text, t.at())
		}
		o.args = append(o.args, t.text)
		if !p.takePunct(",") {
			return o, p.close()
		}
	}
}

func (p *jqlParser) sorting() ([]sorting, error) {
	if t := p.peek(); !p.takeWord("by") {
		if t.kind == tokenEnd {
			return nil, syntax("Expecting 'by' before the end of the query.")
		}
		return nil, syntax("Expecting 'by' but got '%s'. %s", t.text, t.at())
	}
	var all []sorting
	for {
		name, err := p.field()
		if err != nil {
			return nil, err
		}
		s := sorting{field: name}
		if p.takeWord("desc") {
			s.desc = true
		} else {
			p.takeWord("asc")
		}
		if all = append(all, s); len(all) > maxSorting {
			return nil, jqlError{"JQL can be ordered by at most 7 fields."}
		}
		if !p.takePunct(",") {
			return all, nil
		}
	}
}
