package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"plumbline/internal/config"
	"plumbline/internal/export"
	"plumbline/internal/flow"
	"plumbline/internal/jira"
)

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
	s := fmt.Sprintf("site %s: %s, logged in, %d statuses", r.Site, strings.TrimSpace(r.Identity.Deployment+" "+r.Identity.Version), r.Statuses)
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
	a := bare(Options{Settings: s, Version: version})
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
