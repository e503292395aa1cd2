package config

import (
	"errors"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"plumbline/internal/measure"
)

// conditions sees to it that the goal's stop criteria can be read. They may
// speak of the goal's outcomes, wherever in the file these stand.
func (d *decoder) conditions(g *declared, list node) {
	items, ok := list.Node.(*ast.SequenceNode)
	if !ok || len(items.Values) > maxStops {
		return // that has been told
	}
	ids := make([]string, len(g.Outcomes))
	for k := range g.Outcomes {
		ids[k] = g.Outcomes[k].ID
	}
	names := measure.ExprNames(ids...)
	for k := range items.Values {
		d.condition(names, itemOf(list, k))
	}
}

func (d *decoder) condition(names measure.NameSet, item node) {
	var when node
	quiet := *d // what is wrong with the item's shape has been told
	quiet.entries(item, func(key string, _, value node) {
		if key == "when" {
			when = value
		}
	})
	text, ok := when.Node.(*ast.StringNode)
	if !ok || strings.TrimSpace(text.Value) == "" {
		return
	}
	src := strings.TrimSpace(text.Value)
	_, err := measure.ParseExpr(src, names)
	var at *measure.ExprError
	if errors.As(err, &at) {
		d.faultAt(d.within(text, src, at.Column), when.path, at.What, at.Mend)
	}
}

// within returns the place of a column of a text: in the text itself where it
// stands in the file as it is, else where the text begins.
func (d *decoder) within(n *ast.StringNode, text string, column int) *token.Position {
	begin := position(n)
	if begin.Line > len(d.lines) {
		return begin
	}
	line := []rune(d.lines[begin.Line-1])
	from := min(max(begin.Column-1, 0), len(line))
	offset := strings.Index(string(line[from:]), text)
	if offset < 0 || offset > 8 { // escaped, folded, or another text further on
		return begin
	}
	before := len([]rune(string(line[from:])[:offset]))
	return &token.Position{Line: begin.Line, Column: from + before + column}
}
