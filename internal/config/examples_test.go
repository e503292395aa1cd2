package config_test

import (
	"bufio"
	"encoding/json"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/config"
	"plumbline/internal/realdata"
)

const shipped = "../../config"

func TestTheShippedServiceConfigurationLoadsWithoutAWarning(t *testing.T) {
	c, err := config.Load(filepath.Join(shipped, "plumbline.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Warnings) > 0 {
		t.Errorf("warnings: %v", c.Warnings)
	}
	if want := filepath.Join(shipped, "goals"); c.Goals != want {
		t.Errorf("the goals are looked for in %s, not in %s", c.Goals, want)
	}
	if diff := cmp.Diff(config.Default().Semantics.DiscardedResolutions, c.Semantics.DiscardedResolutions); diff != "" {
		t.Errorf("the example's discard list is said to be the default (-default +example):\n%s", diff)
	}
}

func TestEveryShippedGoalLoadsWithoutAWarning(t *testing.T) {
	var folders []string
	err := filepath.WalkDir(shipped, func(path string, e fs.DirEntry, err error) error {
		below := strings.Split(filepath.ToSlash(path), "/")
		if err == nil && e.IsDir() && (slices.Contains(below, "goals") || slices.Contains(below, "examples") && e.Name() != "examples") {
			folders = append(folders, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(folders) < 3 {
		t.Fatalf("only %v are shipped", folders)
	}
	for _, folder := range folders {
		goals, err := config.LoadGoals(folder)
		if err != nil {
			t.Error(err)
			continue
		}
		if len(goals.Warnings) > 0 {
			t.Errorf("%s: %v", folder, goals.Warnings)
		}
		if len(goals.List) == 0 {
			t.Errorf("%s declares no goal", folder)
		}
	}
}

// issue is what the examples are checked against.
type issue struct {
	Key    string `json:"key"`
	Fields struct {
		FixVersions []struct {
			Name        string `json:"name"`
			ReleaseDate string `json:"releaseDate"`
		} `json:"fixVersions"`
		Epic *struct {
			Key, Name string
		} `json:"epic"`
	} `json:"fields"`
}

func readIssues(t *testing.T, name string) []issue {
	t.Helper()
	lines := bufio.NewScanner(realdata.Open(t, name))
	lines.Buffer(nil, 4<<20)
	var issues []issue
	for lines.Scan() {
		var i issue
		if err := json.Unmarshal(lines.Bytes(), &i); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		issues = append(issues, i)
	}
	if err := lines.Err(); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return issues
}

func TestTheAeroGearExampleHasAGoalForEachDatedVersion(t *testing.T) {
	released := make(map[string]string)
	for _, i := range readIssues(t, "jira-aerogear.jsonl") {
		for _, v := range i.Fields.FixVersions {
			if v.ReleaseDate != "" {
				released[v.Name] = v.ReleaseDate
			}
		}
	}
	goals, err := config.LoadGoals(filepath.Join(shipped, "examples", "aerogear"))
	if err != nil {
		t.Fatal(err)
	}
	declared := make(map[string]string)
	for _, g := range goals.List {
		if g.ID == "aerogear-1-0-0" {
			continue
		}
		if g.Parent != "aerogear-1-0-0" {
			t.Errorf("%s has the parent %q", g.ID, g.Parent)
		}
		for _, v := range g.Work.FixVersions {
			declared[v.Name] = g.Targets[0].Date.String()
		}
	}
	if diff := cmp.Diff(released, declared); diff != "" {
		t.Errorf("versions and their dates (-Jira +example):\n%s", diff)
	}
}

func TestTheAppceleratorExampleHasTheTwelveLargestEpics(t *testing.T) {
	issues := readIssues(t, "jira-appcelerator.jsonl.gz")
	held := make(map[string]bool)
	for _, i := range issues {
		held[i.Key] = true
	}
	size, name := make(map[string]int), make(map[string]string)
	for _, i := range issues {
		if e := i.Fields.Epic; e != nil && held[e.Key] {
			size[e.Key]++
			name[e.Key] = e.Name
		}
	}
	number := func(key string) int {
		n, err := strconv.Atoi(key[strings.LastIndex(key, "-")+1:])
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	epics := slices.SortedFunc(maps.Keys(size), func(a, b string) int {
		if size[a] != size[b] {
			return size[b] - size[a]
		}
		return number(a) - number(b)
	})[:12]

	goals, err := config.LoadGoals(filepath.Join(shipped, "examples", "appcelerator"))
	if err != nil {
		t.Fatal(err)
	}
	want, got := make(map[string]string), make(map[string]string)
	for _, key := range epics {
		want[key] = name[key]
	}
	for _, g := range goals.List {
		got[g.Work.Epics[0]] = g.Name
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("epics and their names (-Jira +example):\n%s", diff)
	}
}
