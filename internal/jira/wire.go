package jira

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"plumbline/internal/flow"
)

// wirePage is an answer of search. The issues stay undecoded: each is decoded
// by itself, so that a bad one costs no other.
type wirePage struct {
	StartAt    *int
	MaxResults int
	Total      *int
	Issues     [][]byte // parts of the answer
}

func (p *wirePage) decode(body []byte) error {
	*p = wirePage{}
	return members(body, func(key string, value []byte) error {
		switch key {
		case "startAt":
			return json.Unmarshal(value, &p.StartAt)
		case "maxResults":
			return json.Unmarshal(value, &p.MaxResults)
		case "total":
			return json.Unmarshal(value, &p.Total)
		case "issues":
			return list(value, &p.Issues)
		}
		return nil
	})
}

// wireIssue is an issue.
type wireIssue struct {
	ID        ident
	Key       string
	Fields    wireFields
	Custom    map[string]json.RawMessage // those of the custom fields that are wanted
	Changelog *wireChangelog
}

// decode reads the issue and says where it is not as Jira documents; wanted
// are the ids of the custom fields. What can be read is read in any case.
func (w *wireIssue) decode(raw []byte, wanted map[string]bool) string {
	shape := ""
	note := func(place string, value []byte, into any) {
		if wrong := wrongShape(place, json.Unmarshal(value, into)); shape == "" {
			shape = wrong
		}
	}
	err := members(raw, func(key string, value []byte) error {
		switch key {
		case "id":
			note("id", value, &w.ID)
		case "key":
			note("key", value, &w.Key)
		case "changelog":
			if log, ok := quickLog(value); ok {
				w.Changelog = log
			} else {
				note("changelog", value, &w.Changelog)
			}
		case "fields":
			note("fields", value, &w.Fields)
			if shape == "" && len(wanted) > 0 && present(value) {
				return w.custom(value, wanted)
			}
		}
		return nil
	})
	if err != nil {
		return "not what Jira documents as an issue"
	}
	return shape
}

func (w *wireIssue) custom(fields []byte, wanted map[string]bool) error {
	return members(fields, func(key string, value []byte) error {
		if wanted[key] && present(value) {
			if w.Custom == nil {
				w.Custom = make(map[string]json.RawMessage, len(wanted))
			}
			w.Custom[key] = value
		}
		return nil
	})
}

// wrongShape names the place at which JSON is not as documented, and quotes
// no value of it.
func wrongShape(place string, err error) string {
	var kind *json.UnmarshalTypeError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &kind) && kind.Field != "":
		place += "." + plain(kind.Field, 100)
	}
	return place + ": of another kind than Jira documents"
}

// wireFields are the fields that every site has.
type wireFields struct {
	Summary        string        `json:"summary"`
	Type           *wireType     `json:"issuetype"`
	Project        *wireProject  `json:"project"`
	Status         *wireStatus   `json:"status"`
	Resolution     *wireNamed    `json:"resolution"`
	ResolutionDate stamp         `json:"resolutiondate"`
	Created        stamp         `json:"created"`
	Updated        stamp         `json:"updated"`
	Due            string        `json:"duedate"`
	Priority       *wireNamed    `json:"priority"`
	Assignee       *wireUser     `json:"assignee"`
	Labels         []string      `json:"labels"`
	FixVersions    []wireVersion `json:"fixVersions"`
	Parent         *wireRef      `json:"parent"`
	Links          []wireLink    `json:"issuelinks"`
	// Epic and Flagged are given by servers that answer in the agile
	// interface's form.
	Epic    *wireRef        `json:"epic"`
	Flagged json.RawMessage `json:"flagged"`
}

type wireNamed struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func (n *wireNamed) named() flow.Named {
	if n == nil {
		return flow.Named{}
	}
	return flow.Named{ID: n.ID, Name: n.Name}
}

type wireProject struct {
	ID  string `json:"id"`
	Key string `json:"key"`
}

type wireType struct {
	wireNamed
	Subtask bool `json:"subtask"`
	Level   *int `json:"hierarchyLevel"`
}

type wireStatus struct {
	wireNamed
	StatusCategory struct {
		Key string `json:"key"`
	} `json:"statusCategory"`
}

func (s *wireStatus) info() flow.StatusInfo {
	return flow.StatusInfo{ID: s.ID, Name: s.Name, Category: flow.ParseCategory(s.StatusCategory.Key)}
}

type wireVersion struct {
	wireNamed
	Archived    bool   `json:"archived"`
	Released    bool   `json:"released"`
	ReleaseDate string `json:"releaseDate"`
}

type wireRef struct {
	ID  ident  `json:"id"`
	Key string `json:"key"`
}

type wireLink struct {
	Type struct {
		Name    string `json:"name"`
		Inward  string `json:"inward"`
		Outward string `json:"outward"`
	} `json:"type"`
	InwardIssue  *wireRef `json:"inwardIssue"`
	OutwardIssue *wireRef `json:"outwardIssue"`
}

type wireChangelog struct {
	Total     *int          `json:"total"`
	Histories []wireHistory `json:"histories"`
}

type wireHistory struct {
	ID      ident      `json:"id"`
	Author  *wireUser  `json:"author"`
	Created stamp      `json:"created"`
	Items   []wireItem `json:"items"`
}

type wireItem struct {
	Field      string `json:"field"`
	FieldType  string `json:"fieldtype"`
	FieldID    string `json:"fieldId"`
	From       string `json:"from"`
	FromString string `json:"fromString"`
	To         string `json:"to"`
	ToString   string `json:"toString"`
}

// ident is an id as it stands in JSON: a string mostly, a number in the agile
// interface's forms.
type ident string

// UnmarshalJSON keeps a string's content or a number's digits.
func (i *ident) UnmarshalJSON(b []byte) error {
	return (*stamp)(i).UnmarshalJSON(b)
}

// number reads a numeric id strictly: digits alone, not 0.
func (i ident) number() (uint64, bool) {
	if i == "" || i[0] == '+' || i[0] == '0' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(i), 10, 64)
	return n, err == nil
}

// isKey reports whether s is an issue key, in any case.
func isKey(s string) bool {
	project, number, ok := strings.Cut(s, "-")
	if !ok || project == "" || number == "" || len(s) > 255 || !letter(project[0]) {
		return false
	}
	for k := range len(project) {
		if c := project[k]; !letter(c) && !digit(c) && c != '_' {
			return false
		}
	}
	for k := range len(number) {
		if !digit(number[k]) {
			return false
		}
	}
	return true
}

func letter(c byte) bool { return 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' }
func digit(c byte) bool  { return '0' <= c && c <= '9' }
