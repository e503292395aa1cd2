package jira

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"plumbline/internal/flow"
)

// asCloud makes a client of a Cloud site, asServer one of a Data Center.
func asCloud(t *testing.T, h http.Handler) *Client {
	t.Helper()
	c, _ := testClient(t, h)
	c.flavour, c.fields = &cloud{c}, fieldsOfTest()
	return c
}

func asServer(t *testing.T, h http.Handler) *Client {
	t.Helper()
	c, _ := testClient(t, h)
	c.flavour, c.fields = &server{c}, fieldsOfTest()
	return c
}

func idsOf(c *Client) ([]int, error) {
	var all []int
	err := c.IDs(context.Background(), func(ids []flow.IssueID) error {
		for _, id := range ids {
			all = append(all, int(id))
		}
		return nil
	})
	return all, err
}

func TestIDsOfCloudComeByTheThousand(t *testing.T) {
	s := skyOf(6000)
	got, err := idsOf(asCloud(t, s))
	if err != nil || !slices.Equal(got, upTo(6000)) {
		t.Fatalf("%d ids, %v", len(got), err)
	}
	if len(s.searches) != 2 || s.searches[0].MaxResults != 5000 || !slices.Equal(s.searches[0].Fields, []string{"id"}) || s.searches[0].Expand != "" {
		t.Errorf("%d searches, the first %+v", len(s.searches), s.searches[0])
	}
}

func TestACensusThatMayHaveMissedSomethingSaysSo(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*sky)
		text   string
	}{
		"a rejected token": {func(s *sky) {
			s.refuse = func(q *tokenSearch) (int, string) {
				if q.Token != "" {
					return 400, `{}`
				}
				return 0, ""
			}
		}, "site acme: search: Jira does not take its own continuation token any more"},
		"an early end": {func(s *sky) { s.count = 99 }, "site acme: search: the search ends after 30 issues, and the site counts about 99"},
		"a warning":    {func(s *sky) { s.mangle = func(_ int, p map[string]any) { p["warnings"] = []int{1} } }, "site acme: search: Jira warns that the result is not whole: unknown"},
		"a row without an id": {func(s *sky) {
			s.mangle = func(_ int, p map[string]any) { p["issues"] = []string{"x"} }
		}, "site acme: search: an issue has no id that can be read"},
	} {
		t.Run(name, func(t *testing.T) {
			s := skyOf(30)
			s.page = 10
			tt.change(s)
			if _, err := idsOf(asCloud(t, s)); !errors.Is(err, ErrIncomplete) || err.Error() != tt.text {
				t.Errorf("error %v\nwant  %s", err, tt.text)
			}
		})
	}
}

func TestIDsOfDataCenterAreReadAsSafelyAsIssues(t *testing.T) {
	s := shelfOf(2500)
	s.before = func(n int) {
		if n == 1 {
			s.remove(5)
		}
	}
	got, err := idsOf(asServer(t, s))
	if err != nil || !slices.Equal(got, upTo(2500)) {
		t.Fatalf("%d ids, %v", len(got), err)
	}
	if q := s.searches[0]; q.MaxResults != 1000 || !slices.Equal(q.Fields, []string{"created"}) || q.Expand != nil {
		t.Errorf("search %+v", q)
	}
}

