package config

import (
	"fmt"

	"github.com/goccy/go-yaml/ast"
)

// Place is where something stands in a file.
type Place struct {
	File         string
	Line, Column int // from 1; 0 for the file as a whole
}

// String returns file:line:col.
func (p Place) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Places are the places of values by their paths within a goal, such as
// work.epics[0], or within the service's file. The empty path is the whole's.
type Places map[string]Place

// At returns the place of the first of the paths that stands in the file; the
// whole's where none does.
func (p Places) At(paths ...string) Place {
	for _, path := range paths {
		if at, ok := p[path]; ok {
			return at
		}
	}
	return p[""]
}

// locate notes the places of a value and of all that it holds.
func (d *decoder) locate(into Places, path string, n ast.Node) {
	if n == nil {
		return
	}
	at := position(n)
	into[path] = Place{d.file, max(at.Line, 1), max(at.Column, 1)}
	switch v := n.(type) {
	case *ast.MappingNode:
		for _, e := range v.Values {
			d.locateEntry(into, path, e)
		}
	case *ast.MappingValueNode:
		d.locateEntry(into, path, v)
	case *ast.SequenceNode:
		for i, item := range v.Values {
			d.locate(into, fmt.Sprintf("%s[%d]", path, i), item)
		}
	}
}

func (d *decoder) locateEntry(into Places, path string, e *ast.MappingValueNode) {
	if key, ok := keyText(e.Key); ok {
		d.locate(into, join(path, key), e.Value)
	}
}
