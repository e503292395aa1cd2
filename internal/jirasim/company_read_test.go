package jirasim

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
)

// presentDay is a Thursday afternoon in Zurich, well before a change to
// winter time.
var presentDay = time.Date(2026, 9, 17, 14, 30, 12, 0, time.UTC)

// toldIssue is a raw issue read back the way any client would.
type toldIssue struct {
	ID        int    `json:"id,string"`
	Key       string `json:"key"`
	Fields    toldFields
	Changelog struct {
		Total     int
		Histories []toldHistory
	}
	raw map[string]json.RawMessage // the fields
}

type toldFields struct {
	Created, Updated toldTime
	ResolutionDate   *toldTime
	IssueType        toldNamed
	Status           toldNamed
	Project          struct{ Key string }
	Resolution       *toldNamed
	FixVersions      []toldNamed
	Components       []toldNamed
	Labels           []string
	DueDate          *string
	Parent           *struct{ ID, Key string }
	Epic             *string `json:"customfield_10014"`
}

type toldNamed struct {
	ID, Name       string
	Subtask        bool
	Released       bool
	ReleaseDate    string
	StatusCategory struct{ Key string }
}

type toldHistory struct {
	ID      int `json:"id,string"`
	Author  struct{ Name string }
	Created toldTime
	Items   []toldItem
}

type toldItem struct {
	Field                          string
	From, FromString, To, ToString *string
}

type toldTime struct{ time.Time }

func (t *toldTime) UnmarshalJSON(b []byte) (err error) {
	t.Time, err = time.Parse(`"2006-01-02T15:04:05.000-0700"`, string(b))
	return err
}

// readCompany reads a company's issues back.
func readCompany(t *testing.T, c *Company) []*toldIssue {
	t.Helper()
	issues := make([]*toldIssue, len(c.Issues))
	for n, raw := range c.Issues {
		i := new(toldIssue)
		var fields struct{ Fields map[string]json.RawMessage }
		if err := json.Unmarshal(raw, i); err != nil {
			t.Fatalf("issue %d of the dump isn't what Jira sends: %v", n, err)
		}
		if err := json.Unmarshal(raw, &fields); err != nil {
			t.Fatal(err)
		}
		i.raw = fields.Fields
		issues[n] = i
	}
	return issues
}

// goalDoc is a goal as DESIGN §4 declares it, as far as the company uses it.
type goalDoc struct {
	ID, Name, Owner, Parent string
	Weight                  int
	Start, Target           string
	Targets                 []struct{ Date, Said, Why string }
	Work                    struct {
		Epics       []string
		FixVersions []struct{ Project, Name string } `yaml:"fix_versions"`
		Labels      []struct{ Project, Name string }
		Exclude     []string
	}
	Stall     struct{ After string }
	Decisions []struct {
		ID, Class, Issue, Asked, Decided, Authority, Outcome string

		DecideBy string `yaml:"decide_by"`
	}
	DecideWithin any `yaml:"decide_within"`
}

// readGoals reads the goals files strictly.
func readGoals(t *testing.T, c *Company) []goalDoc {
	t.Helper()
	var goals []goalDoc
	for name, raw := range c.Goals {
		var doc struct{ Goals []goalDoc }
		if err := yaml.NewDecoder(bytes.NewReader(raw), yaml.Strict()).Decode(&doc); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		goals = append(goals, doc.Goals...)
	}
	slices.SortFunc(goals, func(a, b goalDoc) int { return strings.Compare(a.ID, b.ID) })
	return goals
}

// leaf reports whether the issue is work of its own.
func (i *toldIssue) leaf() bool {
	return i.Fields.IssueType.Name != "Epic" && !i.Fields.IssueType.Subtask
}

// span is a time during which something held; to is zero where it still does.
type span struct {
	from, to time.Time
	value    string
}

// covers reports whether the span holds at a time.
func (s span) covers(at time.Time) bool {
	return !at.Before(s.from) && (s.to.IsZero() || at.Before(s.to))
}

// spans returns the values that a field of one value has had, by the texts of
// the changelog; now is the text of the present value.
func (i *toldIssue) spans(field, now string) []span {
	all := []span{{from: i.Fields.Created.Time, value: now}}
	for _, h := range i.Changelog.Histories {
		for _, it := range h.Items {
			if it.Field != field {
				continue
			}
			last := &all[len(all)-1]
			last.value, last.to = orEmpty(it.FromString), h.Created.Time
			all = append(all, span{from: h.Created.Time, value: orEmpty(it.ToString)})
		}
	}
	return all
}

func (i *toldIssue) statuses() []span { return i.spans("status", i.Fields.Status.Name) }

func (i *toldIssue) epics() []span {
	return i.spans("Epic Link", orEmpty(i.Fields.Epic))
}

// versions returns when the issue was in which version, by ids.
func (i *toldIssue) versions() []span {
	held := map[string]time.Time{} // since when, backwards: until when
	for _, v := range i.Fields.FixVersions {
		held[v.ID] = time.Time{}
	}
	var all []span
	for _, h := range slices.Backward(i.Changelog.Histories) {
		for _, it := range slices.Backward(h.Items) {
			if it.Field != "Fix Version" {
				continue
			}
			if it.To != nil {
				all = append(all, span{h.Created.Time, held[*it.To], *it.To})
				delete(held, *it.To)
			}
			if it.From != nil {
				held[*it.From] = h.Created.Time
			}
		}
	}
	for id, to := range held {
		all = append(all, span{i.Fields.Created.Time, to, id})
	}
	return all
}

// valueAt returns the value at a time; "" before the first.
func valueAt(spans []span, at time.Time) string {
	for _, s := range spans {
		if s.covers(at) {
			return s.value
		}
	}
	return ""
}

func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
