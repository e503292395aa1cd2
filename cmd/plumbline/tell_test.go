package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plumbline/internal/measure"
)

func TestAnInterruptionIsNeverToldAsAnAnswerAndKeepsWhatItSaysThatItKeeps(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "plumbline.yaml")
	t.Setenv("JIRA_PAT", "s3cret-pat")
	for name, src := range map[string]string{
		path: "sites: [{name: acme, url: 'http://127.0.0.1:1', auth: {pat_env: JIRA_PAT}, scope: x}]\n" +
			"store: {path: p.db}\ngoals: goals.yaml\n",
		filepath.Join(dir, "goals.yaml"): "goals: [{id: a, name: A, owner: t, work: {epics: [PAY-1]}}]\n",
	} {
		if err := os.WriteFile(name, []byte(src), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ended, stop := context.WithCancel(t.Context())
	stop()
	const kept = "what was read is kept, and the next run goes on from there"
	for _, c := range []struct {
		command string
		code    int
		kept    bool
	}{{"sync", 3, true}, {"check", 1, false}, {"store compact", 1, false}} {
		var out, errs bytes.Buffer
		code := run(ended, append(strings.Fields(c.command), "--config", path), &out, &errs)
		if told := errs.String(); code != c.code || !strings.Contains(told, "plumbline: interrupted") || strings.Contains(told, kept) != c.kept {
			t.Errorf("%s: exit code %d, and told: %s", c.command, code, told)
		}
		if strings.Contains(out.String(), "no error") {
			t.Errorf("%s answers though it was interrupted: %s", c.command, out.String())
		}
	}
}

// What Jira, a file or the network says may not drive the terminal.
func TestNoControlCharacterIsPrinted(t *testing.T) {
	const evil = "\x1b]0;owned\x07\u009b2J\r"
	var out, errs bytes.Buffer
	c := &cli{out: &out, err: &errs}
	e := measure.Explanation{Goal: evil, At: time.Unix(0, 0), Measures: []measure.ExplainedMeasure{{
		Measure: evil, Value: evil, Why: evil, Formula: evil, Inputs: []measure.ExplainedInput{{Name: evil, Value: evil}},
		Counted: []measure.Evidence{{Key: evil, What: evil, Via: evil, Also: []string{evil}}},
	}}}
	if err := writeExplanation(&out, &e); err != nil {
		t.Fatal(err)
	}
	for _, form := range []format{"table", "csv", "md"} {
		c.output = form
		if err := c.list(evidence(&e)); err != nil {
			t.Fatal(err)
		}
	}
	c.tell(usageError{os.ErrInvalid})
	c.tell(&os.PathError{Op: evil, Path: evil, Err: os.ErrInvalid})
	for _, printed := range []string{out.String(), errs.String()} {
		if printed == "" || strings.ContainsAny(printed, "\x1b\x07\r\u009b") {
			t.Errorf("printed: %q", printed)
		}
	}
}

func TestWhatJiraSaysNeitherDrivesTheTerminalNorTurnsTheLine(t *testing.T) {
	for said, want := range map[string]string{
		"a\x1b[31mred\u009b1m\r\n\x7f": "a [31mred 1m   ",
		"PAY-1 \u202etxt.exe\u2066":    "PAY-1 txt.exe",
		"ein Ärgernis, שלום":           "ein Ärgernis, שלום",
	} {
		if got := clean(said); got != want {
			t.Errorf("%q is printed as %q, want %q", said, got, want)
		}
	}
}
