package config

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// MaxFileBytes is the size up to which a file is read: 1 MiB.
const MaxFileBytes = 1 << 20

// The shape of a file is bounded before it is parsed, because the parser
// recurses: once for each level, and once for each key of a block mapping.
const (
	maxTokens = 250_000
	maxDepth  = 32
	maxKeys   = 1_000 // of one mapping
)

// parse returns the top of the one YAML document that a file holds. It is nil
// where the file cannot be taken; then d has been told why.
func (d *decoder) parse(src []byte) ast.Node {
	if !d.acceptBytes(src) {
		return nil
	}
	text := lineBreaks().Replace(string(bytes.TrimPrefix(src, []byte("\ufeff"))))
	d.lines = quotable(text)
	root, err := d.parseYAML(text)
	if err == nil {
		if root == nil && len(d.errs) == 0 {
			d.fileFault("is empty", "give it at least one key, or remove it")
		}
		return root
	}
	var at interface {
		GetToken() *token.Token
		GetMessage() string
	}
	if errors.As(err, &at) && at.GetToken() != nil && at.GetToken().Position != nil {
		what, _, _ := strings.Cut(at.GetMessage(), `: "`) // behind it stands a value, which may be a secret
		d.faultAt(at.GetToken().Position, "", "is no YAML: "+printable(strings.ReplaceAll(what, "\t", `\t`)), "check indentation, quotes and brackets from here upwards")
	} else {
		d.fileFault("is no YAML that can be read", "check indentation, quotes and brackets")
	}
	return nil
}

// lineBreaks makes one kind of line break of the three that YAML knows, so that
// lines are counted in one way.
func lineBreaks() *strings.Replacer { return strings.NewReplacer("\r\n", "\n", "\r", "\n") }

func (d *decoder) acceptBytes(src []byte) bool {
	switch {
	case len(src) > MaxFileBytes:
		d.fileFault("is larger than 1 MiB", "split it into several files")
	case !utf8.Valid(src):
		d.faultAt(firstForeign(src), "", "is not UTF-8 text", "save it as UTF-8")
	case bytes.IndexByte(src, 0) >= 0:
		d.fileFault("holds a zero byte", "it is no text file; name a YAML file")
	case len(bytes.TrimSpace(src)) == 0:
		d.fileFault("is empty", "give it at least one key, or remove it")
	default:
		return true
	}
	return false
}

// firstForeign is where the text stops being UTF-8.
func firstForeign(src []byte) *token.Position {
	valid := 0
	for valid < len(src) {
		r, n := utf8.DecodeRune(src[valid:])
		if r == utf8.RuneError && n <= 1 {
			break
		}
		valid += n
	}
	before := lineBreaks().Replace(strings.TrimPrefix(string(src[:valid]), "\ufeff"))
	last := before[strings.LastIndexByte(before, '\n')+1:]
	return &token.Position{Line: strings.Count(before, "\n") + 1, Column: utf8.RuneCountInString(last) + 1}
}

// parseYAML returns the top node; nil without an error where the document is
// empty or uses a part of YAML that is not taken.
func (d *decoder) parseYAML(src string) (root ast.Node, err error) {
	// A foreign parser on foreign bytes: should it panic, one file is bad,
	// and the service lives.
	defer func() {
		if r := recover(); r != nil {
			root, err = nil, fmt.Errorf("the YAML parser gave up")
		}
	}()
	tokens := lexer.Tokenize(src)
	if !d.acceptTokens(tokens) {
		return nil, nil
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, err
	}
	for _, doc := range file.Docs {
		if doc.Body != nil {
			return doc.Body, nil
		}
	}
	return nil, nil
}

// acceptTokens refuses the parts of YAML that are not taken, and shapes that
// the parser should not be given. What is left is mappings, lists and scalars
// in a single document.
func (d *decoder) acceptTokens(tokens token.Tokens) bool {
	before := len(d.errs)
	if len(tokens) > maxTokens {
		d.fileFault(fmt.Sprintf("holds more than %d words and signs", maxTokens), "split it into several files")
		return false
	}
	var s shape
	seen := false // anything but comments and the opening ---
	var previous *token.Token
	for _, t := range tokens {
		if t.Type == token.CommentType {
			continue
		}
		if what, mend := refused(t, seen); what != "" {
			d.faultAt(t.Position, "", what, mend)
		}
		if what := s.add(previous, t); what != "" {
			d.faultAt(t.Position, "", what, "check indentation and brackets, or split the file")
			return false
		}
		seen, previous = true, t
	}
	return len(d.errs) == before
}

// refused says what of YAML is not taken, and what to write instead.
func refused(t *token.Token, seen bool) (what, mend string) {
	switch t.Type {
	case token.AnchorType, token.AliasType:
		return "anchors and aliases are not taken", "write the value out; text that begins with & or * needs quotes"
	case token.MergeKeyType:
		return "merge keys are not taken", "write the keys out"
	case token.TagType:
		return "tags are not taken", "remove it; text that begins with ! needs quotes"
	case token.DirectiveType:
		return "directives are not taken", "remove the line; text that begins with % needs quotes"
	case token.MappingKeyType:
		return "keys that begin with ? are not taken", "write key: value"
	case token.DocumentHeaderType:
		if seen {
			return "a second document is not taken", "put it into a file of its own"
		}
	case token.DocumentEndType:
		return "the end mark ... is not taken", "remove the line"
	}
	return "", ""
}

