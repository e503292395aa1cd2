package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"plumbline/internal/jirasim"
	"plumbline/internal/realdata"
)

// kills is how often the program is killed, in all.
var kills = flag.Int("kills", 24, "how often TestAProgramKilledAtAnyMomentLosesNothing kills the program")

// deed is what the program is doing when it is killed.
type deed struct {
	name string
	at   time.Time // by the site's clock
	from string    // a folder with the store that it begins with; "" for none
	args []string
}

// The program itself, killed at any instant, leaves a store that opens and is
// sound, and the next run ends where one that nobody killed does.
func TestAProgramKilledAtAnyMomentLosesNothing(t *testing.T) {
	p := newProgram(t)
	then, now, later := p.then, p.over, p.over.Add(48*time.Hour)
	filled, edited := filepath.Join(t.TempDir(), "filled"), filepath.Join(t.TempDir(), "edited")
	p.does(t, deed{name: "fill", at: then, args: []string{"sync"}}, filled, 0)
	p.does(t, deed{name: "edit", at: now, from: filled, args: []string{"sync"}}, edited, 0)
	deeds := []deed{
		{"full", now, "", []string{"sync", "--full"}},
		{"incremental", now, filled, []string{"sync"}},
		{"census", later, edited, []string{"sync", "--census"}},
		{"store compact", now, edited, []string{"store", "compact"}},
	}
	table := "| killed during | takes | kills | the next run went on where it stopped |\n|---|--:|--:|--:|\n"
	for n, d := range deeds {
		whole := filepath.Join(t.TempDir(), "whole")
		took, _ := p.does(t, d, whole, 0)
		want := p.must(t, whole, "store", "dump")
		random := rand.New(rand.NewPCG(5, uint64(n)))
		times, killed, resumed := (*kills+len(deeds)-1)/len(deeds), 0, 0
		for tries := 0; killed < times; tries++ {
			if tries > 10*times {
				t.Fatalf("%s: of %d kills, %d came before its end", d.name, tries, killed)
			}
			folder := t.TempDir()
			delay := time.Duration(1 + random.Int64N(int64(took)))
			lived, early := p.does(t, d, folder, delay)
			if !early {
				took = min(took, lived) // it was slow the first time
				continue
			}
			killed++
			p.must(t, folder, "store", "verify")
			if out := p.must(t, folder, d.args...); strings.Contains(out, `"resumed":true`) {
				resumed++
			}
			if got := p.must(t, folder, "store", "dump"); got != want {
				t.Errorf("%s, killed after %s: the next run ends with another store than one that nobody killed", d.name, delay)
			}
		}
		table += fmt.Sprintf("| %s | %s | %d | %d |\n", d.name, took.Round(time.Millisecond), killed, resumed)
	}
	t.Log("\n" + table)
}

// program is the program as it is built for users, and a site for it to read.
type program struct {
	path  string
	url   string
	then  time.Time // when a good part of the issues are still to come
	over  time.Time // when the site's last change has happened
	clock atomic.Int64
}

func newProgram(t *testing.T) *program {
	t.Helper()
	p := &program{path: filepath.Join(t.TempDir(), "plumbline")}
	if out, err := exec.Command("go", "build", "-o", p.path, ".").CombinedOutput(); err != nil {
		t.Fatalf("building the program: %v\n%s", err, out)
	}
	world, ids := someOf(t, "jira-appcelerator.jsonl.gz", 20)
	p.then, p.over = world.First().Add(world.Last().Sub(world.First())/3), world.Last().Add(time.Hour)
	if err := world.Alter(p.over.Add(time.Hour), jirasim.Delete(ids[3]), jirasim.Hide(ids[50]), jirasim.Archive(ids[700])); err != nil {
		t.Fatal(err)
	}
	site := httptest.NewServer(jirasim.New(world, jirasim.Options{
		PAT: "s3cret-pat", Now: func() time.Time { return time.Unix(0, p.clock.Load()).UTC() },
	}))
	t.Cleanup(site.Close)
	p.url = site.URL
	return p
}

// someOf loads each n-th issue of a dump, and returns their ids.
func someOf(t *testing.T, name string, n int) (*jirasim.World, []string) {
	t.Helper()
	var some bytes.Buffer
	var ids []string
	lines := bufio.NewScanner(realdata.Open(t, name))
	lines.Buffer(nil, 16<<20)
	for k := 0; lines.Scan(); k++ {
		if k%n != 0 {
			continue
		}
		var i struct{ ID string }
		if err := json.Unmarshal(lines.Bytes(), &i); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, i.ID)
		some.Write(append(lines.Bytes(), '\n'))
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	world, err := jirasim.LoadDump(&some)
	if err != nil {
		t.Fatal(err)
	}
	return world, ids
}

// does does a deed in a folder, and kills the program after a while unless that
// is 0. It returns how long the program lived, and whether it was killed.
func (p *program) does(t *testing.T, d deed, folder string, after time.Duration) (took time.Duration, killed bool) {
	t.Helper()
	p.furnish(t, folder, d.from)
	p.clock.Store(d.at.UnixNano())
	cmd := p.command(folder, d.args...)
	var said bytes.Buffer
	cmd.Stderr = &said
	began := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if after > 0 {
		kill := time.AfterFunc(after, func() { _ = cmd.Process.Kill() }) // it may have ended by itself
		defer kill.Stop()
	}
	err := cmd.Wait()
	took = time.Since(began)
	if after > 0 && cmd.ProcessState.ExitCode() < 0 { // ended by a signal
		return took, true
	}
	if err != nil {
		t.Fatalf("%s: %v\n%s", d.name, err, said.Bytes())
	}
	return took, false
}

// must runs the program to its end, in the time of the last deed, and returns
// its output.
func (p *program) must(t *testing.T, folder string, args ...string) string {
	t.Helper()
	cmd := p.command(folder, args...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", args, err, said.Bytes())
	}
	return string(out)
}

func (p *program) command(folder string, args ...string) *exec.Cmd {
	if args[0] == "sync" {
		args = append(args[:len(args):len(args)], "-o", "ndjson")
	}
	cmd := exec.Command(p.path, append(args[:len(args):len(args)], "--config", filepath.Join(folder, "plumbline.yaml"))...)
	cmd.Env = append(os.Environ(), "JIRA_PAT=s3cret-pat")
	return cmd
}

// furnish writes the configuration into a folder, and the store that is to be
// there with its key.
func (p *program) furnish(t *testing.T, folder, from string) {
	t.Helper()
	files := map[string][]byte{
		"plumbline.yaml": []byte("sites:\n  - name: acme\n    url: " + p.url + "\n    auth: {pat_env: JIRA_PAT}\n" +
			"    limits: {requests_per_second: 100}\n    scope: project is not EMPTY\nstore: {path: plumbline.db}\ngoals: goals.yaml\n"),
		"goals.yaml": []byte("goals:\n  - {id: all, name: All, owner: team-x, work: {epics: [PAY-1]}}\n"),
	}
	for _, name := range []string{"plumbline.db", "plumbline.db.key"} {
		if from == "" {
			continue
		}
		content, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = content
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