func TestSightingsOfCloud(t *testing.T) {
	var asked [][]string
	mux := http.NewServeMux()
	mux.HandleFunc("POST /jira/rest/api/3/issue/bulkfetch", func(w http.ResponseWriter, r *http.Request) {
		var q bulkFetch
		dec := json.NewDecoder(r.Body)
		dec.DisallowUnknownFields()
		if err := dec.Decode(&q); err != nil || len(q.IDs) > 100 || len(q.Fields) == 0 || len(q.Expand) > 0 {
			t.Errorf("bulk %+v, %v", q, err)
		}
		asked = append(asked, q.IDs)
		if q.IDs[0] != "1" {
			writeJSON(w, 200, `{"issues":[]}`)
			return
		}
		writeJSON(w, 200, `{"issues":[{"id":"2","key":"NEW-2","fields":{"archiveddate":null}},{"id":"3","key":"A-3","fields":{"archiveddate":"2026-01-01T00:00:00.000+0000"}},{"id":"777","key":"X-1"}],
			"issueErrors":[{"id":"4","errorMessage":"try again"},{"id":"5"},{"id":"6"},{"id":"7"}]}`)
	})
	mux.HandleFunc("GET /jira/rest/api/3/issue/{id}", func(w http.ResponseWriter, r *http.Request) {
		switch r.PathValue("id") {
		case "4":
			writeJSON(w, 200, `{"id":"4","key":"A-4","fields":{}}`)
		case "5":
			writeJSON(w, 404, `{"errorMessages":["Issue does not exist or you do not have permission to see it."],"errors":{}}`)
		case "6":
			writeJSON(w, 403, `{"errorMessages":["You do not have the permission to see the specified issue."]}`)
		case "7":
			writeJSON(w, 200, `{"id":"8","key":"A-8"}`)
		}
	})
	var ids []flow.IssueID
	for id := range 150 {
		ids = append(ids, flow.IssueID(id+1))
	}
	got, err := asCloud(t, mux).Sight(context.Background(), ids)
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(got, func(a, b flow.Sighting) int { return cmp.Compare(a.ID, b.ID) })
	want := []flow.Sighting{{ID: 1}, {ID: 2, Found: true, Key: "NEW-2"}, {ID: 3, Found: true, Key: "A-3", Archived: true}, {ID: 4, Found: true, Key: "A-4"}, {ID: 5}}
	for id := 8; id <= 150; id++ {
		want = append(want, flow.Sighting{ID: flow.IssueID(id)})
	}
	if diff := gocmp.Diff(want, got); diff != "" || len(asked) != 2 {
		t.Errorf("%d bulks; sightings (-want +got):\n%s", len(asked), diff)
	}
}

func TestSightingsOfDataCenter(t *testing.T) {
	c := asServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch strings.TrimPrefix(r.URL.Path, "/jira/rest/api/2/issue/") {
		case "1":
			writeJSON(w, 200, `{"id":"1","key":"A-1","fields":{}}`)
		case "2":
			writeJSON(w, 404, `{"errorMessages":["Issue Does Not Exist"],"errors":{}}`)
		case "3":
			writeJSON(w, 500, `{}`)
		}
	}))
	got, err := c.Sight(context.Background(), []flow.IssueID{1, 2, 3})
	slices.SortFunc(got, func(a, b flow.Sighting) int { return cmp.Compare(a.ID, b.ID) })
	if diff := gocmp.Diff([]flow.Sighting{{ID: 1, Found: true, Key: "A-1"}, {ID: 2}}, got); diff != "" || err != nil {
		t.Errorf("error %v, sightings (-want +got):\n%s", err, diff)
	}
}

func TestAWebPageIsNoWordOnAnIssue(t *testing.T) {
	for _, status := range []int{401, 404, 200, 302} {
		c := asServer(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(status)
		}))
		if got, _ := c.Sight(context.Background(), []flow.IssueID{1}); len(got) != 0 {
			t.Errorf("%d with a web page is taken for %+v", status, got)
		}
	}
}

