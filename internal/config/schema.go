package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// schema is a JSON Schema of draft 7, the one that editors know best.
//
// It is made by the very readers that read the files: they are run over no
// file at all, and each notes what it would have taken. So a key, a form or a
// bound cannot stand in the loader and be missing from the schema.
type schema struct {
	Schema      string `json:"$schema,omitempty"`
	Title       string `json:"title,omitempty"`
	Description string `json:"description,omitempty"`

	Type  any      `json:"type,omitempty"` // a name, or several
	Const any      `json:"const,omitempty"`
	Enum  []string `json:"enum,omitempty"`

	Pattern   string `json:"pattern,omitempty"`
	Format    string `json:"format,omitempty"`
	MaxLength int    `json:"maxLength,omitempty"`

	Minimum *float64 `json:"minimum,omitempty"`
	Above   *float64 `json:"exclusiveMinimum,omitempty"`
	Maximum *float64 `json:"maximum,omitempty"`

	Items    *schema `json:"items,omitempty"`
	MinItems int     `json:"minItems,omitempty"`
	MaxItems int     `json:"maxItems,omitempty"`
	Unique   bool    `json:"uniqueItems,omitempty"`

	Properties map[string]*schema `json:"properties,omitempty"`
	Patterned  map[string]*schema `json:"patternProperties,omitempty"`
	Additional *bool              `json:"additionalProperties,omitempty"`
	Required   []string           `json:"required,omitempty"`

	AnyOf []*schema `json:"anyOf,omitempty"`
	OneOf []*schema `json:"oneOf,omitempty"`
	Not   *schema   `json:"not,omitempty"`

	// FirstNeeds, where set, are the keys that the first item must have,
	// instead of those that Items requires of the others.
	FirstNeeds []string `json:"-"`

	Default  any      `json:"default,omitempty"`
	Examples []string `json:"examples,omitempty"`

	refused bool // the key is known so as to be refused
}

// ServiceSchema returns the JSON Schema of the service's configuration.
func ServiceSchema() ([]byte, error) {
	d := &decoder{describing: true}
	s := &schema{Title: "Plumbline: the service's configuration"}
	d.config(node{wants: s}, Default())
	return s.encode(withTraps(aboutService()))
}

// GoalsSchema returns the JSON Schema of a file of goals.
func GoalsSchema() ([]byte, error) {
	d := goalsDecoder("")
	d.describing = true
	s := &schema{Title: "Plumbline: goals"}
	d.goals(node{wants: s})
	return s.encode(aboutGoals())
}

// encode writes the schema with the words that go with each path.
func (s *schema) encode(words map[string]about) ([]byte, error) {
	s.Schema = "http://json-schema.org/draft-07/schema#"
	left := make(map[string]bool, len(words))
	for path := range words {
		left[path] = true
	}
	if missing := s.explain("", words, left); len(missing) > 0 {
		return nil, fmt.Errorf("describing the configuration: nothing is said of %s", strings.Join(missing, ", "))
	}
	if len(left) > 0 {
		return nil, fmt.Errorf("describing the configuration: there is no %s", strings.Join(sortedKeys(left), ", "))
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(s); err != nil {
		return nil, fmt.Errorf("describing the configuration: %w", err)
	}
	return b.Bytes(), nil
}

// about is what is said of a key to whoever writes it.
type about struct {
	text     string
	examples []string
}

// MarshalJSON writes a list whose first item needs less than the others in the
// way of draft 7: as a tuple of one, with additional items.
func (s *schema) MarshalJSON() ([]byte, error) {
	type plain schema
	var v any = (*plain)(s)
	if s.FirstNeeds != nil {
		first := *s.Items
		first.Required = s.FirstNeeds
		v = struct {
			*plain
			Items   []*schema `json:"items"`
			Further *schema   `json:"additionalItems"`
		}{(*plain)(s), []*schema{&first}, s.Items}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return b.Bytes(), err
}

// explain gives each key its words, takes it from those left, and returns the
// paths that nothing is said of.
func (s *schema) explain(path string, words map[string]about, left map[string]bool) (missing []string) {
	if path != "" {
		key := path
		if _, ok := words[key]; !ok {
			key = "*." + path[strings.LastIndex(path, ".")+1:]
		}
		a, ok := words[key]
		if !ok {
			missing = append(missing, path)
		}
		delete(left, key)
		s.Description, s.Examples = a.text, a.examples
	}
	below := s
	for below.Items != nil {
		below = below.Items
	}
	for _, name := range sortedKeys(below.Properties) {
		missing = append(missing, below.Properties[name].explain(strings.TrimPrefix(path+"."+name, "."), words, left)...)
	}
	return missing
}

// text makes the schema one of a text.
func (s *schema) text(form string) {
	s.Type = "string"
	if form != "" {
		s.Pattern = form
	}
}

// fallback notes the value that holds where a file says nothing. An empty one
// is none.
func fallback[T comparable](s *schema, v T) {
	var none T
	if v != none {
		s.Default = v
	}
}

// object makes the schema one of a mapping with the known keys, each of which
// is asked what it takes.
func (d *decoder) object(n node, known keys) {
	s, no := n.wants, false
	s.Type, s.Additional, s.Properties = "object", &no, make(map[string]*schema)
	for _, name := range sortedKeys(known) {
		value := node{path: join(n.path, name), wants: &schema{}}
		known[name](value)
		if value.wants.refused {
			continue
		}
		if d.mayBeNull != nil && d.mayBeNull(value.path) {
			value.wants.Type = []any{value.wants.Type, "null"}
		}
		s.Properties[name] = value.wants
	}
}

// open makes the schema one of a mapping with any keys of a form.
func (s *schema) open(form string, value *schema) {
	no := false
	s.Type, s.Additional, s.Patterned = "object", &no, map[string]*schema{form: value}
}

// array makes the schema one of a list.
func (s *schema) array(most int, item func(wants *schema)) {
	s.Type, s.MaxItems, s.Items = "array", most, &schema{}
	item(s.Items)
}

// needs returns the schema of a mapping that has all of the keys.
func needs(keys ...string) *schema { return &schema{Required: keys} }

// eachNeeds returns, for each key, the schema of a mapping that has it.
func eachNeeds(keys ...string) []*schema {
	out := make([]*schema, len(keys))
	for i, key := range keys {
		out[i] = needs(key)
	}
	return out
}

// with adds to a schema what a key of its mapping must be.
func (s *schema) with(key string, value *schema) *schema {
	if s.Properties == nil {
		s.Properties = make(map[string]*schema)
	}
	s.Properties[key] = value
	return s
}

// without adds to a schema that its mapping has none of the keys.
func (s *schema) without(keys ...string) *schema {
	s.Not = &schema{AnyOf: eachNeeds(keys...)}
	return s
}

// require notes the keys that a mapping must have.
func (s *schema) require(names map[string]string) {
	s.Required = append(s.Required, sortedKeys(names)...)
	slices.Sort(s.Required)
}
