package app_test

import (
	"bytes"
	"encoding/json"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"plumbline/internal/app"
	"plumbline/internal/flow"
	"plumbline/internal/jirasim"
	"plumbline/internal/measure"
	"plumbline/internal/store"
)

// TestNoOutputTellsOfAPerson reads everything that a running service can be
// asked for, and its log, and looks for whoever Jira names (MEASURES §9): by
// name, account, key and address, and by the pseudonym that the store holds.
func TestNoOutputTellsOfAPerson(t *testing.T) {
	company := jirasim.NewCompany(1, time.Date(2026, 11, 18, 12, 0, 0, 0, time.UTC))
	goals := "goals:\n"
	for _, file := range company.Goals {
		goals += strings.TrimPrefix(string(file), "goals:\n")
	}
	r := runWith(t, goals)
	r.await("the figures are there", func() bool {
		s := r.app.Snapshot()
		return s != nil && len(s.Goals) > 10 && s.Goals[0].Issues.Total() > 0
	})
	words := slices.Concat(persons(t, company), pseudonyms(t, r))
	if len(words) < 60 {
		t.Fatalf("only %d names and pseudonyms are known: that proves nothing", len(words))
	}
	outputs := r.everything(t, "2026-11-18T12:00:00Z")
	outputs["the log"] = r.log.String()
	shown := false
	for what, text := range outputs {
		if len(text) == 0 {
			t.Errorf("%s is empty", what)
		}
		shown = shown || strings.Contains(text, measure.MetricGoalConcentration+"{")
		for _, word := range words {
			if k := strings.Index(text, word); k >= 0 {
				t.Errorf("%s tells of %q: …%s…", what, word, text[max(0, k-60):min(len(text), k+len(word)+60)])
			}
		}
	}
	if !shown {
		t.Error("no concentration was shown at all: that proves nothing")
	}
}

// persons are all names, keys, accounts and addresses of people in the issues.
func persons(t *testing.T, c *jirasim.Company) []string {
	t.Helper()
	found := map[string]bool{}
	var look func(v any)
	look = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, x := range v {
				look(x)
			}
		case map[string]any:
			if name, is := v["displayName"].(string); is && name != "Automation for Jira" { // which is nobody
				for _, key := range []string{"displayName", "name", "key", "emailAddress", "accountId"} {
					if s, ok := v[key].(string); ok && s != "" {
						found[s] = true
					}
				}
			}
			for _, x := range v {
				look(x)
			}
		}
	}
	for _, raw := range c.Issues {
		var v any
		if err := json.Unmarshal(raw, &v); err != nil {
			t.Fatal(err)
		}
		look(v)
	}
	var all []string
	for s := range found {
		all = append(all, s)
	}
	return all
}

// pseudonyms are all that the service's store holds.
func pseudonyms(t *testing.T, r *running) []string {
	t.Helper()
	var copied bytes.Buffer
	if err := r.app.Run(t.Context(), "backup", nil, &copied); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "copy.db")
	write(t, path, copied.String())
	s, err := store.OpenReadOnly(path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	found := map[string]bool{}
	err = s.Issues(t.Context(), "", func(i *flow.Issue) error {
		found[i.Now.Assignee.String()] = true
		for k := range i.Changes {
			found[i.Changes[k].Author.String()] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	delete(found, "") // nobody
	var all []string
	for s := range found {
		all = append(all, s)
	}
	return all
}

// everything is what pages, API, metrics and commands answer, as of now and of
// the moment.
func (r *running) everything(t *testing.T, at string) map[string]string {
	t.Helper()
	paths := []string{"/metrics", "/", "/decisions", "/unlinked", "/sync", "/api/v1/goals", "/api/v1/decisions", "/api/v1/unlinked", "/api/v1/sync"}
	for _, g := range r.app.Snapshot().Goals {
		paths = append(paths, "/goals/"+g.ID, "/api/v1/goals/"+g.ID)
	}
	out := map[string]string{}
	for _, path := range paths {
		for _, when := range []string{"", "?at=" + at} {
			if path == "/metrics" && when != "" {
				continue
			}
			code, body := r.ask("GET", path+when)
			if code != 200 {
				t.Errorf("%s%s answers %d", path, when, code)
			}
			out[path+when] = body
		}
	}
	goals, err := app.PreviewArgs(filepath.Join(r.dir, "goals"))
	if err != nil {
		t.Fatal(err)
	}
	goals.Set("at", at)
	commands := map[string]url.Values{
		"goals": {"at": {at}}, "unlinked": {"at": {at}}, "decisions": {"at": {at}}, "info": {}, "dump": {}, "backtest": {},
		"stalls": {"events": {"1"}}, "lint": goals, "preview": goals,
		"backfill": {"from": {"2026-11-01T00:00:00Z"}, "to": {"2026-11-18T00:00:00Z"}, "step": {"7d"}, "as": {"text"}},
	}
	for command, args := range commands {
		var b bytes.Buffer
		if err := r.app.Run(t.Context(), command, args, &b); err != nil {
			t.Errorf("%s: %v", command, err)
		}
		out[command] = b.String()
	}
	return out
}
