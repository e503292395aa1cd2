package jira

import (
	"encoding/json"
	"strconv"
	"strings"

	"plumbline/internal/flow"
)

// wirePage is an answer of search. The issues stay undecoded: each is decoded
// by itself, so that a bad one costs no other.
type wirePage struct {
	StartAt    *int              `json:"startAt"`
	MaxResults int               `json:"maxResults"`
	Total      *int              `json:"total"`
	Issues     []json.RawMessage `json:"issues"`
}

// wireIssue is an issue. Its fields stay undecoded at first, because the
// custom ones among them have other names on every site.
type wireIssue struct {
	ID        ident           `json:"id"`
	Key       string          `json:"key"`
	Fields    json.RawMessage `json:"fields"`
	Changelog *wireChangelog  `json:"changelog"`
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
