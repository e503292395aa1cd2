package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"plumbline/internal/config"
)

// A folder in which one file is bad gives no goal at all, and says what is
// wrong with that file.
func TestOneBadFileInAFolderGivesNoMapAtAll(t *testing.T) {
	const one = "goals:\n  - {id: right, name: Right, owner: t, work: {epics: [PAY-1]}}\n"
	for _, c := range []struct{ name, bad, want string }{
		{"a cycle of parents", "goals:\n  - {id: a, name: A, parent: c}\n  - {id: b, name: B, parent: a}\n  - {id: c, name: C, parent: b}\n",
			"F:2:30: goals[0].parent: goals are above themselves: a → c → b → a; remove one of these parents"},
		{"a cycle beside the right goal", "goals:\n  - {id: a, name: A, parent: b}\n  - {id: b, name: B, parent: b}\n",
			"F:3:30: goals[1].parent: goals are above themselves: b → b; remove one of these parents"},
		{"a key that comes twice", "goals:\n  - id: a\n    name: A\n    owner: t\n    owner: u\n",
			"F:5:5: goals[0].owner: the key comes twice; it stands in line 4 already; keep one"},
		{"the list of goals twice", "goals: []\ngoals: []\n", "F:2:1: goals: the key comes twice; it stands in line 1 already; keep one"},
		{"an id of another file", one, `F:2:10: goals[0].id: "right" is the id of another goal, at D/a.yaml:2; give each goal an id of its own`},
		{"a second document", one + "---\ngoals: []\n", "F:3:1: a second document is not taken; put it into a file of its own"},
		{"anchors that would explode, the first of its faults", laughs(), "F:1:5: anchors and aliases are not taken; write the value out; text that begins with & or * needs quotes\n"},
		{"ten megabytes", "goals: []\n" + strings.Repeat("# and so on\n", 10<<20/12), "F: is larger than 1 MiB; split it into several files"},
		{"another encoding", "goals:\n  - {id: a, name: \"Caf\xe9\", owner: t}\n", "F:2:23: is not UTF-8 text; save it as UTF-8"},
		{"UTF-16", "\xff\xfeg\x00o\x00a\x00l\x00s\x00:\x00", "F:1:1: is not UTF-8 text; save it as UTF-8"},
		{"a parent by another key", "goals:\n  - {id: a, name: A, perant: right}\n", `F:2:22: goals[0].perant: unknown key "perant"; did you mean "parent"?`},
		{"a parent by another id", "goals:\n  - {id: a, name: A, parent: rihgt}\n", `F:2:30: goals[0].parent: there is no goal "rihgt"; did you mean "right"?`},
	} {
		t.Run(c.name, func(t *testing.T) {
			folder := t.TempDir()
			bad := filepath.Join(folder, "b.yaml")
			for name, text := range map[string]string{"a.yaml": one, "b.yaml": c.bad} {
				if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			goals, err := config.LoadGoals(folder)
			if goals != nil || err == nil {
				t.Fatalf("gave %v, %v", goals, err)
			}
			want := strings.NewReplacer("F:", bad+":", "D/", folder+"/").Replace(c.want)
			got := err.Error()
			if first, _, many := strings.Cut(got, "\n"); many && strings.HasSuffix(want, "\n") {
				got = first + "\n"
			}
			if got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// laughs is a file of nine lines that would unfold to a billion words.
func laughs() string {
	var b strings.Builder
	b.WriteString("a0: &a0 [lol]\n")
	for i := 1; i < 10; i++ {
		fmt.Fprintf(&b, "a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10), ", "))
	}
	return b.String() + "goals: *a9\n"
}

func TestAHugeFileIsNotReadWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "huge.yaml")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Truncate(1 << 40); err != nil { // a hole: it takes no room
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err = config.LoadGoals(path)
	runtime.ReadMemStats(&after)
	if err == nil || err.Error() != path+": is larger than 1 MiB; split it into several files" {
		t.Errorf("got %v", err)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 32<<20 {
		t.Errorf("reading it took %d MiB", took>>20)
	}
}

func TestASecretThatCannotBeReadIsNamedByItsFile(t *testing.T) {
	folder := t.TempDir()
	loop := filepath.Join(folder, "loop")
	if err := os.Symlink("loop", loop); err != nil {
		t.Fatal(err)
	}
	below := filepath.Join(folder, "file")
	if err := os.WriteFile(below, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{
		folder:                         "reading the secret file " + folder + ": it is no regular file",
		loop:                           "reading the secret file: stat " + loop + ": too many levels of symbolic links",
		filepath.Join(below, "secret"): "reading the secret file: stat " + filepath.Join(below, "secret") + ": not a directory",
		filepath.Join(folder, "none"):  "reading the secret file: stat " + filepath.Join(folder, "none") + ": no such file or directory",
		"/dev/zero":                    "reading the secret file /dev/zero: it is no regular file",
	} {
		s := config.Site{Name: "acme", Auth: config.Auth{PATFile: file}}
		if got, err := s.Secret(); got != "" || err == nil || err.Error() != want {
			t.Errorf("got %q, %v\nwant %s", got, err, want)
		}
	}
}
