package export

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Label is a name and a value that a series has.
type Label struct{ Name, Value string }

var labelName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)

// ParseLabel reads a label of the form name=value. A name that a metric of
// ours uses for something else, or that Prometheus keeps for itself, is
// refused.
func ParseLabel(s string) (Label, error) {
	name, value, ok := strings.Cut(s, "=")
	switch {
	case !ok:
		return Label{}, fmt.Errorf("%q is no label: write it like job=plumbline", shorten(s))
	case !labelName.MatchString(name) || strings.HasPrefix(name, "__"):
		return Label{}, fmt.Errorf("%q is no name for a label: it takes letters, digits and _, and doesn't begin with a digit or __", shorten(name))
	case value == "" || !utf8.ValidString(value):
		return Label{}, fmt.Errorf("the label %s needs a value", shorten(name))
	}
	for _, f := range families(time.UTC) {
		if slices.Contains(f.labels, name) {
			return Label{}, fmt.Errorf("the label %s is one that %s has already", name, f.name)
		}
	}
	return Label{name, value}, nil
}

// ParseLabels reads labels of the form name=value, none of them twice.
func ParseLabels(all []string) ([]Label, error) {
	var out []Label
	for _, s := range all {
		l, err := ParseLabel(s)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(out, func(o Label) bool { return o.Name == l.Name }) {
			return nil, fmt.Errorf("the label %s is given twice", l.Name)
		}
		out = append(out, l)
	}
	return out, nil
}

// sorted puts labels in the order of their names.
func sorted(labels []Label) []Label {
	slices.SortFunc(labels, func(a, b Label) int { return strings.Compare(a.Name, b.Name) })
	return labels
}
