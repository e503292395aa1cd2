package app

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"plumbline/internal/config"
	"plumbline/internal/flow"
	"plumbline/internal/jira"
)

// Start is what a starter configuration is made from.
type Start struct {
	URL   string
	Name  string // of the site; empty: from the URL's host
	Scope string // JQL of all work to be seen; empty: everything that the account sees
	// Auth names where the secret is, as the configuration will.
	Auth    config.Auth
	CAFile  string
	Version string
	Now     time.Time
}

// Starter is a configuration and a proposal of goals, as text with comments.
// Both are valid as they stand.
type Starter struct {
	Config string
	Goals  string
}

// The files of a starter, below the folder that it is written to.
const (
	starterConfig = "plumbline.yaml"
	starterGoals  = "goals/proposed.yaml"
)

const (
	// maxSeen bounds the issues that are read to find epics and versions: a
	// proposal is no sync.
	maxSeen = 2000
	// maxProposed bounds the goals that are proposed of each kind.
	maxProposed = 20
)

// liveVersions is what is asked for, within the scope.
const liveVersions = "fixVersion is not EMPTY AND statusCategory != Done"

// liveEpics is likewise. The types of the level of epics have any name in any
// language; only where the site tells no levels, the name has to do.
func liveEpics(types []flow.IssueType) string {
	var ids []string
	for _, t := range types {
		if t.Level == 1 && strings.Trim(t.ID, "0123456789") == "" {
			ids = append(ids, t.ID)
		}
	}
	if len(ids) == 0 {
		return "issuetype = Epic AND statusCategory != Done"
	}
	slices.Sort(ids)
	return "issuetype in (" + strings.Join(ids, ", ") + ") AND statusCategory != Done"
}

// Init asks the site for its fields, types, statuses, live epics and
// unreleased versions. What is wrong with s is a config.Errors.
func (s Start) Init(ctx context.Context) (*Starter, error) {
	head := s.head()
	c, err := config.Parse("flags", []byte(head))
	if err != nil {
		return nil, err
	}
	found, err := s.ask(ctx, c)
	if err != nil {
		err = fmt.Errorf("asking %s: %w", c.Sites[0].URL, err)
		if errors.Is(err, jira.ErrAuth) || errors.Is(err, jira.ErrConfig) {
			return nil, codedError{err, ExitUsage}
		}
		return nil, err
	}
	out := &Starter{Config: found.config(s, head), Goals: found.goals(s.Now)}
	_, err = config.Parse(starterConfig, []byte(out.Config))
	_, bad := config.ParseGoals(map[string][]byte{starterGoals: []byte(out.Goals)})
	if err := errors.Join(err, bad); err != nil {
		return nil, fmt.Errorf("what was made of the site's answers is no configuration: %w", err)
	}
	return out, nil
}

// head is the part of the configuration that Init is told.
func (s Start) head() string {
	var b strings.Builder
	fmt.Fprintf(&b, "sites:\n  - name: %s\n    url: %s\n    auth: {", quote(s.siteName()), quote(s.URL))
	n := 0
	for _, part := range []struct{ key, value string }{
		{"email", s.Auth.Email}, {"user", s.Auth.User},
		{"token_file", s.Auth.TokenFile}, {"token_env", s.Auth.TokenEnv},
		{"password_file", s.Auth.PasswordFile}, {"password_env", s.Auth.PasswordEnv},
		{"pat_file", s.Auth.PATFile}, {"pat_env", s.Auth.PATEnv},
	} {
		if part.value != "" {
			if n++; n > 1 {
				b.WriteString(", ")
			}
			fmt.Fprintf(&b, "%s: %s", part.key, quote(part.value))
		}
	}
	fmt.Fprintf(&b, "}\n    scope: %s\n", quote(cmp.Or(s.Scope, "project is not EMPTY")))
	if s.CAFile != "" {
		fmt.Fprintf(&b, "    tls: {ca_file: %s}\n", quote(s.CAFile))
	}
	b.WriteString("store: {path: plumbline.db}                  # beside this file; a volume in a container\n")
	b.WriteString("goals: goals                                 # a folder of *.yaml beside this file\n")
	return b.String()
}

// siteName is the first part of the host's name, as a name of a site may be.
func (s Start) siteName() string {
	if s.Name != "" {
		return s.Name
	}
	u, err := url.Parse(s.URL)
	if err != nil {
		return "jira"
	}
	name, _, _ := strings.Cut(strings.ToLower(u.Hostname()), ".")
	if name == "" || len(name) > 32 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || strings.Trim(name, "0123456789-") == "" {
		return "jira"
	}
	return name
}

// site is what a Jira site has told.
type site struct {
	identity flow.Identity
	fields   []byte
	statuses []flow.StatusInfo
	issues   int                       // in scope, -1 where the site does not say
	listed   []flow.IssueType          // all that the site has
	types    map[string]flow.IssueType // those that were seen, by name
	projects map[string]bool
	epics    []flow.Issue
	versions map[flow.Version]int // unreleased, with the open issues seen in each
	notes    []string             // what could not be had
}

