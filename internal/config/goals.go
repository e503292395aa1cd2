package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"plumbline/internal/goal"
)

// Goals are all goals that are declared. They have been validated together.
type Goals struct {
	List []goal.Goal // ordered by id
	// Places are those of everything that a goal says, by the goal's id.
	Places   map[string]Places
	Warnings []Warning // in order of position
}

// LoadGoals reads the goals from a folder of *.yaml or from one file. Its
// error is Errors where the files can be read and are not right; then there
// are no goals at all, never some of them.
func LoadGoals(path string) (*Goals, error) {
	const mend = "write one like config/goals/payments.yaml of the distribution, or name another with goals:"
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, Errors{{File: path, What: "there is no such folder or file of goals", Mend: mend}}
	}
	if err != nil {
		return nil, Errors{{File: path, What: "cannot be read: " + reason(err), Mend: "see to it that the service may read it"}}
	}
	if info.IsDir() {
		return loadFolder(path)
	}
	src, err := readBounded(path)
	if err != nil {
		return nil, Errors{{File: path, What: "cannot be read: " + reason(err), Mend: "see to it that the service may read it"}}
	}
	return ParseGoals(map[string][]byte{path: src})
}

func loadFolder(path string) (*Goals, error) {
	files, unread, errs := readFolder(path)
	goals, err := ParseGoals(files)
	var found Errors
	if errors.As(err, &found) {
		errs = append(errs, found...)
	}
	if err := errs.orNil(); err != nil {
		return nil, err
	}
	if len(files) == 0 {
		goals.Warnings = append(goals.Warnings, Warning{File: path, What: "holds no *.yaml file", Mend: "declare goals in files such as team.yaml"})
	}
	goals.Warnings = append(goals.Warnings, unread...)
	sortWarnings(goals.Warnings)
	return goals, nil
}

// readFolder reads every *.yaml of a folder, by path. Names that begin with a
// dot are editors' and Kubernetes' own.
func readFolder(path string) (files map[string][]byte, unread []Warning, errs Errors) {
	files = make(map[string][]byte)
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, nil, Errors{{File: path, What: "cannot be read: " + reason(err), Mend: "see to it that the service may read it"}}
	}
	defer func() { _ = root.Close() }() // only read from
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return nil, nil, Errors{{File: path, What: "cannot be read: " + reason(err), Mend: "see to it that the service may read it"}}
	}
	for _, e := range entries {
		name, file := e.Name(), filepath.Join(path, e.Name())
		if strings.HasPrefix(name, ".") {
			continue
		}
		switch {
		case filepath.Ext(name) == ".yml":
			unread = append(unread, Warning{File: file, What: "is not read", Mend: "name it *.yaml"})
		case e.IsDir():
			unread = append(unread, Warning{File: file, What: "is a folder within the folder of goals, and is not read", Mend: "put its files one level up"})
		case filepath.Ext(name) == ".yaml":
			src, f := readWithin(root, e)
			if f != nil {
				errs = append(errs, Error{File: file, What: f.what, Mend: f.mend})
				continue
			}
			files[file] = src
		}
	}
	return files, unread, errs
}

// readWithin reads a file of a folder. A link may lead to another file below
// the folder, as Kubernetes lays them, and nowhere else.
func readWithin(root *os.Root, e fs.DirEntry) ([]byte, *fault) {
	const mend = "see to it that the service may read it"
	info, err := root.Stat(e.Name())
	if err != nil {
		if e.Type()&fs.ModeSymlink != 0 && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) {
			return nil, &fault{"is a link that leads out of its folder", "put the file itself there"}
		}
		return nil, &fault{"cannot be read: " + reason(err), mend}
	}
	if !info.Mode().IsRegular() {
		return nil, &fault{"cannot be read: " + errNotRegular.Error(), "name another file *.yaml"}
	}
	f, err := root.Open(e.Name())
	if err != nil {
		return nil, &fault{"cannot be read: " + reason(err), mend}
	}
	defer func() { _ = f.Close() }() // only read from
	src, err := io.ReadAll(io.LimitReader(f, MaxFileBytes+1))
	if err != nil {
		return nil, &fault{"cannot be read: " + reason(err), mend}
	}
	return src, nil
}

// ParseGoals is LoadGoals for files that have been read, by path.
func ParseGoals(files map[string][]byte) (*Goals, error) {
	var (
		errs  Errors
		warns []Warning
		all   []declared
	)
	for _, file := range sortedKeys(files) {
		d := goalsDecoder(file)
		if root := d.parse(files[file]); root != nil {
			all = append(all, d.goals(node{Node: root})...)
		}
		errs = append(errs, d.errs...)
		warns = append(warns, d.warns...)
	}
	errs = append(errs, together(all)...)
	if err := errs.orNil(); err != nil {
		return nil, err
	}
	goals := &Goals{List: make([]goal.Goal, len(all)), Places: make(map[string]Places, len(all)), Warnings: warns}
	for i := range all {
		goals.List[i] = all[i].Goal
		goals.Places[all[i].ID] = all[i].places
	}
	slices.SortFunc(goals.List, func(a, b goal.Goal) int { return strings.Compare(a.ID, b.ID) })
	sortWarnings(goals.Warnings)
	return goals, nil
}

func goalsDecoder(file string) *decoder {
	return &decoder{
		file:      file,
		unused:    unusedIn(notYetUsed()),
		mayBeNull: func(path string) bool { return normal(path) == "goals.decisions.decided" },
	}
}

// together finds what only all goals together can tell: ids that are taken
// twice, parents that are not there, and goals that are above themselves.
func together(all []declared) Errors {
	var errs Errors
	byID := make(map[string]*declared, len(all))
	for i := range all {
		g := &all[i]
		if g.ID == "" {
			continue // its fault has been told
		}
		if first, twice := byID[g.ID]; twice {
			errs = append(errs, g.finding("id", fmt.Sprintf("%s is the id of another goal, at %s", quoted(g.ID), first.at("id")), "give each goal an id of its own"))
			continue
		}
		byID[g.ID] = g
	}
	for i := range all {
		g := &all[i]
		if g.Parent == "" {
			continue
		}
		if byID[g.ID] != g {
			continue // it isn't the one that others mean
		}
		if byID[g.Parent] == nil {
			errs = append(errs, g.finding("parent", "there is no goal "+quoted(g.Parent), suggestGoal(g.Parent, byID)))
		} else if circle := circleFrom(g, byID); circle != nil && slices.Min(circle) == g.ID {
			errs = append(errs, g.finding("parent", "goals are above themselves: "+strings.Join(append(circle, circle[0]), " → "), "remove one of these parents"))
		}
	}
	return errs
}

func suggestGoal(id string, byID map[string]*declared) string {
	known := sortedKeys(byID)
	if s := suggestion(id, known); strings.HasPrefix(s, "did you mean") {
		return s
	}
	return "declare it, or remove the parent"
}

// circleFrom returns the ids from a goal upwards back to itself; nil where the
// way up ends, or where it runs into a circle that the goal is no part of.
func circleFrom(g *declared, byID map[string]*declared) []string {
	circle := []string{g.ID}
	passed := map[string]bool{g.ID: true}
	for up := byID[g.Parent]; up != nil; up = byID[up.Parent] {
		if up.ID == g.ID {
			return circle
		}
		if passed[up.ID] {
			return nil
		}
		passed[up.ID] = true
		circle = append(circle, up.ID)
	}
	return nil
}
