package config

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// decoder reads one file and collects what is wrong with it. Its readers
// never stop at a fault: they note it and go on, so that all are told at once.
type decoder struct {
	file  string
	lines []string // as they may be shown; nil for none
	errs  Errors
	warns []Warning
	// unused tells whether the value at a path is taken but has no effect in
	// this version.
	unused func(n node) bool
	// mayBeNull tells whether the key at a path may stand without a value,
	// which means that it isn't there.
	mayBeNull func(path string) bool
	// describing is set while there is no file, and the readers note what
	// they would take. Nothing is a fault then.
	describing bool
}

// node is a value with its path from the top of the file.
type node struct {
	ast.Node
	path string
	// wants is where a reader notes what it takes, while describing.
	wants *schema
}

// fault is what is wrong with a value, and the mend.
type fault struct{ what, mend string }

// reader takes the value of a key.
type reader func(node)

// keys are the keys that a mapping may have.
type keys map[string]reader

func (d *decoder) fault(n node, what, mend string) {
	d.faultAt(position(n.Node), n.path, what, mend)
}

// refuses returns a reader of a key that is known and not taken.
func (d *decoder) refuses(what, mend string) reader {
	return func(n node) {
		if d.describing {
			n.wants.refused = true
		}
		d.fault(n, what, mend)
	}
}

func (d *decoder) faultAt(p *token.Position, path, what, mend string) {
	if !d.describing {
		d.errs = append(d.errs, d.finding(p, path, what, mend))
	}
}

func (d *decoder) fileFault(what, mend string) {
	d.errs = append(d.errs, Error{File: d.file, What: what, Mend: mend})
}

func (d *decoder) warn(n node, what, mend string) {
	if !d.describing {
		d.warns = append(d.warns, Warning(d.finding(position(n.Node), n.path, what, mend)))
	}
}

func (d *decoder) finding(p *token.Position, path, what, mend string) Error {
	e := Error{File: d.file, Line: max(p.Line, 1), Column: max(p.Column, 1), Path: path, What: what, Mend: mend}
	if e.Line <= len(d.lines) {
		e.source = d.lines[e.Line-1]
	}
	return e
}

// position returns where a value begins: that of a mapping is its first key,
// not the colon that the parser names.
func position(n ast.Node) *token.Position {
	switch v := n.(type) {
	case *ast.MappingNode:
		if !v.IsFlowStyle && len(v.Values) > 0 {
			return position(v.Values[0].Key)
		}
	case *ast.MappingValueNode:
		return position(v.Key)
	case *ast.LiteralNode:
		return v.Start.Position
	}
	if n != nil {
		if t := n.GetToken(); t != nil && t.Position != nil {
			return t.Position
		}
	}
	return &token.Position{Line: 1, Column: 1}
}

// kind names what a value is, for messages. It never quotes it.
func kind(n ast.Node) string {
	switch n.(type) {
	case nil, *ast.NullNode:
		return "nothing"
	case *ast.StringNode, *ast.LiteralNode:
		return "text"
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return "a number"
	case *ast.BoolNode:
		return "true or false"
	case *ast.SequenceNode:
		return "a list"
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a mapping"
	}
	return "something else"
}

func isNull(n ast.Node) bool {
	_, null := n.(*ast.NullNode)
	return n == nil || null
}

// mapping reads a mapping with the keys that are known, and returns the values
// that it has.
func (d *decoder) mapping(n node, known keys) map[string]node {
	if d.describing {
		d.object(n, known)
		return nil
	}
	return d.entries(n, func(key string, at, value node) {
		read, ok := known[key]
		switch {
		case !ok && secretKey.MatchString(key):
			d.fault(at, "a secret is not taken inline", "put it into a file and name that with token_file, password_file or pat_file, or into the environment and name the variable with token_env, password_env or pat_env; then change the secret, because it stood here")
		case !ok:
			d.unknown(at, key, known)
		case isNull(value.Node):
			if d.mayBeNull == nil || !d.mayBeNull(at.path) {
				d.fault(at, "has no value", "give it one, or leave the key out")
			}
		default:
			if d.unused != nil && d.unused(value) {
				d.warn(at, "is taken but not used by this version", "leave it, or remove it until it is")
			}
			read(value)
		}
	})
}

