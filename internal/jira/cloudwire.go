package jira

import (
	"encoding/json"

	"plumbline/internal/flow"
)

// wireTokenPage is an answer of search by token. The issues stay undecoded, as
// in wirePage.
type wireTokenPage struct {
	Issues   [][]byte
	Token    string // "" where there is none, or null
	IsLast   *bool
	Warnings []wireWarning
}

type wireWarning struct {
	Type    string `json:"type"`
	Message string `json:"message"`
}

func (p *wireTokenPage) decode(body []byte) error {
	*p = wireTokenPage{}
	return members(body, func(key string, value []byte) error {
		switch key {
		case "nextPageToken":
			return json.Unmarshal(value, &p.Token)
		case "isLast":
			return json.Unmarshal(value, &p.IsLast)
		case "warnings":
			return p.warnings(value)
		case "issues":
			return list(value, &p.Issues)
		}
		return nil
	})
}

// warnings reads the warnings, which Atlassian calls experimental: one in
// another form is a warning too.
func (p *wireTokenPage) warnings(value []byte) error {
	if !present(value) {
		return nil
	}
	var raw []json.RawMessage
	if json.Unmarshal(value, &raw) != nil {
		raw = []json.RawMessage{value}
	}
	for _, r := range raw {
		var w wireWarning
		if json.Unmarshal(r, &w) != nil {
			w = wireWarning{Type: "unknown"}
		}
		p.Warnings = append(p.Warnings, w)
	}
	return nil
}

// list takes an array apart; null is an empty one.
func list(value []byte, into *[][]byte) error {
	if !present(value) {
		return nil
	}
	return elements(value, func(v []byte) error {
		*into = append(*into, v)
		return nil
	})
}

// placeByID reads of an issue nothing but its id.
func placeByID(raw []byte) *decoded {
	var w struct {
		ID ident `json:"id"`
	}
	out := &decoded{}
	if json.Unmarshal(raw, &w) == nil {
		id, ok := w.ID.number()
		out.issue.ID, out.ok = flow.IssueID(id), ok
	}
	return out
}

// wireIssues is an answer of issue/bulkfetch. Issues that do not exist or may
// not be seen are in neither list; Errors are those that Jira could not give
// for the moment, or because they are too large.
type wireIssues struct {
	Issues [][]byte
	Errors []wireIssueError
}

type wireIssueError struct {
	ID ident `json:"id"`
}

func (p *wireIssues) decode(body []byte) error {
	*p = wireIssues{}
	return members(body, func(key string, value []byte) error {
		switch key {
		case "issues":
			return list(value, &p.Issues)
		case "issueErrors":
			return json.Unmarshal(value, &p.Errors)
		}
		return nil
	})
}

// refused lists the issues that Jira named in its errors.
func (p *wireIssues) refused() []flow.IssueID {
	var ids []flow.IssueID
	for _, e := range p.Errors {
		if id, ok := e.ID.number(); ok {
			ids = append(ids, flow.IssueID(id))
		}
	}
	return ids
}

// wireLogs is an answer of changelog/bulkfetch. The histories of one issue may
// be spread over several answers.
type wireLogs struct {
	Logs  []wireIssueLog
	Token string
}

type wireIssueLog struct {
	ID        flow.IssueID
	Histories []wireHistory
}

// decode leaves out an issue whose histories it cannot read: it falls short of
// what was announced and is asked for by itself.
func (p *wireLogs) decode(body []byte) error {
	*p = wireLogs{}
	return members(body, func(key string, value []byte) error {
		switch key {
		case "nextPageToken":
			return json.Unmarshal(value, &p.Token)
		case "issueChangeLogs":
			if !present(value) {
				return nil
			}
			return elements(value, func(raw []byte) error {
				var w struct {
					ID        ident         `json:"issueId"`
					Histories []wireHistory `json:"changeHistories"`
				}
				readable := json.Unmarshal(raw, &w) == nil
				if id, ok := w.ID.number(); ok && readable {
					p.Logs = append(p.Logs, wireIssueLog{flow.IssueID(id), w.Histories})
				}
				return nil
			})
		}
		return nil
	})
}
