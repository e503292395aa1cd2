package syncer

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"plumbline/internal/flow"
)

// Selector is a JQL by which goals select their issues.
type Selector struct {
	JQL   string
	Goals []string // their ids, sorted
}

// declared asks for what the goals' declarations want to know of the site,
// beside its issues.
func (r *run) declared(ctx context.Context) error {
	if err := r.hear(ctx); err != nil {
		return err
	}
	return r.choose(ctx)
}

// andDeclared does the work, and then asks for that, too.
func (r *run) andDeclared(work func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		if err := work(ctx); err != nil {
			return err
		}
		return r.declared(ctx)
	}
}

// choose asks which issues the goals' JQLs match, each of which is asked for
// when it is due. What is wrong with one of them makes the run partial, and
// the others are asked all the same.
func (r *run) choose(ctx context.Context) error {
	o := &r.s.o
	if o.Selectors == nil || r.stranger && r.report.Kind != Full {
		return nil // another account may see other issues
	}
	for _, s := range o.Selectors() {
		known, err := o.Store.Queried(s.JQL)
		if err != nil {
			return fmt.Errorf("site %s: %w", o.Site, err)
		}
		if r.due(known) {
			if known[o.Site], err = r.ask(ctx, s); err != nil {
				return err
			}
		}
		if why := known[o.Site].Refused; why != "" && !takenElsewhere(known, o.Site) {
			r.report.Reasons = append(r.report.Reasons, fmt.Sprintf(
				"Jira refuses the JQL of %s: %s (mend it in the goals file; Jira's own search, as the same account, shows what it takes)", s, why))
		}
	}
	return nil
}

// due tells whether the site is to be asked again. What a JQL matches changes
// with the issues; where it speaks of the present time, of sprints or of
// versions it changes by itself, and the runs that are not incremental find
// that. So an idle incremental run asks nothing.
func (r *run) due(known map[string]flow.Matching) bool {
	m, asked := known[r.s.o.Site]
	switch rep := &r.report; {
	case !asked, rep.Kind != Incremental, rep.New+rep.Changed+rep.Restored > 0:
		return true
	case m.Refused != "":
		return false
	}
	return !m.Whole || m.Scope != r.s.o.Scope || m.Account != r.id.Account
}

// takenElsewhere reports whether another site has taken the JQL: then it is
// right, and speaks of a project or a field that this site does not have.
func takenElsewhere(known map[string]flow.Matching, site string) bool {
	for name, m := range known {
		if name != site && m.Refused == "" {
			return true
		}
	}
	return false
}

// ask asks the site which issues a JQL matches, and stores the answer.
func (r *run) ask(ctx context.Context, s Selector) (flow.Matching, error) {
	o := &r.s.o
	now := r.siteNow()
	a := flow.Selection{
		Site: o.Site, JQL: s.JQL, Scope: o.Scope, Account: r.id.Account, At: now, Covers: now.Add(-r.overlap()),
	}
	err := o.Source.Select(ctx, s.JQL, func(ids []flow.IssueID) error {
		a.IDs = append(a.IDs, ids...)
		return ctx.Err()
	})
	short := incomplete(err)
	switch a.Refused = rejected(err); {
	case a.Refused != "":
		a.IDs = nil
		o.Logger.Warn("jira refuses a goal's JQL", "site", o.Site, "goals", s.Goals, "why", a.Refused)
	case short != "":
		r.report.Reasons = append(r.report.Reasons, fmt.Sprintf("the JQL of %s may match more than was seen: %s", s, short))
	case err != nil:
		return flow.Matching{}, fmt.Errorf("asking what the JQL of %s matches: %w", s, err)
	}
	slices.Sort(a.IDs)
	a.IDs = slices.Compact(a.IDs)
	a.Complete = err == nil
	if err := r.doubt(s, &a); err != nil {
		return flow.Matching{}, err
	}
	r.report.Queries++
	if err := o.Store.Select(context.WithoutCancel(ctx), a); err != nil {
		return flow.Matching{}, fmt.Errorf("site %s: %w", o.Site, err)
	}
	return flow.Matching{Site: o.Site, JQL: s.JQL, Refused: a.Refused}, nil
}

// Try asks the site which issues a JQL matches, as a first run would, and
// keeps nothing of it. While a run is under way it returns ErrRunning.
func (s *Syncer) Try(ctx context.Context, jql string) (flow.Matching, error) {
	m := flow.Matching{Site: s.o.Site, JQL: jql}
	if !s.running.TryLock() {
		return m, fmt.Errorf("site %s: %w", s.o.Site, ErrRunning)
	}
	defer s.running.Unlock()
	id, err := s.o.Source.Identify(ctx)
	if err != nil {
		return m, err
	}
	var ids []flow.IssueID
	err = s.o.Source.Select(ctx, jql, func(some []flow.IssueID) error {
		ids = append(ids, some...)
		return ctx.Err()
	})
	if m.Refused = rejected(err); m.Refused != "" {
		return m, nil
	}
	if err != nil {
		return m, err
	}
	slices.Sort(ids)
	for _, one := range slices.Compact(ids) {
		m.Matches = append(m.Matches, flow.Match{ID: one, Seen: id.ServerNow})
	}
	m.First, m.Last, m.Whole, m.Scope, m.Account = id.ServerNow, id.ServerNow, true, s.o.Scope, id.Account
	return m, nil
}

// siteNow is the site's clock at this moment, as far as ours can tell.
func (r *run) siteNow() time.Time {
	return r.id.ServerNow.Add(max(r.s.o.Now().Sub(r.report.Started), 0))
}

// shownJQL bounds what a message quotes of a JQL, in bytes.
const shownJQL = 120

// names names the goals.
func (s Selector) names() string {
	if len(s.Goals) > 3 {
		return fmt.Sprintf("goal %s and %d more", strings.Join(s.Goals[:3], ", "), len(s.Goals)-3)
	}
	return "goal " + strings.Join(s.Goals, ", ")
}

// String names the goals and quotes the JQL.
func (s Selector) String() string {
	jql := strings.Join(strings.Fields(s.JQL), " ")
	if len(jql) > shownJQL {
		cut := shownJQL
		for !utf8.RuneStart(jql[cut]) {
			cut--
		}
		jql = jql[:cut] + "…"
	}
	return fmt.Sprintf("%s (%s)", s.names(), jql)
}
