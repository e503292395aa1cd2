package jira

import (
	"context"
	"errors"
	"maps"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/flow"
	"plumbline/internal/jirasim"
	"plumbline/internal/realdata"
)

// simulated is a client of a simulated site over a real world, which waits in
// no time.
func simulated(t *testing.T, w *jirasim.World, o jirasim.Options, auth Auth) (*Client, *jirasim.Site) {
	t.Helper()
	o.User, o.Password = "bot@acme.com", "simulated-token"
	site := jirasim.New(w, o)
	srv := httptest.NewServer(site)
	t.Cleanup(srv.Close)
	c, err := New(Options{
		Site: "acme", URL: srv.URL, Auth: auth, Gateway: srv.URL, Pseudonym: Pseudonymizer([]byte("key")),
		Scope: "project is not EMPTY", RequestsPerSecond: 1e6, Timeout: 5 * time.Second, Budget: 24 * time.Hour,
	})
	if err != nil {
		t.Fatal(err)
	}
	c.sleep = func(ctx context.Context, _ time.Duration) error {
		c.gates.mu.Lock()
		clear(c.gates.until)
		c.gates.mu.Unlock()
		return ctx.Err()
	}
	return c, site
}

func realWorld(t *testing.T) *jirasim.World {
	t.Helper()
	w, err := jirasim.LoadDump(realdata.Open(t, "jira-aerogear.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// read is a whole run: what the scan handed over, by id.
func read(c *Client) (map[flow.IssueID]flow.Issue, []flow.Problem, error) {
	ctx := context.Background()
	if _, err := c.Identify(ctx); err != nil {
		return nil, nil, err
	}
	if _, _, err := c.Discover(ctx); err != nil {
		return nil, nil, err
	}
	all := make(map[flow.IssueID]flow.Issue)
	var problems []flow.Problem
	err := c.Scan(ctx, flow.Query{}, func(p flow.Page) error {
		for _, i := range p.Issues {
			all[i.ID] = i
		}
		problems = append(problems, p.Problems...)
		return nil
	})
	return all, problems, err
}

var simAuth = Auth{User: "bot@acme.com", Password: "simulated-token"}

func TestBothKindsOfSiteTellTheSameOfOneWorld(t *testing.T) {
	w := realWorld(t)
	dc, _ := simulated(t, w, jirasim.Options{}, simAuth)
	cl, _ := simulated(t, w, jirasim.Options{Flavour: jirasim.Cloud}, simAuth)
	want, problems, err := read(dc)
	if err != nil || len(problems) > 0 {
		t.Fatalf("Data Center: %v, %+v", err, problems)
	}
	got, problems, err := read(cl)
	if err != nil || len(problems) > 0 {
		t.Fatalf("Cloud: %v, %+v", err, problems)
	}
	if len(got) != len(want) || len(got) == 0 {
		t.Errorf("%d issues on Cloud, %d on Data Center", len(got), len(want))
	}
	for id, a := range want {
		b := got[id]
		if a.Histories != b.Histories || a.Announced != b.Announced || len(a.Changes) != len(b.Changes) ||
			a.Now.Status != b.Now.Status || a.Now.Category != b.Now.Category || !a.Created.Equal(b.Created) || !a.Updated.Equal(b.Updated) {
			t.Errorf("%s: Data Center %d/%d %v %v, Cloud %d/%d %v %v", a.Now.Key, a.Histories, a.Announced, a.Now.Status, a.Updated,
				b.Histories, b.Announced, b.Now.Status, b.Updated)
		}
	}
	ids := slices.Sorted(maps.Keys(want))
	for name, c := range map[string]*Client{"Data Center": dc, "Cloud": cl} {
		var seen []flow.IssueID
		if err := c.IDs(context.Background(), func(some []flow.IssueID) error { seen = append(seen, some...); return nil }); err != nil {
			t.Errorf("%s: ids: %v", name, err)
		}
		if slices.Sort(seen); !slices.Equal(slices.Compact(seen), ids) {
			t.Errorf("%s: %d ids, want %d", name, len(seen), len(ids))
		}
		sights, err := c.Sight(context.Background(), []flow.IssueID{ids[0], 999_999_999})
		if err != nil || len(sights) != 2 || !sights[0].Found && !sights[1].Found {
			t.Errorf("%s: sightings %+v, %v", name, sights, err)
		}
		whole := 0
		err = c.Fetch(context.Background(), ids[:3], func(p flow.Page) error {
			for _, i := range p.Issues {
				known := map[string]flow.Issue{"Data Center": want[i.ID], "Cloud": got[i.ID]}[name]
				if whole++; cmp.Diff(known, i) != "" {
					t.Errorf("%s: %s differs when fetched:\n%s", name, i.Now.Key, cmp.Diff(known, i))
				}
			}
			return nil
		})
		if err != nil || whole != 3 {
			t.Errorf("%s: %d issues fetched, %v", name, whole, err)
		}
		if projects, err := c.Projects(context.Background()); err != nil || len(projects) == 0 {
			t.Errorf("%s: projects %v, %v", name, projects, err)
		}
		if _, err := c.Sprints(context.Background()); err != nil {
			t.Errorf("%s: sprints: %v", name, err)
		}
	}
}

func TestAScopedTokenIsTakenAtTheSimulatedGateway(t *testing.T) {
	o := jirasim.Options{Flavour: jirasim.Cloud, ScopedToken: "scoped-token"}
	w := realWorld(t)
	scoped := Auth{User: "bot@acme.com", Password: "scoped-token", Scoped: true}
	c, _ := simulated(t, w, o, scoped)
	if _, _, err := read(c); err != nil {
		t.Fatal(err)
	}
	kept, _, err := c.Discover(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	c, _ = simulated(t, w, o, scoped) // as another process
	id, err := c.Identify(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Use(kept); err != nil {
		t.Fatal(err)
	}
	if err := c.Scan(context.Background(), flow.Query{UpdatedFrom: id.ServerNow.Add(-time.Minute)}, func(flow.Page) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if made, _ := c.Requests(); made != 3 {
		t.Errorf("a sync of nothing made %d requests, want 3", made)
	}
	c, _ = simulated(t, w, o, Auth{User: "bot@acme.com", Password: "scoped-token"})
	if _, err := c.Identify(context.Background()); !errors.Is(err, ErrAuth) || !strings.Contains(err.Error(), "needs auth.scoped: true") {
		t.Errorf("error %v, want a refusal that names auth.scoped", err)
	}
}

// TestNoFaultOfASiteIsReadAsTheTruth: under each fault the facts are those of
// a faultless site, or the error says that they are not.
func TestNoFaultOfASiteIsReadAsTheTruth(t *testing.T) {
	w := realWorld(t)
	for _, flavour := range []string{jirasim.DataCenter, jirasim.Cloud} {
		clean, _ := simulated(t, w, jirasim.Options{Flavour: flavour}, simAuth)
		want, _, err := read(clean)
		if err != nil {
			t.Fatal(err)
		}
		for _, fault := range jirasim.NewFaults().Names(flavour) {
			if fault == "project-vanishes" {
				continue // a scan reads what there is; what is missing a census finds
			}
			t.Run(flavour+" "+fault, func(t *testing.T) {
				for _, rate := range []float64{0.2, 1} {
					c, site := simulated(t, w, jirasim.Options{Flavour: flavour}, simAuth)
					if err := site.Faults.Set(fault, 7, rate); err != nil {
						t.Fatal(err)
					}
					got, problems, err := read(c)
					if err != nil {
						t.Logf("rate %v: %v", rate, err)
						continue
					}
					troubled := make(map[flow.IssueID]bool)
					for _, p := range problems {
						troubled[p.ID] = true
					}
					for id, issue := range want {
						issue, held := issue, got[id]
						if !troubled[id] && !alike(fault, &issue, &held) {
							t.Fatalf("rate %v: %s differs (-want +got):\n%s", rate, issue.Now.Key, cmp.Diff(issue, held))
						}
					}
				}
			})
		}
	}
}

// alike compares what a fault must not change.
func alike(fault string, want, got *flow.Issue) bool {
	for _, i := range []*flow.Issue{want, got} {
		if fault == "updated-absent" {
			i.Updated = time.Time{}
		}
		if fault == "author-null" {
			i.Changes = slices.Clone(i.Changes)
			for k := range i.Changes {
				i.Changes[k].Author = 0
			}
		}
	}
	return cmp.Equal(want, got)
}