// shape follows how deep and how wide a document is, token by token.
type shape struct {
	blocks []block
	// flow holds, for each bracket that is open, the values since the last
	// comma: the parser would recurse on a second one.
	flow []int
}

type block struct{ column, keys int }

// add takes the next token and says what is wrong with the shape so far.
func (s *shape) add(previous, t *token.Token) string {
	switch t.Type {
	case token.MappingStartType, token.SequenceStartType:
		s.flow = append(s.flow, 0)
	case token.MappingEndType, token.SequenceEndType:
		s.flow = s.flow[:max(len(s.flow)-1, 0)]
	case token.CollectEntryType:
		if n := len(s.flow); n > 0 {
			s.flow[n-1] = 0
		}
	case token.SequenceEntryType:
		s.enter(t.Position.Column).keys = 0
	case token.MappingValueType:
		if n := len(s.flow); n > 0 {
			if s.flow[n-1]++; s.flow[n-1] > 1 {
				return "a comma is missing"
			}
			return ""
		}
		column := t.Position.Column
		if previous != nil && previous.Position.Line == t.Position.Line {
			column = previous.Position.Column
		}
		b := s.enter(column)
		if b.keys++; b.keys > maxKeys {
			return fmt.Sprintf("a mapping holds more than %d keys", maxKeys)
		}
	}
	if len(s.blocks)+len(s.flow) > maxDepth {
		return fmt.Sprintf("is nested more than %d deep", maxDepth)
	}
	return ""
}

// enter returns the block that begins in the column: an open one, or a new one
// within those that begin further left.
func (s *shape) enter(column int) *block {
	for len(s.blocks) > 0 && s.blocks[len(s.blocks)-1].column > column {
		s.blocks = s.blocks[:len(s.blocks)-1]
	}
	if n := len(s.blocks); n == 0 || s.blocks[n-1].column < column {
		s.blocks = append(s.blocks, block{column: column})
	}
	return &s.blocks[len(s.blocks)-1]
}

var (
	// secretKey is a key under which people write secrets themselves, and
	// not the name of a file or a variable.
	secretKey = regexp.MustCompile(`(?i)(^|[_-])(token|password|passwd|pass|pat|secret|credentials?|bearer|api_?key|pseudonym_?key)$`)
	// secretLine is a line of any file, well-formed or not, with such a key,
	// or with an address that has a password in it.
	secretLine = regexp.MustCompile(`(?im)(^|[\s{,"'_-])(token|password|passwd|pass|pat|secret|credentials?|bearer|api_?key|pseudonym_?key)["']?\s*[:=]|://[^/\s]*@`)
	// secretWord is a run of characters that looks like a token.
	secretWord = regexp.MustCompile(`[A-Za-z0-9+=_]{32,}`)
)

// quotable returns the lines of a file as they may be shown. A file with
// anything that looks like a secret written into it is not shown at all: where
// a value of several lines ends cannot be told of a file that is broken.
func quotable(src string) []string {
	if secretLine.MatchString(src) {
		return nil
	}
	lines := strings.Split(src, "\n")
	for i, line := range lines {
		if secretWord.MatchString(line) || utf8.RuneCountInString(line) > 200 {
			lines[i] = ""
			continue
		}
		lines[i] = strings.TrimRight(printable(line), " ")
	}
	return lines
}

// hide sees to it that none of a value's lines is quoted, in findings made
// already or still to come.
func (d *decoder) hide(n node) {
	first, last := position(n.Node).Line, lastLine(n.Node)
	for i := first; i <= min(last, len(d.lines)); i++ {
		d.lines[i-1] = ""
	}
	for i := range d.errs {
		if e := &d.errs[i]; first <= e.Line && e.Line <= last {
			e.source = ""
		}
	}
	for i := range d.warns {
		if w := &d.warns[i]; first <= w.Line && w.Line <= last {
			w.source = ""
		}
	}
}

// lastLine returns the last line that a value reaches.
func lastLine(n ast.Node) int {
	line := position(n).Line
	switch v := n.(type) {
	case *ast.MappingNode:
		for _, e := range v.Values {
			line = max(line, lastLine(e))
		}
	case *ast.MappingValueNode:
		if v.Value != nil {
			line = max(line, lastLine(v.Value))
		}
	case *ast.SequenceNode:
		for _, e := range v.Values {
			line = max(line, lastLine(e))
		}
	case *ast.LiteralNode:
		line += strings.Count(v.Value.GetToken().Origin, "\n") + 1
	case *ast.StringNode:
		line += strings.Count(v.GetToken().Origin, "\n") + 1
	}
	return line
}
