package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"plumbline/internal/config"
	"plumbline/internal/export"
	"plumbline/internal/flow"
	"plumbline/internal/jira"
	"plumbline/internal/syncer"
)

// OnlineResult is what a site answered.
type OnlineResult struct {
	Site     string
	Identity flow.Identity
	Statuses int
	Issues   int // that match the scope; -1 where the site does not say
	Expiry   string
	// JQLs is what became of the goals' JQLs, in the order of selectors, and
	// Fields of the fields by which they report.
	JQLs   []JQLResult
	Fields []FieldResult
	Err    error
}

// FieldResult is what a site answered about a field by which goals report.
type FieldResult struct {
	syncer.Reported
	ID      string // of the field
	Refused string // why the site can't give it
}

// String is the result as a line of text.
func (r FieldResult) String() string {
	goals := strings.Join(r.Goals, ", ")
	if r.Refused != "" {
		return fmt.Sprintf("goal %s reports by %q: %s", goals, r.Field, r.Refused)
	}
	return fmt.Sprintf("goal %s reports by %q, which is %s", goals, r.Field, r.ID)
}

// JQLResult is what a site answered to the JQL of goals.
type JQLResult struct {
	syncer.Selector
	Issues  int    // that match, at most maxCounted
	Refused string // why the site doesn't take it
}

// maxCounted bounds how many issues are counted that match a JQL.
const maxCounted = 20_000

// String is the result as a line of text.
func (r JQLResult) String() string {
	switch {
	case r.Refused != "":
		return fmt.Sprintf("%s: refused: %s", r.Selector, r.Refused)
	case r.Issues >= maxCounted:
		return fmt.Sprintf("%s: at least %d issues", r.Selector, maxCounted)
	case r.Issues == 1:
		return fmt.Sprintf("%s: 1 issue", r.Selector)
	}
	return fmt.Sprintf("%s: %d issues", r.Selector, r.Issues)
}

// String is the result as lines of text.
func (r OnlineResult) String() string {
	s := fmt.Sprintf("site %s: %s, logged in, %d statuses", r.Site, strings.TrimSpace(r.Identity.Deployment+" "+r.Identity.Version), r.Statuses)
	if r.Issues >= 0 {
		s += fmt.Sprintf(", %d issues in scope", r.Issues)
	}
	if r.Expiry != "" {
		s += "; " + r.Expiry
	}
	for _, q := range r.JQLs {
		s += fmt.Sprintf("\nsite %s: %s", r.Site, q)
	}
	for _, f := range r.Fields {
		s += fmt.Sprintf("\nsite %s: %s", r.Site, f)
	}
	return s
}

// Refusals is an error for the JQLs and the fields of goals that no site takes;
// what another site takes may speak of what a site doesn't have.
func Refusals(results []OnlineResult) error {
	const (
		jql   = "mend it in the goals file; Jira's own search, as the same account, shows what it takes"
		field = "mend reported.field in the goals file"
	)
	type asked struct{ mend, what string }
	why := map[asked][]string{}
	taken := map[asked]bool{}
	note := func(a asked, refused, words string) {
		if taken[a] = taken[a] || refused == ""; refused != "" {
			why[a] = append(why[a], words+": "+refused)
		}
	}
	for _, r := range results {
		for _, q := range r.JQLs {
			note(asked{jql, q.JQL}, q.Refused, fmt.Sprintf("site %s refuses the JQL of %s", r.Site, q.Selector))
		}
		for _, f := range r.Fields {
			note(asked{field, f.Field}, f.Refused, fmt.Sprintf("site %s can't give the field by which goal %s reports", r.Site, strings.Join(f.Goals, ", ")))
		}
	}
	order := func(a, b asked) int { return cmp.Or(strings.Compare(a.mend, b.mend), strings.Compare(a.what, b.what)) }
	var errs []error
	for _, a := range slices.SortedFunc(maps.Keys(why), order) {
		if !taken[a] {
			errs = append(errs, codedError{fmt.Errorf("%s (%s)", strings.Join(why[a], "; "), a.mend), ExitUsage})
		}
	}
	return errors.Join(errs...)
}

// CheckOnline asks every site who it is and who we are, for its fields and
// statuses, how many issues the scope has, and how many of them each JQL of a
// goal matches. It reads nothing into a store.
func CheckOnline(ctx context.Context, s Settings, version string) []OnlineResult {
	a := bare(Options{Settings: s, Version: version})
	nobody := func(string) flow.Pseudonym { return 0 }
	var out []OnlineResult
	for k := range s.Config.Sites {
		r := OnlineResult{Site: s.Config.Sites[k].Name, Issues: -1}
		r.Expiry = jira.Auth{Expires: s.Config.Sites[k].Auth.Expires}.Expiry(a.now())
		client, err := a.client(s.Config, &s.Config.Sites[k], nobody, jira.NewMetrics(nil))
		if err == nil {
			err = r.ask(ctx, client, s.Goals)
		}
		if err != nil {
			r.Err = ofSite(r.Site, err)
		}
		out = append(out, r)
	}
	return out
}

func (r *OnlineResult) ask(ctx context.Context, client *jira.Client, goals *config.Goals) (err error) {
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
	if err == nil {
		r.Issues = max(r.Issues, 0)
	}
	if err != nil && !errors.Is(err, enough) {
		return err
	}
	return r.askForGoals(ctx, client, goals)
}

// askForGoals asks what the goals' declarations want to know of the site.
func (r *OnlineResult) askForGoals(ctx context.Context, client *jira.Client, goals *config.Goals) error {
	for _, s := range selectors(goals) {
		q, err := askJQL(ctx, client, s)
		if err != nil {
			return err
		}
		r.JQLs = append(r.JQLs, q)
	}
	for _, f := range reported(goals) {
		named, err := client.FieldNamed(ctx, f.Field)
		var api *jira.APIError
		one := FieldResult{Reported: f, ID: named.ID}
		if errors.As(err, &api) {
			one.Refused = api.Rejected()
		}
		if err != nil && one.Refused == "" {
			return fmt.Errorf("asking for the field %q: %w", f.Field, err)
		}
		r.Fields = append(r.Fields, one)
	}
	return nil
}

// askJQL counts the issues that a JQL matches.
func askJQL(ctx context.Context, client *jira.Client, s syncer.Selector) (JQLResult, error) {
	q := JQLResult{Selector: s}
	seen := map[flow.IssueID]bool{}
	enough := errors.New("that is enough")
	err := client.Select(ctx, s.JQL, func(ids []flow.IssueID) error {
		for _, id := range ids {
			seen[id] = true
		}
		if len(seen) >= maxCounted {
			return enough
		}
		return nil
	})
	q.Issues = len(seen)
	var api *jira.APIError
	switch {
	case errors.As(err, &api) && api.Rejected() != "":
		q.Refused = api.Rejected()
		return q, nil
	case err != nil && !errors.Is(err, enough):
		return q, fmt.Errorf("asking what the JQL of %s matches: %w", s, err)
	}
	return q, nil
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
