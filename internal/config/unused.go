package config

import (
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// notYetUsed lists what the files may say and this version does not act on,
// by path without indexes. Whoever makes one of them work removes its line
// here. A value of the map is the one setting that does have effect; with ""
// none has.
func notYetUsed() map[string]string {
	return map[string]string{
		"sites.webhook_secret_file": "",
	}
}

// unusedIn returns the decoder's test for values that have no effect. An empty
// text, list or mapping sets nothing, and is not warned of.
func unusedIn(table map[string]string) func(node) bool {
	return func(n node) bool {
		effective, listed := table[normal(n.path)]
		if !listed {
			return false
		}
		switch v := n.Node.(type) {
		case *ast.MappingNode:
			return len(v.Values) > 0
		case *ast.SequenceNode:
			return len(v.Values) > 0
		case *ast.LiteralNode:
			return strings.TrimSpace(v.Value.Value) != effective
		}
		return !slices.Contains([]string{"", effective}, n.GetToken().Value)
	}
}
