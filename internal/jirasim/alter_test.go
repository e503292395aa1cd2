package jirasim_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"plumbline/internal/jirasim"
)

// alterDump is two projects of two issues each.
const alterDump = `
{"id":"1","key":"A-1","fields":{"created":"2024-01-01T00:00:00.000+0000","updated":"2024-01-01T00:00:00.000+0000","project":{"id":"100","key":"A","name":"Alpha"},"labels":["old"],"issuetype":{"id":"1","name":"Story","subtask":false},"status":{"id":"1","name":"Open"}},"changelog":{"histories":[]}}
{"id":"2","key":"A-2","fields":{"created":"2024-01-01T00:00:00.000+0000","updated":"2024-01-01T00:00:00.000+0000","project":{"id":"100","key":"A","name":"Alpha"},"labels":[],"issuetype":{"id":"2","name":"Epic","subtask":false},"status":{"id":"1","name":"Open"}},"changelog":{"histories":[]}}
{"id":"3","key":"B-1","fields":{"created":"2024-01-01T00:00:00.000+0000","updated":"2024-01-01T00:00:00.000+0000","project":{"id":"200","key":"B","name":"Beta"},"labels":[],"issuetype":{"id":"1","name":"Story","subtask":false},"status":{"id":"1","name":"Open"}},"changelog":{"histories":[]}}
{"id":"4","key":"B-2","fields":{"created":"2024-01-01T00:00:00.000+0000","updated":"2024-01-09T00:00:00.000+0000","project":{"id":"200","key":"B","name":"Beta"},"labels":["x"],"issuetype":{"id":"1","name":"Story","subtask":false},"status":{"id":"1","name":"Open"}},"changelog":{"histories":[{"id":"70","created":"2024-01-09T00:00:00.000+0000","items":[{"field":"labels","fieldtype":"jira","fromString":"","toString":"x"}]}]}}
`

// alter makes a world in which the changes befall on 5 January and the second
// ones on the 7th.
func alter(t *testing.T, first, second []jirasim.Change) *jirasim.World {
	t.Helper()
	w := load(t, alterDump)
	if err := w.Alter(date("2024-01-05"), first...); err != nil {
		t.Fatal(err)
	}
	if err := w.Alter(date("2024-01-07"), second...); err != nil {
		t.Fatal(err)
	}
	return w
}

func TestWhatVanishesComesBackWhenItIsTime(t *testing.T) {
	type changes = []jirasim.Change
	for _, c := range []struct {
		name          string
		first, second changes
		during        string // the keys that a search finds meanwhile
		byID          int    // the status of issue 1 meanwhile
		shows         string // in its answer
	}{
		{"deleted", changes{jirasim.Delete("A-1")}, changes{jirasim.Restore("A-1")}, "A-2 B-1 B-2", 404, "Issue does not exist or you do not have permission to see it."},
		{"hidden", changes{jirasim.Hide("1")}, changes{jirasim.Restore("1")}, "A-2 B-1 B-2", 404, "Issue does not exist or you do not have permission to see it."},
		{"archived", changes{jirasim.Archive("A-1")}, changes{jirasim.Restore("A-1")}, "A-2 B-1 B-2", 200, `"archiveddate":"2024-01-05T00:00:00.000+0000"`},
		{"project archived", changes{jirasim.ArchiveProject("A")}, changes{jirasim.RestoreProject("A")}, "B-1 B-2", 200, `"archivedby":{`},
		{"project vanished", changes{jirasim.VanishProject("A")}, changes{jirasim.RestoreProject("A")}, "B-1 B-2", 404, "Issue does not exist"},
		{"project deleted", changes{jirasim.TrashProject("A")}, changes{jirasim.RestoreProject("A")}, "B-1 B-2", 404, "Issue does not exist"},
	} {
		for _, flavour := range []string{jirasim.DataCenter, jirasim.Cloud} {
			t.Run(c.name+" on "+flavour, func(t *testing.T) {
				s := serve(t, alter(t, c.first, c.second), date("2024-01-04"), jirasim.Options{Flavour: flavour})
				all := func() string {
					if flavour == jirasim.DataCenter {
						return s.keys("created > 0")
					}
					var keys []string
					for _, p := range s.pages("created > 0", 3, `"key"`) {
						for _, i := range p.Issues {
							keys = append(keys, i.Key)
						}
					}
					return strings.Join(keys, " ")
				}
				for day, want := range map[string]string{"2024-01-04": "A-1 A-2 B-1 B-2", "2024-01-05": c.during, "2024-01-06": c.during, "2024-01-07": "A-1 A-2 B-1 B-2"} {
					s.clock.at = date(day)
					if got := all(); got != want {
						t.Errorf("%s: found %s, want %s", day, got, want)
					}
				}
				s.clock.at = date("2024-01-06")
				if a := s.get("/rest/api/2/issue/1"); a.status != c.byID || !strings.Contains(a.body, c.shows) {
					t.Errorf("by id: status %d: %s", a.status, a.body)
				}
				if flavour == jirasim.Cloud {
					a := s.do(http.MethodPost, "/rest/api/3/issue/bulkfetch", "application/json", `{"issueIdsOrKeys":["1","3"]}`)
					if missing := strings.Contains(a.body, `"issueErrors":[{"errorMessage":"Issue does not exist or you do not have permission to see it.","id":"1"}]`); missing != (c.byID == 404) {
						t.Errorf("bulk: %s", a.body)
					}
				}
			})
		}
	}
}