// plainKey is a key that may be repeated in a message: a secret in the place
// of a key is longer or has other characters.
var plainKey = regexp.MustCompile(`^[\pL][\pL0-9 _.-]{0,31}$`)

func (d *decoder) unknown(at node, key string, known keys) {
	what := "unknown key"
	if plainKey.MatchString(key) {
		what = fmt.Sprintf("unknown key %q", key)
	}
	d.fault(at, what, suggestion(key, sortedKeys(known)))
}

// entries reads a mapping with any keys. Each is handed over with its place
// and its value; a key that comes twice is a fault, and not handed over again.
func (d *decoder) entries(n node, each func(key string, at, value node)) map[string]node {
	var values []*ast.MappingValueNode
	switch m := n.Node.(type) {
	case *ast.MappingNode:
		values = m.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{m}
	default:
		d.fault(n, "wants a mapping, has "+kind(n.Node), "write key: value lines, or {key: value}")
		return nil
	}
	seen := make(map[string]node, len(values))
	for _, v := range values {
		key, ok := keyText(v.Key)
		at := node{Node: v.Key, path: join(n.path, key)}
		if !ok {
			d.fault(node{Node: v.Key, path: n.path}, "a key must be text", "put it in quotes")
			continue
		}
		if before, twice := seen[key]; twice {
			d.fault(at, "the key comes twice", fmt.Sprintf("it stands in line %d already; keep one", position(before.Node).Line))
			continue
		}
		value := node{Node: v.Value, path: at.path}
		seen[key] = value
		if v.Value == nil {
			seen[key] = at
		}
		each(key, at, value)
	}
	return seen
}

func keyText(k ast.MapKeyNode) (string, bool) {
	s, ok := k.(*ast.StringNode)
	if !ok {
		return "", false
	}
	return s.Value, true
}

// join returns the path of a key below a path. A key that is no plain word
// is left out: it may be anything.
func join(path, key string) string {
	if !plainKey.MatchString(key) || secretWord.MatchString(key) {
		return path
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

// require notes a fault for each key that is missing.
func (d *decoder) require(n node, seen map[string]node, names map[string]string) {
	if d.describing {
		n.wants.require(names)
	}
	if seen == nil {
		return // it is no mapping, and that has been said
	}
	for _, name := range sortedKeys(names) {
		if _, ok := seen[name]; !ok {
			d.fault(n, fmt.Sprintf("%s is missing", name), "add "+names[name])
		}
	}
}

// list returns a reader that hands over each item of a list, of which there
// may be at most the given number.
func (d *decoder) list(most int, each func(i int, item node)) reader {
	return func(n node) {
		if d.describing {
			n.wants.array(most, func(wants *schema) { each(0, node{path: n.path, wants: wants}) })
			return
		}
		s, ok := n.Node.(*ast.SequenceNode)
		if !ok {
			d.fault(n, "wants a list, has "+kind(n.Node), "write [a, b], or one line with a dash for each")
			return
		}
		if len(s.Values) > most {
			d.fault(n, fmt.Sprintf("has %d items, and may have at most %d", len(s.Values), most), "remove some")
			return
		}
		for i, v := range s.Values {
			item := node{Node: v, path: fmt.Sprintf("%s[%d]", n.path, i)}
			if isNull(v) {
				item.Node = n.Node
				d.fault(item, "has no value", "give it one, or remove the dash or comma")
				continue
			}
			each(i, item)
		}
	}
}

// nested returns a reader that hands the value to a function.
func nested[T any](dst *T, read func(node) T) reader {
	return func(n node) { *dst = read(n) }
}

// normal returns the path without the indexes of lists, as tables of paths
// write it: sites[0].name becomes sites.name.
func normal(path string) string {
	var b strings.Builder
	skip := false
	for _, r := range path {
		switch r {
		case '[':
			skip = true
		case ']':
			skip = false
		default:
			if !skip {
				b.WriteRune(r)
			}
		}
	}
	return b.String()
}
