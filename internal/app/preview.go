package app

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"plumbline/internal/config"
	"plumbline/internal/goal"
	"plumbline/internal/measure"
	"plumbline/internal/store"
)

// maxPreview bounds the goals files of a preview, together, in bytes.
const maxPreview = 16 << 20

// Preview is what becomes of the figures under another map of the goals.
type Preview struct {
	At    time.Time       `json:"at"`
	Goals int             `json:"goals"` // of the other map
	Lines []PreviewFigure `json:"lines"` // the figures that differ alone
}

// PreviewFigure is a figure that another map changes. Before and After are as
// explain shows them; empty where one of the maps has no such goal.
type PreviewFigure struct {
	Goal   string `json:"goal,omitempty"` // empty: of the organisation
	Figure string `json:"figure"`
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
}

// PreviewArgs reads the goals in a folder of *.yaml or one file, and makes the
// arguments of the command "preview" of them. What is wrong with the goals is
// a config.Errors.
func PreviewArgs(path string) (url.Values, error) {
	if _, err := config.LoadGoals(path); err != nil {
		return nil, err
	}
	files, err := goalsFiles(path)
	if err != nil {
		return nil, fmt.Errorf("reading the goals to preview: %w", err)
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if err := errors.Join(json.NewEncoder(z).Encode(files), z.Close()); err != nil {
		return nil, fmt.Errorf("packing the goals to preview: %w", err)
	}
	return url.Values{"goals": {base64.RawURLEncoding.EncodeToString(packed.Bytes())}}, nil
}

// goalsFiles reads what config.LoadGoals has read and found right.
func goalsFiles(path string) (map[string][]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		src, err := os.ReadFile(path)
		return map[string][]byte{path: src}, err
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }() // only read from
	names, err := fs.Glob(root.FS(), "*.yaml")
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, name := range names {
		if strings.HasPrefix(name, ".") {
			continue
		}
		if files[filepath.Join(path, name)], err = fs.ReadFile(root.FS(), name); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// unpackGoals reads the argument that PreviewArgs makes.
func unpackGoals(packed string) (*config.Goals, error) {
	raw, err := base64.RawURLEncoding.DecodeString(packed)
	if err != nil {
		return nil, err
	}
	z, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(z, maxPreview+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxPreview {
		return nil, fmt.Errorf("the goals hold more than %d MiB", maxPreview>>20)
	}
	var files map[string][]byte
	if err := json.Unmarshal(text, &files); err != nil {
		return nil, err
	}
	return config.ParseGoals(files)
}

func (a *App) runPreview(ctx context.Context, args url.Values, out io.Writer) error {
	goals, err := unpackGoals(args.Get("goals"))
	if err != nil {
		return codedError{fmt.Errorf("reading the goals to preview: %w", err), ExitUsage}
	}
	at, err := a.asOf(ctx, args)
	if err != nil {
		return err
	}
	p, err := a.Preview(ctx, goals.List, at)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(p)
}

// Preview measures under other goals and tells which figures differ. It leaves
// the goals in force, the snapshot and the store as they are.
func (a *App) Preview(ctx context.Context, goals []goal.Goal, at time.Time) (*Preview, error) {
	matched, err := a.matchedOrTried(ctx, goals)
	if err != nil {
		return nil, err
	}
	a.measures.Lock() // it costs as much as a measuring does
	defer a.measures.Unlock()
	asShown, err := a.asIfShown(goals)
	if err != nil {
		return nil, err
	}
	in, err := a.input(ctx, a.settings.Load().Config, asShown)
	if err != nil {
		return nil, err
	}
	in.Matched = matched
	after, err := measure.Build(in)
	if err != nil {
		return nil, err
	}
	return &Preview{At: at, Goals: len(goals), Lines: compare(a.figures.Load().history, after, at)}, nil
}

// asIfShown is what promised would return, with nothing recorded.
func (a *App) asIfShown(goals []goal.Goal) ([]goal.Goal, error) {
	goals = slices.Clone(goals)
	for k := range goals {
		g := &goals[k]
		seen, err := a.store.Targets(g.ID)
		if err != nil {
			return nil, fmt.Errorf("reading the targets of goal %s: %w", g.ID, err)
		}
		if n := len(g.Targets); n > 0 {
			last := g.Targets[n-1].Date
			if k := len(seen) - 1; k < 0 || seen[k].Date != last {
				seen = append(seen, store.SeenTarget{Date: last, Shown: a.now()})
			}
		}
		g.Targets = withUnsaid(g.Targets, seen, a.Zone())
	}
	return goals, nil
}

// compare lists the figures that differ, goal by goal, then those of the
// organisation.
func compare(before, after *measure.History, at time.Time) []PreviewFigure {
	old, next := before.Snapshot(at), after.Snapshot(at)
	var ids []string
	for _, s := range []*measure.Snapshot{old, next} {
		for k := range s.Goals {
			ids = append(ids, s.Goals[k].ID)
		}
	}
	slices.Sort(ids)
	lines := []PreviewFigure{}
	for _, id := range slices.Compact(ids) {
		lines = append(lines, compareGoal(id, before, after, at)...)
	}
	return append(lines, compareWork(old.Work, next.Work)...)
}

func compareGoal(id string, before, after *measure.History, at time.Time) []PreviewFigure {
	was, isOld := before.Explain(id, "", at)
	is, isNew := after.Explain(id, "", at)
	var out []PreviewFigure
	switch {
	case !isNew:
		return []PreviewFigure{{Goal: id, Figure: "goal", Before: "declared", After: "not declared"}}
	case !isOld:
		out = append(out, PreviewFigure{Goal: id, Figure: "goal", Before: "not declared", After: "declared"})
	}
	for _, name := range measure.Measures() {
		line := PreviewFigure{Goal: id, Figure: name, Before: shown(was, name), After: shown(is, name)}
		if line.Before != line.After {
			out = append(out, line)
		}
	}
	return out
}

// shown is a figure's value in an explanation; empty where there is none.
func shown(e *measure.Explanation, name string) string {
	if e == nil {
		return ""
	}
	k := slices.IndexFunc(e.Measures, func(m measure.ExplainedMeasure) bool { return m.Measure == name })
	if k < 0 {
		return ""
	}
	return e.Measures[k].Value
}

func compareWork(before, after []measure.ProjectShare) []PreviewFigure {
	type project struct{ site, key string }
	texts := map[project][2]string{}
	for side, shares := range [][]measure.ProjectShare{before, after} {
		for _, s := range shares {
			t := texts[project{s.Site, s.Project}]
			t[side] = fmt.Sprintf("%d of %d (%.1f %%)", s.Unlinked, s.Active, 100*s.Ratio)
			texts[project{s.Site, s.Project}] = t
		}
	}
	var out []PreviewFigure
	for p, t := range texts {
		if t[0] != t[1] {
			out = append(out, PreviewFigure{Figure: "unlinked work in " + p.site + " " + p.key, Before: t[0], After: t[1]})
		}
	}
	slices.SortFunc(out, func(a, b PreviewFigure) int { return cmp.Compare(a.Figure, b.Figure) })
	return out
}
