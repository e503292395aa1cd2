package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// serviceFile writes the service's file and returns its path.
func serviceFile(t *testing.T, src string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "plumbline.yaml")
	if err := os.WriteFile(path, []byte(src), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTheStoreIsFoundWhateverElseIsWrong(t *testing.T) {
	for name, src := range map[string]string{
		"nothing is wrong":            "store: {path: p.db}\nsites: []\n",
		"an unknown key":              "stor: 1\nstore:\n  path: p.db\n  pth: q.db\n",
		"a wrong value":               "schedule: {incremental: often}\nstore: {path: p.db}\n",
		"a key that comes twice":      "goals: a\ngoals: b\nstore: {path: p.db}\n",
		"a tab before it":             "sites:\n\t- name: acme\nstore:\n  # where it lies\n\n  path: 'p.db'\ngoals: goals\n",
		"a bracket that stays open":   "store: {path: p.db}\nsites: [\n",
		"a bracket open before it":    "calendar: {workdays: [mon\nstore:\r\n  path: \"p.db\"\r\n",
		"an anchor, which isn't read": "sites: &s []\nstore: {path: p.db}\n",
		"bytes that are no text":      "goals: \xff\nstore: {path: p.db}\n",
	} {
		t.Run(name, func(t *testing.T) {
			path := serviceFile(t, src)
			got, err := StorePath(path)
			if want := filepath.Join(filepath.Dir(path), "p.db"); err != nil || got != want {
				t.Errorf("StorePath() = %q, %v, want %s", got, err, want)
			}
		})
	}
}

func TestAStoreThatIsNotNamedIsNotFound(t *testing.T) {
	for src, want := range map[string]string{
		"":                              "is empty",
		"goals: goals\n":                "store is missing",
		"store: {path: }\n":             "has no value",
		"store: p.db\n":                 "wants a mapping",
		"sites: [\nstores: {path: p}\n": "is no YAML",
	} {
		if got, err := StorePath(serviceFile(t, src)); got != "" || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("StorePath(%q) = %q, %v, want an error with %q", src, got, err, want)
		}
	}
	if _, err := StorePath(filepath.Join(t.TempDir(), "absent.yaml")); err == nil || !strings.Contains(err.Error(), "there is no such file") {
		t.Errorf("absent: %v", err)
	}
}

// What the service takes, the health check reads alike.
func FuzzStorePath(f *testing.F) {
	shipped, err := os.ReadFile("../../config/plumbline.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(shipped)
	f.Add([]byte("store:\n  path: p.db\nsites: [{name: a, url: 'https://a', auth: {pat_env: P}, scope: x}]\n"))
	f.Add([]byte("sites: [\nstore:\n  path: p.db\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		got, ok := storePath("f", src)
		c, err := Parse("f", src)
		if err == nil && (!ok || got != c.Store.Path) {
			t.Errorf("storePath() = %q, %t; the service's is %q", got, ok, c.Store.Path)
		}
		if ok != (got != "") {
			t.Errorf("storePath() = %q, %t", got, ok)
		}
	})
}
