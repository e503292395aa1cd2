package app_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// mayImport is the table of DESIGN §2: which packages of ours each package may
// import. Packages that only tests use stand here too.
func mayImport() map[string][]string {
	return map[string][]string{
		"flow":          {},
		"goal":          {"flow"},
		"measure":       {"flow", "goal"},
		"config":        {"flow", "goal", "measure"},
		"jira":          {"flow"},
		"store":         {"flow"},
		"syncer":        {"flow"},
		"export":        {"measure"},
		"review":        {"measure"},
		"web":           {"flow", "goal", "measure", "export", "review", "syncer"},
		"dashboard":     {"measure"},
		"jirasim":       {"flow"},
		"app":           {"flow", "goal", "measure", "config", "jira", "store", "syncer", "export", "review", "web", "dashboard", "jirasim"},
		"flow/flowtest": {"flow"},
		"realdata":      {},
	}
}

// only names the one package that may import a library.
func only() map[string]string {
	return map[string]string{
		"github.com/andygrunwald/go-jira": "jira",
		"go.etcd.io/bbolt":                "store",
		"github.com/robfig/cron/v3":       "app config", // config validates schedules
		"net/http":                        "jira jirasim web export app",
	}
}

// pure are the packages that do no IO and know no clock.
func pure() []string { return []string{"flow", "goal", "measure"} }

func TestImportsGoOneWay(t *testing.T) {
	table := mayImport()
	files := 0
	err := filepath.WalkDir("..", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		files++
		pkg := filepath.ToSlash(strings.TrimPrefix(filepath.Dir(path), ".."+string(filepath.Separator)))
		allowed, known := table[pkg]
		if !known {
			t.Errorf("package %s is not in the design's table", pkg)
			return nil
		}
		for _, name := range imports(t, path) {
			if own, ok := strings.CutPrefix(name, "plumbline/internal/"); ok && !slices.Contains(allowed, own) {
				t.Errorf("%s imports %s; package %s may import %v", path, own, pkg, allowed)
			}
			for library, owners := range only() {
				if (name == library || strings.HasPrefix(name, library+"/")) && !slices.Contains(strings.Fields(owners), pkg) {
					t.Errorf("%s imports %s, which is for package %s alone", path, name, owners)
				}
			}
			if slices.Contains(pure(), pkg) && slices.Contains([]string{"os", "io", "net", "context", "log/slog", "math/rand", "math/rand/v2"}, name) {
				t.Errorf("%s imports %s, but %s is pure", path, name, pkg)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 50 {
		t.Errorf("only %d files were looked at: is this the right folder?", files)
	}
}

func TestTheCoreKnowsNoClock(t *testing.T) {
	for _, pkg := range pure() {
		names, err := filepath.Glob(filepath.Join("..", pkg, "*.go"))
		if err != nil || len(names) == 0 {
			t.Fatalf("package %s: %v, %d files", pkg, err, len(names))
		}
		for _, name := range names {
			if !strings.HasSuffix(name, "_test.go") && strings.Contains(read(t, name), "time.Now(") {
				t.Errorf("%s asks the clock", name)
			}
		}
	}
}

func imports(t *testing.T, path string) []string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, i := range f.Imports {
		name, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, name)
	}
	return out
}