func TestTheRosterTellsHowAProjectStands(t *testing.T) {
	w := alter(t, []jirasim.Change{jirasim.ArchiveProject("A"), jirasim.TrashProject("B")}, []jirasim.Change{jirasim.RestoreProject("A"), jirasim.VanishProject("B")})
	cloud := serve(t, w, date("2024-01-04"), jirasim.Options{Flavour: jirasim.Cloud})
	dc := serve(t, w, date("2024-01-04"), jirasim.Options{})
	for _, c := range []struct{ day, live, archived, deleted, dc string }{
		{"2024-01-04", "A B", "", "", "A B"}, {"2024-01-06", "", "A", "B", ""}, {"2024-01-08", "A", "", "", "A"},
	} {
		cloud.clock.at, dc.clock.at = date(c.day), date(c.day)
		named := func(a answer) string {
			var keys []string
			for _, key := range []string{"A", "B"} {
				if strings.Contains(a.body, `"key":"`+key+`"`) {
					keys = append(keys, key)
				}
			}
			return strings.Join(keys, " ")
		}
		got := fmt.Sprintf("%s|%s|%s|%s", named(cloud.get("/rest/api/3/project/search")), named(cloud.get("/rest/api/3/project/search?status=archived")),
			named(cloud.get("/rest/api/3/project/search?status=deleted")), named(dc.get("/rest/api/2/project")))
		if want := c.live + "|" + c.archived + "|" + c.deleted + "|" + c.dc; got != want {
			t.Errorf("%s: %s, want %s", c.day, got, want)
		}
	}
	if a := dc.get("/rest/api/2/search?jql=project=B"); a.status != http.StatusBadRequest {
		t.Errorf("a project that vanished: status %d: %s", a.status, a.body)
	}
}

func TestEditsLeaveATraceInTheHistory(t *testing.T) {
	w := alter(t, []jirasim.Change{jirasim.Move("A-1", "B"), jirasim.Relabel("A-1", "new", "two")}, []jirasim.Change{jirasim.Reparent("A-1", "A-2")})
	s := serve(t, w, date("2024-01-04"), jirasim.Options{})
	if got := s.keys("labels = old AND project = A"); got != "A-1" {
		t.Errorf("before: %s", got)
	}
	s.clock.at = date("2024-01-05")
	if got := s.keys("updated >= '2024-01-05'"); got != "B-3" {
		t.Errorf("updated: %s", got)
	}
	if got := s.keys("labels = two AND project = B AND labels not in (old)"); got != "B-3" {
		t.Errorf("after: %s", got)
	}
	a := s.get("/rest/api/2/issue/A-1?expand=changelog&fields=project,labels,updated")
	for _, want := range []string{`"key":"B-3"`, `"field":"Key"`, `"toString":"new two"`, `"updated":"2024-01-05T`, `"total":2`} {
		if !strings.Contains(a.body, want) {
			t.Errorf("no %s in %s", want, a.body)
		}
	}
	s.clock.at = date("2024-01-08")
	if got := s.keys("'Epic Link' = A-2"); got != "B-3" {
		t.Errorf("child of the epic: %s", got)
	}
	cloud := serve(t, w, date("2024-01-08"), jirasim.Options{Flavour: jirasim.Cloud})
	if got := ids(cloud.pages("parent = A-2", 10, "")); got != "1" {
		t.Errorf("child of the epic on Cloud: %s", got)
	}
}

func TestWhatCannotBeScheduledIsRefused(t *testing.T) {
	for _, c := range []struct {
		name, day string
		change    jirasim.Change
		want      string
	}{
		{"an issue that is none", "2024-01-05", jirasim.Delete("A-9"), "delete A-9: no such issue"},
		{"a project that is none", "2024-01-05", jirasim.VanishProject("Z"), "vanish project Z: no such project"},
		{"a move to nowhere", "2024-01-05", jirasim.Move("A-1", "Z"), "move A-1 to Z: no such project"},
		{"a parent that is none", "2024-01-05", jirasim.Reparent("A-1", "A-1"), "reparent A-1: no such parent as A-1"},
		{"before its creation", "2023-01-05", jirasim.Relabel("A-1", "x"), "relabel A-1: the issue does not exist yet"},
		{"under a later change", "2024-01-05", jirasim.Relabel("B-2", "y"), "relabel B-2: history 70 changes the same afterwards"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := load(t, alterDump).Alter(date(c.day), c.change); err == nil || err.Error() != c.want {
				t.Errorf("error %v, want %s", err, c.want)
			}
		})
	}
}