func TestProjectsOfBothKinds(t *testing.T) {
	want := []flow.ProjectState{{ID: "1", Key: "A"}, {ID: "2", Key: "B", Archived: true}, {ID: "3", Key: "C", Trashed: true}}
	cloudSite := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if q := r.URL.Query(); r.URL.Path != "/jira/rest/api/3/project/search" || !slices.Equal(q["status"], []string{"live", "archived", "deleted"}) {
			t.Errorf("asked for %s", r.URL)
		}
		switch r.URL.Query().Get("startAt") {
		case "0":
			writeJSON(w, 200, `{"total":3,"isLast":false,"values":[{"id":"1","key":"A"},{"id":"2","key":"B","archived":true}]}`)
		case "2":
			writeJSON(w, 200, `{"total":3,"isLast":true,"values":[{"id":"3","key":"C","deleted":true}]}`)
		}
	})
	got, err := asCloud(t, cloudSite).Projects(context.Background())
	if diff := gocmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("Cloud: error %v, projects (-want +got):\n%s", err, diff)
	}
	serverSite := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.String() != "/jira/rest/api/2/project?includeArchived=true" {
			t.Errorf("asked for %s", r.URL)
		}
		writeJSON(w, 200, `[{"id":"1","key":"A"},{"id":"2","key":"B","archived":true}]`)
	})
	got, err = asServer(t, serverSite).Projects(context.Background())
	if diff := gocmp.Diff(want[:2], got); diff != "" || err != nil {
		t.Errorf("Data Center: error %v, projects (-want +got):\n%s", err, diff)
	}
}

func TestAListThatIsNotWholeIsNoList(t *testing.T) {
	for name, tt := range map[string]struct{ body, text string }{
		"it ends early": {`{"total":5,"isLast":true,"values":[{"id":"1"}]}`, "site acme: project: the list ends after 1 of 5 elements"},
		"it repeats":    {`{"isLast":false,"values":[{"id":"1"}]}`, "site acme: project: the same page comes again and again"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := asCloud(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, 200, tt.body) })).Projects(context.Background())
			if got != nil || !errors.Is(err, ErrIncomplete) || err.Error() != tt.text {
				t.Errorf("%v, error %v\nwant %s", got, err, tt.text)
			}
		})
	}
}

func TestVersionsOfProjects(t *testing.T) {
	c := asCloud(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/jira/rest/api/3/project/PAY/versions" {
			writeJSON(w, 404, `{"errorMessages":["No project could be found with key 'GONE'."]}`)
			return
		}
		writeJSON(w, 200, `[{"id":"1","name":"1.0","released":true,"releaseDate":"2026-02-03"},{"id":"2","name":"2.0","archived":true,"releaseDate":"soon"},{"name":"no id"}]`)
	}))
	got, err := c.Versions(context.Background(), []string{"PAY", "GONE"})
	want := []flow.Version{
		{ID: "1", Name: "1.0", Project: "PAY", Released: true, Release: flow.Date{Year: 2026, Month: 2, Day: 3}},
		{ID: "2", Name: "2.0", Project: "PAY", Archived: true},
	}
	if diff := gocmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("error %v, versions (-want +got):\n%s", err, diff)
	}
}

func TestSprintsOfAllBoardsComeOnce(t *testing.T) {
	c := asCloud(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch page := r.URL.Path + "?" + r.URL.Query().Get("startAt"); page {
		case "/jira/rest/agile/1.0/board?0":
			writeJSON(w, 200, `{"maxResults":50,"total":5,"isLast":false,"values":[{"id":1,"type":"scrum"},{"id":2,"type":"simple"},{"id":3,"type":"kanban"}]}`)
		case "/jira/rest/agile/1.0/board?3":
			writeJSON(w, 200, `{"total":5,"isLast":true,"values":[{"id":4,"type":"scrum"},{"id":5,"type":"scrum"}]}`)
		case "/jira/rest/agile/1.0/board/1/sprint?0":
			writeJSON(w, 200, `{"isLast":false,"values":[{"id":10,"state":"closed","name":"S1","goal":"Ship","startDate":"2026-01-01T00:00:00.000Z","endDate":"2026-01-15T00:00:00.000+10:00","completeDate":"2026-01-15T00:00:00Z","originBoardId":1}]}`)
		case "/jira/rest/agile/1.0/board/1/sprint?1":
			writeJSON(w, 200, `{"values":[{"id":11,"state":"FUTURE","name":"S2"}]}`)
		case "/jira/rest/agile/1.0/board/1/sprint?2":
			writeJSON(w, 200, `{"values":[]}`)
		case "/jira/rest/agile/1.0/board/2/sprint?0":
			writeJSON(w, 400, `{"errorMessages":["Das Board unterstützt keine Sprints"],"errors":{}}`)
		case "/jira/rest/agile/1.0/board/4/sprint?0":
			writeJSON(w, 200, `{"isLast":true,"values":[{"id":10,"state":"closed","name":"S1","originBoardId":1},{"id":12,"name":"S3","originBoardId":9}]}`)
		case "/jira/rest/agile/1.0/board/5/sprint?0":
			writeJSON(w, 400, `{"errorMessages":["The board does not support sprints"],"errors":{}}`)
		default:
			t.Errorf("asked for %s", r.URL)
			writeJSON(w, 404, `{}`)
		}
	}))
	got, err := c.Sprints(context.Background())
	want := []flow.Sprint{
		{ID: "10", BoardID: "1", Name: "S1", State: "closed", Goal: "Ship", Start: 1767225600000, End: 1768399200000, CompleteAt: 1768435200000},
		{ID: "11", BoardID: "1", Name: "S2", State: "future"},
		{ID: "12", BoardID: "9", Name: "S3"},
	}
	if diff := gocmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("error %v, sprints (-want +got):\n%s", err, diff)
	}
}