func (s Start) ask(ctx context.Context, c *config.Config) (*site, error) {
	out := &site{issues: -1, types: map[string]flow.IssueType{}, projects: map[string]bool{}, versions: map[flow.Version]int{}}
	a := bare(Options{Version: s.Version, Settings: Settings{Config: c}})
	scan := func(narrow string, most int, each func(flow.Page)) error {
		client, err := a.within(c, narrow)
		if err != nil {
			return err
		}
		if out.identity, err = client.Identify(ctx); err != nil {
			return err
		}
		if out.fields == nil {
			if out.fields, out.statuses, err = client.Discover(ctx); err == nil {
				out.listed, err = client.Types(ctx)
			}
		} else {
			err = client.Use(out.fields)
		}
		if err != nil {
			return err
		}
		enough, read := errors.New("that is enough"), 0
		err = client.Scan(ctx, flow.Query{}, func(p flow.Page) error {
			out.see(&p)
			each(p)
			if read += len(p.Issues); read >= most {
				return enough
			}
			return nil
		})
		if errors.Is(err, enough) {
			return nil
		}
		return err
	}
	if err := scan("", 1, func(p flow.Page) { out.issues = p.Total }); err != nil {
		return nil, err
	}
	if err := scan(liveEpics(out.listed), maxSeen, out.takeEpics); err != nil {
		if err := out.refused("live epics", err); err != nil {
			return nil, err
		}
	}
	if err := scan(liveVersions, maxSeen, out.takeVersions); err != nil {
		if err := out.refused("unreleased versions", err); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// within returns a client for a part of the scope.
func (a *App) within(c *config.Config, narrow string) (*jira.Client, error) {
	one := c.Sites[0]
	if narrow != "" {
		one.Scope = "(" + one.Scope + ") AND " + narrow
	}
	nobody := func(string) flow.Pseudonym { return 0 }
	return a.client(c, &one, nobody, jira.NewMetrics(nil))
}

// refused notes what a site will not search for: one without epics says that
// there is no such issue type. Any other error stays one.
func (s *site) refused(what string, err error) error {
	var api *jira.APIError
	if errors.As(err, &api) && api.Status == 400 {
		s.notes = append(s.notes, "the site could not be asked for "+what)
		return nil
	}
	return err
}

func (s *site) see(p *flow.Page) {
	for k := range p.Issues {
		now := &p.Issues[k].Now
		s.types[now.Type.Name] = now.Type
		s.projects[now.Project.Name] = true
	}
}

func (s *site) takeEpics(p flow.Page) {
	for k := range p.Issues {
		if i := &p.Issues[k]; i.Now.Type.Container() && i.Now.Category != flow.Done && isProject(i.Now.Project.Name) {
			s.epics = append(s.epics, flow.Issue{Summary: i.Summary, Updated: i.Updated, Now: i.Now})
		}
	}
}

func (s *site) takeVersions(p flow.Page) {
	named := map[string]flow.Version{}
	for v := range s.versions {
		named[v.ID] = v
	}
	for _, v := range p.Versions {
		if _, known := named[v.ID]; !known && !v.Released && !v.Archived && isProject(v.Project) && oneLine(v.Name) == v.Name {
			named[v.ID] = v
			s.versions[v] = 0
		}
	}
	for k := range p.Issues {
		for _, id := range p.Issues[k].Now.FixVersions {
			if v, ok := named[id]; ok {
				s.versions[v]++
			}
		}
	}
}

// Write writes the starter into a folder. It writes nothing where either file
// is there already.
func (s *Starter) Write(dir string) (paths []string, err error) {
	files := []struct{ path, text string }{
		{filepath.Join(dir, starterConfig), s.Config}, {filepath.Join(dir, starterGoals), s.Goals},
	}
	for _, f := range files {
		if _, err := os.Lstat(f.path); !errors.Is(err, os.ErrNotExist) {
			return nil, codedError{fmt.Errorf("writing the starter: %s is there already: choose another folder with --dir", f.path), ExitUsage}
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(starterGoals)), 0o750); err != nil {
		return nil, fmt.Errorf("writing the starter: %w", err)
	}
	for _, f := range files {
		if err := writeNew(f.path, f.text); err != nil {
			return paths, fmt.Errorf("writing the starter: %w", err)
		}
		paths = append(paths, f.path)
	}
	return paths, nil
}

func writeNew(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// fieldsFound reads what the client found out about the site's fields: the
// meaning, with the fields' names.
func fieldsFound(kept []byte) []string {
	var all map[string]json.RawMessage
	if json.Unmarshal(kept, &all) != nil {
		return nil
	}
	var out []string
	for _, meaning := range slices.Sorted(maps.Keys(all)) {
		var refs []struct{ ID, Name string }
		if json.Unmarshal(all[meaning], &refs) != nil {
			continue // the form's own number
		}
		for _, r := range refs {
			if r.ID != "" {
				out = append(out, meaning+": "+comment(strings.TrimSpace(r.ID+" "+r.Name)))
			}
		}
	}
	return out
}
