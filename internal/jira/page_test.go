package jira

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"plumbline/internal/flow"
)

func TestABadIssueCostsNoOther(t *testing.T) {
	s := shelfOf(60)
	s.rows[3].raw = `{"id":"4","key":"A-4","fields":{"created":"x","status":{"id":"1"},"issuetype":{"id":"1"}}}`
	s.rows[49].raw = `"no object"` // the last of its page
	got, err := scanShelf(t, s, flow.Query{})
	if err != nil {
		t.Fatal(err)
	}
	want := slices.DeleteFunc(upTo(60), func(id int) bool { return id == 4 || id == 50 })
	if !slices.Equal(got.ids, want) {
		t.Errorf("issues %v", got.ids)
	}
	if len(got.problems) != 2 || got.problems[0] != (flow.Problem{ID: 4, Key: "A-4", What: "created: not a time"}) {
		t.Errorf("problems %+v", got.problems)
	}
}

func TestACutChangelogIsAskedForAgain(t *testing.T) {
	entry := func(id int) string {
		return fmt.Sprintf(`{"id":"%d","created":"2026-01-01T00:00:00.000+0000","items":[{"field":"status"}]}`, id)
	}
	cut := `{"total":2,"histories":[` + entry(1) + `]}`
	whole := `{"total":2,"histories":[` + entry(1) + `,` + entry(2) + `]}`
	tests := []struct {
		name      string
		status    int
		log       string
		histories int
		problem   string
	}{
		{"and comes whole", 200, whole, 2, ""},
		{"and is still short", 200, cut, 1, "changelog: Jira announces 2 entries and gives 1"},
		{"and the issue is gone", 404, cut, 1, "changelog: Jira announces 2 entries and gives 1; the issue by itself can't be had"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := shelfOf(2)
			s.rows[0].log = cut
			s.issue = func(id string) (int, string) {
				r := s.rows[0]
				r.log = tt.log
				if id != "1" {
					t.Errorf("issue %q was asked for", id)
				}
				return tt.status, r.json()
			}
			got, err := scanShelf(t, s, flow.Query{})
			if err != nil {
				t.Fatal(err)
			}
			i := got.pages[0].Issues[0]
			if i.Histories != tt.histories || i.Announced != 2 {
				t.Errorf("%d histories of %d", i.Histories, i.Announced)
			}
			if what := problemText(got.problems); what != tt.problem {
				t.Errorf("problem %q, want %q", what, tt.problem)
			}
		})
	}
}

func problemText(ps []flow.Problem) string {
	var s []string
	for _, p := range ps {
		s = append(s, p.What)
	}
	return strings.Join(s, "; ")
}

func TestPagesTellHowFarTheyAreComplete(t *testing.T) {
	got, err := scanShelf(t, shelfOf(120), flow.Query{})
	if err != nil {
		t.Fatal(err)
	}
	for k, last := range []int{49, 98, 119} {
		p := got.pages[k]
		if want := epoch.Add(time.Duration(last) * time.Minute); !p.CreatedTo.Equal(want) || p.Total != 120 {
			t.Errorf("page %d: complete to %s, total %d; want %s, 120", k, p.CreatedTo, p.Total, want)
		}
	}
	if len(got.pages[0].Statuses) != 1 || len(got.pages[1].Statuses) != 0 {
		t.Error("a status is handed over with every page")
	}
}

func TestWhatIsWrongWithOneIssueIsToldInBoundedWords(t *testing.T) {
	entries := make([]string, 1000)
	for n := range entries {
		entries[n] = fmt.Sprintf(`{"id":"%d","created":"yesterday","items":[]}`, n+1)
	}
	out := testDecoder(nil).issue([]byte(issueJSON("", `{"total":1000,"histories":[`+strings.Join(entries, ",")+`]}`)))
	if got := len(out.problems); got != mostTroubles {
		t.Errorf("%d things are told, want %d", got, mostTroubles)
	}
	if !out.ok || out.issue.Histories != 0 || out.issue.Announced != 1000 {
		t.Errorf("holds %d of %d entries", out.issue.Histories, out.issue.Announced)
	}
}