func TestSitesWithoutBoardsHaveNoSprintsAndOtherTroubleIsTrouble(t *testing.T) {
	none, err := asServer(t, http.NotFoundHandler()).Sprints(context.Background())
	if err != nil || none != nil {
		t.Errorf("%v, error %v", none, err)
	}
	c := asCloud(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "sprint") {
			writeJSON(w, 400, `{"errorMessages":["The filter of the board is broken"]}`)
			return
		}
		writeJSON(w, 200, `{"isLast":true,"values":[{"id":1,"type":"scrum"}]}`)
	}))
	const want = "site acme: sprint: 400: unexpected answer: The filter of the board is broken"
	if _, err := c.Sprints(context.Background()); err == nil || err.Error() != want {
		t.Errorf("error %v\nwant  %s", err, want)
	}
}

func fetched(c *Client, ids ...flow.IssueID) (issues []string, problems string, err error) {
	var all []flow.Problem
	err = c.Fetch(context.Background(), ids, func(p flow.Page) error {
		for _, i := range p.Issues {
			issues = append(issues, fmt.Sprintf("%d:%d/%d", i.ID, i.Histories, i.Announced))
		}
		all = append(all, p.Problems...)
		return nil
	})
	return issues, problemText(all), err
}

func TestIssuesAreFetchedWholeByTheirIDs(t *testing.T) {
	s := skyOf(3)
	s.rows[1].histories = 45
	l := &logs{s: s, perPage: 10}
	c := asCloud(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/jira/rest/api/3/issue/bulkfetch" {
			l.ServeHTTP(w, r)
			return
		}
		writeJSON(w, 200, fmt.Sprintf(`{"issues":[%s,%s],"issueErrors":[{"id":"3"}]}`, s.rows[0].json(nil, "changelog", 40), s.rows[1].json(nil, "changelog", 40)))
	}))
	issues, problems, err := fetched(c, 1, 2, 3, 4)
	if err != nil || !slices.Equal(issues, []string{"1:2/2", "2:45/45"}) || problems != "Jira could not give the issue" {
		t.Errorf("Cloud: %v, %q, %v", issues, problems, err)
	}
	sh := shelfOf(1)
	sh.rows[0].log = `{"total":1,"histories":[{"id":"9","created":"2026-01-01T00:00:00.000+0000","items":[{"field":"status"}]}]}`
	sh.issue = func(id string) (int, string) {
		switch id {
		case "1":
			return 200, sh.rows[0].json()
		case "2":
			return 500, `{}`
		}
		return 404, `{"errorMessages":["Issue Does Not Exist"]}`
	}
	issues, problems, err = fetched(asServer(t, sh), 1, 2, 3)
	if err != nil || !slices.Equal(issues, []string{"1:1/1"}) || problems != "Jira could not give the issue" {
		t.Errorf("Data Center: %v, %q, %v", issues, problems, err)
	}
}
