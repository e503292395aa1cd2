package app_test

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/app"
	"plumbline/internal/config"
	"plumbline/internal/flow"
	"plumbline/internal/goal"
	"plumbline/internal/syncer"
)

// company is a service that has read the synthetic company.
func company(t *testing.T) (*service, []goal.Goal, time.Time) {
	t.Helper()
	now := time.Date(2026, 11, 18, 12, 0, 0, 0, time.UTC)
	made, world := theCompany(t, now)
	for _, s := range made.Statuses {
		world.AddStatus(s)
	}
	goals, err := config.ParseGoals(made.Goals)
	if err != nil {
		t.Fatal(err)
	}
	s := openGoals(t, world, now, goals)
	s.sync(t, syncer.Full)
	return s, goals.List, now
}

func TestAPreviewTellsWhatChangesAndChangesNothing(t *testing.T) {
	a, goals, now := company(t)
	before := a.Snapshot()
	same, err := a.Preview(t.Context(), goals, now)
	if err != nil || len(same.Lines) != 0 {
		t.Fatalf("the same goals change %+v, %v", same, err)
	}
	other := slices.Clone(goals)
	k := slices.IndexFunc(other, func(g goal.Goal) bool { return g.ID == "checkout-p95" })
	old := other[k].Targets[len(other[k].Targets)-1].Date
	other[k].Targets = []goal.Target{{Date: old.AddDays(30)}}
	for range 2 { // the first leaves no trace that the second would see
		p, err := a.Preview(t.Context(), other, now)
		if err != nil {
			t.Fatal(err)
		}
		// A promise that is moved unseen is found in the preview already.
		k := slices.IndexFunc(p.Lines, func(l app.PreviewFigure) bool { return l.Goal == "checkout-p95" && l.Figure == "target" })
		if k < 0 {
			t.Fatalf("the target does not change: %+v", p.Lines)
		}
		for _, l := range p.Lines {
			if l.Goal != "checkout-p95" {
				t.Errorf("the figure of another goal changes: %+v", l)
			}
		}
	}
	if err := a.Measure(t.Context()); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(before, a.Snapshot()); d != "" {
		t.Errorf("the figures in force changed:\n%s", d)
	}
}

func TestAPreviewOfNonsenseIsRefused(t *testing.T) {
	a, _, _ := company(t)
	for _, packed := range []string{"", "!", "AAAA", "H4sIAAAAAAAA_w"} {
		err := a.Run(t.Context(), "preview", url.Values{"goals": {packed}}, &bytes.Buffer{})
		if err == nil {
			t.Errorf("%q is taken", packed)
		}
	}
}

func TestUnlinkedWorkOfTheCompanyIsAsTheMetricsSay(t *testing.T) {
	a, _, now := company(t)
	var b bytes.Buffer
	if err := a.Run(t.Context(), "unlinked", nil, &b); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Projects []struct {
			Project          string
			Active, Unlinked int
		}
		Groups []struct {
			Project string
			Issues  int
		}
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	byProject := map[string]int{}
	for _, g := range got.Groups {
		byProject[g.Project] += g.Issues
	}
	if len(got.Projects) == 0 || len(got.Groups) == 0 {
		t.Fatalf("nothing is unlinked: %s", b.String())
	}
	for k, p := range got.Projects {
		if p.Unlinked != byProject[p.Project] || p.Active < p.Unlinked {
			t.Errorf("%+v, and its groups hold %d", p, byProject[p.Project])
		}
		if s := a.Snapshot().Work[k]; s.Unlinked != p.Unlinked || s.Project != p.Project {
			t.Errorf("the snapshot says %+v, the command %+v", s, p)
		}
	}
	early, err := a.Unlinked(t.Context(), flow.DateOf(now).AddDays(-4000).Start(time.UTC))
	if err != nil || len(early.Groups) != 0 {
		t.Errorf("before the company: %+v, %v", early, err)
	}
}
