package jirasim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/jirasim"
)

// busyDump is an issue with a long history and one with a short one, which
// fall in each other's time.
func busyDump(histories int) string {
	var b strings.Builder
	for _, i := range []struct{ id, n int }{{1, histories}, {2, 3}} {
		fmt.Fprintf(&b, `{"id":"%d","key":"B-%d","fields":{"created":"2024-01-01T00:00:00.000+0000","status":{"id":"1","name":"Open"},"summary":"x"},"changelog":{"histories":[`, i.id, i.id)
		for n := range i.n {
			if n > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, `{"id":"%d","created":"2024-01-02T%02d:%02d:00.000+0000","items":[{"field":"labels","fieldtype":"jira","fieldId":"labels","fromString":"l%d","toString":"l%d"}]}`, i.id*1000+n, n/60, n%60, n, n+1)
		}
		b.WriteString("]}}\n")
	}
	return b.String()
}

func historyIDs(histories []shownHistory) string {
	var all []string
	for _, h := range histories {
		all = append(all, h.ID)
	}
	return strings.Join(all, " ")
}

func TestEmbeddedChangelogsAreCutAndNewestFirst(t *testing.T) {
	s := serve(t, load(t, busyDump(120)), date("2024-02-01"), jirasim.Options{Flavour: jirasim.Cloud})
	search := decodeJQL(t, s.jql("key = B-1", `,"fields":["key"],"expand":"changelog"`)).Issues[0]
	var one shown
	var bulk struct{ Issues []shown }
	for path, target := range map[string]any{"/rest/api/3/issue/1?expand=changelog": &one} {
		if err := json.Unmarshal([]byte(s.get(path).body), target); err != nil {
			t.Fatal(err)
		}
	}
	a := s.do(http.MethodPost, "/rest/api/3/issue/bulkfetch", "application/json", `{"issueIdsOrKeys":["B-1"],"expand":["changelog"]}`)
	if err := json.Unmarshal([]byte(a.body), &bulk); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		i    shown
		want int
	}{"search": {search, 40}, "bulk": {bulk.Issues[0], 40}, "issue": {one, 100}} {
		log := c.i.Changelog
		if log == nil || len(log.Histories) != c.want || log.Total != 120 || log.MaxResults != c.want || log.Histories[0].ID != "1119" {
			t.Errorf("%s: %d histories of %d, maxResults %d", name, len(log.Histories), log.Total, log.MaxResults)
		}
	}
}

func TestAnIssuesChangelogIsPagedOldestFirst(t *testing.T) {
	s := serve(t, load(t, busyDump(120)), date("2024-02-01"), jirasim.Options{Flavour: jirasim.Cloud})
	type values struct {
		Values                     []shownHistory
		StartAt, MaxResults, Total int
		IsLast                     bool
		NextPage                   string
	}
	for _, c := range []struct {
		query       string
		first, n, m int
		last        bool
	}{{"", 1000, 100, 100, false}, {"?maxResults=1000", 1000, 100, 100, false}, {"?startAt=100", 1100, 20, 100, true}, {"?startAt=119&maxResults=1", 1119, 1, 1, true}, {"?startAt=500", 0, 0, 100, true}} {
		var p values
		a := s.get("/rest/api/3/issue/B-1/changelog" + c.query)
		if err := json.Unmarshal([]byte(a.body), &p); err != nil {
			t.Fatal(err)
		}
		if len(p.Values) != c.n || p.MaxResults != c.m || p.Total != 120 || p.IsLast != c.last || (p.NextPage == "") != c.last || c.n > 0 && p.Values[0].ID != fmt.Sprint(c.first) {
			t.Errorf("%q: %d values, %+v", c.query, len(p.Values), p.NextPage)
		}
	}
	a := s.do(http.MethodPost, "/rest/api/3/issue/1/changelog/list", "application/json", `{"changelogIds":[1003,1001,7]}`)
	if !strings.Contains(a.body, `"histories":[{"id":"1001"`) || !strings.Contains(a.body, `"total":2`) {
		t.Errorf("list: %s", a.body)
	}
}

// bulkPage is a page of the histories of several issues.
type bulkPage struct {
	Logs []struct {
		IssueID   string         `json:"issueId"`
		Histories []shownHistory `json:"changeHistories"`
	} `json:"issueChangeLogs"`
	Token string `json:"nextPageToken"`
}

func (s *site) bulk(rest string) bulkPage {
	s.tb.Helper()
	var p bulkPage
	a := s.do(http.MethodPost, "/rest/api/3/changelog/bulkfetch", "application/json", `{"issueIdsOrKeys":["B-2","1","404"]`+rest+`}`)
	if err := json.Unmarshal([]byte(a.body), &p); err != nil || a.status != http.StatusOK {
		s.tb.Fatalf("status %d, %v: %s", a.status, err, a.body)
	}
	return p
}

func TestABulkOfChangelogsSplitsAnIssueOverPages(t *testing.T) {
	s := serve(t, load(t, busyDump(10)), date("2024-02-01"), jirasim.Options{Flavour: jirasim.Cloud})
	var order, pages []string
	rest := `,"maxResults":4`
	for {
		p := s.bulk(rest)
		var logs []string
		for _, l := range p.Logs {
			logs = append(logs, l.IssueID+": "+historyIDs(l.Histories))
			order = append(order, strings.Fields(historyIDs(l.Histories))...)
		}
		pages = append(pages, strings.Join(logs, ", "))
		if p.Token == "" {
			break
		}
		rest = `,"maxResults":4,"nextPageToken":"` + p.Token + `"`
	}
	want := []string{"1: 1000 1001, 2: 2000 2001", "1: 1002 1003 1004, 2: 2002", "1: 1005 1006 1007 1008", "1: 1009"}
	if diff := cmp.Diff(want, pages); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
	slices.Sort(order)
	if len(slices.Compact(order)) != 13 {
		t.Errorf("%d histories, want 13", len(order))
	}
	if p := s.bulk(`,"fieldIds":["status"]`); len(p.Logs) != 0 {
		t.Errorf("issues that did not change the field: %+v", p)
	}
	if p := s.bulk(`,"fieldIds":["status","labels"]`); len(p.Logs) != 2 {
		t.Errorf("issues that changed the field: %+v", p)
	}
}
