package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"plumbline/internal/config"
	"plumbline/internal/export"
	"plumbline/internal/flow"
	"plumbline/internal/goal"
	"plumbline/internal/jira"
)

// Finding is something doubtful in the map of the goals.
type Finding struct {
	Rule string // such as epic-in-two-goals
	At   string // file:line of the goal
	What string
}

// String is the finding as a line of text.
func (f Finding) String() string { return fmt.Sprintf("%s: %s: %s", f.At, f.Rule, f.What) }

// Lint finds what is doubtful in the map, as far as the goals alone can tell.
func Lint(goals []goal.Goal) []Finding {
	var out []Finding
	children := map[string]bool{}
	claimed := map[string]*goal.Goal{}
	for k := range goals {
		children[goals[k].Parent] = true
	}
	for k := range goals {
		g := &goals[k]
		say := func(rule, what string) { out = append(out, Finding{rule, g.DeclaredAt, "goal " + g.ID + " " + what}) }
		if g.Owner == "" {
			say("no-owner", "has no owner: name the team that alerts go to")
		}
		if g.Work.IsZero() && !children[g.ID] {
			say("no-work", "has no work: map epics, fix versions or labels to it")
		}
		if len(g.Targets) == 0 && !children[g.ID] {
			say("no-target", "has no target: without one it can't be late")
		}
		for _, key := range g.Work.Epics {
			if other := claimed[key]; other != nil {
				say("epic-in-two-goals", fmt.Sprintf("and goal %s both map %s: its issues count in both", other.ID, key))
			}
			claimed[key] = g
		}
	}
	slices.SortStableFunc(out, func(a, b Finding) int { return cmp.Compare(a.At, b.At) })
	return out
}

// OnlineResult is what a site answered.
type OnlineResult struct {
	Site     string
	Identity flow.Identity
	Statuses int
	Issues   int // that match the scope; -1 where the site does not say
	Expiry   string
	Err      error
}

// String is the result as a line of text.
func (r OnlineResult) String() string {
	s := fmt.Sprintf("site %s: %s %s, logged in, %d statuses", r.Site, r.Identity.Deployment, r.Identity.Version, r.Statuses)
	if r.Issues >= 0 {
		s += fmt.Sprintf(", %d issues in scope", r.Issues)
	}
	if r.Expiry != "" {
		s += "; " + r.Expiry
	}
	return s
}

// CheckOnline asks every site who it is and who we are, for its fields and
// statuses, and how many issues the scope has. It reads nothing into a store.
func CheckOnline(ctx context.Context, s Settings, version string) []OnlineResult {
	a := &App{options: Options{Settings: s, Version: version}, log: slog.New(slog.DiscardHandler), now: time.Now}
	a.settings.Store(&s)
	nobody := func(string) flow.Pseudonym { return 0 }
	var out []OnlineResult
	for k := range s.Config.Sites {
		r := OnlineResult{Site: s.Config.Sites[k].Name, Issues: -1}
		r.Expiry = jira.Auth{Expires: s.Config.Sites[k].Auth.Expires}.Expiry(a.now())
		client, err := a.client(s.Config, &s.Config.Sites[k], nobody, jira.NewMetrics(nil))
		if err == nil {
			err = r.ask(ctx, client)
		}
		if err != nil {
			r.Err = fmt.Errorf("site %s: %w", r.Site, err)
		}
		out = append(out, r)
	}
	return out
}

func (r *OnlineResult) ask(ctx context.Context, client *jira.Client) (err error) {
	if r.Identity, err = client.Identify(ctx); err != nil {
		return err
	}
	_, statuses, err := client.Discover(ctx)
	if err != nil {
		return err
	}
	r.Statuses = len(statuses)
	enough := errors.New("one page is enough")
	err = client.Scan(ctx, flow.Query{}, func(p flow.Page) error {
		r.Issues = p.Total
		return enough
	})
	if errors.Is(err, enough) {
		return nil
	}
	if err == nil {
		r.Issues = max(r.Issues, 0)
	}
	return err
}

// Reference lists every metric that the service exports of its own. Metrics
// whose labels come about by working have no series before, so the demo is
// set up and read once.
func Reference(ctx context.Context, version string) (_ []export.Metric, err error) {
	show, err := Demo{Listen: "127.0.0.1:0", Version: version}.Stage(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, show.Close()) }()
	show.metrics.expects(&config.Site{Name: "demo", Auth: config.Auth{Expires: flow.Date{Year: 2030, Month: 1, Day: 1}}})
	all, err := export.Reference(show.registry)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(m export.Metric) bool { return !strings.HasPrefix(m.Name, "plumbline_") }), nil
}
