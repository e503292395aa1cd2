package config_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"plumbline/internal/config"
)

// fuzzed fails unless a refusal is made of findings that have a place in the
// file and can be shown.
func fuzzed(t *testing.T, src []byte, err error) {
	t.Helper()
	if err == nil {
		return
	}
	var errs config.Errors
	if !errors.As(err, &errs) || len(errs) == 0 {
		t.Fatalf("refused without a finding: %v", err)
	}
	lines := bytes.Count(src, []byte("\n")) + bytes.Count(src, []byte("\r")) + 1
	for i, e := range errs {
		if e.Line < 0 || e.Line > lines+1 || (e.Line == 0) != (e.Column == 0) || e.What == "" {
			t.Errorf("finding %d is nowhere: %+v (of %d lines)", i, e, lines)
		}
		if i > 0 && e.Line < errs[i-1].Line {
			t.Errorf("finding %d is out of order", i)
		}
	}
	var page bytes.Buffer
	if err := errs.Render(&page); err != nil {
		t.Fatal(err)
	}
}

// takenIsValid fails where the loader takes what the schema refuses. What the
// YAML library's own decoder does not read is left alone.
func takenIsValid(t *testing.T, schema *jsonschema.Schema, src []byte, refused error) {
	t.Helper()
	v, err := value(src)
	if refused != nil || err != nil {
		return
	}
	if err := schema.Validate(v); err != nil {
		t.Errorf("the loader takes it, the schema does not: %v", err)
	}
}

func seed(f *testing.F, paths ...string) {
	f.Helper()
	for _, path := range paths {
		src, err := os.ReadFile(filepath.Join(shipped, path))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src)
	}
	for _, c := range unreadable() {
		if len(c.src) < 10_000 {
			f.Add([]byte(c.src))
		}
	}
}

func FuzzLoad(f *testing.F) {
	seed(f, "plumbline.yaml")
	f.Add([]byte(site))
	schema := service().compile(f)
	f.Fuzz(func(t *testing.T, src []byte) {
		c, err := config.Parse("f", src)
		fuzzed(t, src, err)
		takenIsValid(t, schema, src, err)
		if err == nil && (len(c.Sites) == 0 || c.Store.Path == "") {
			t.Error("a configuration without a site or a store was taken")
		}
	})
}

func FuzzGoals(f *testing.F) {
	seed(f, "goals/payments.yaml", "examples/aerogear/alphas.yaml")
	f.Add([]byte(wholeGoal))
	schema := goals().compile(f)
	f.Fuzz(func(t *testing.T, src []byte) {
		goals, err := config.ParseGoals(map[string][]byte{"f": src})
		fuzzed(t, src, err)
		takenIsValid(t, schema, src, err)
		if err != nil && goals != nil {
			t.Error("half a map was given")
		}
		if err != nil {
			return
		}
		ids := make(map[string]bool)
		for _, g := range goals.List {
			ids[g.ID] = true
		}
		for _, g := range goals.List {
			if g.Weight <= 0 || g.DeclaredAt == "" || g.Parent != "" && !ids[g.Parent] {
				t.Errorf("not validated: %+v", g)
			}
		}
		if len(ids) != len(goals.List) {
			t.Error("an id comes twice")
		}
	})
}

func FuzzDuration(f *testing.F) {
	for _, s := range []string{"5d", "1w2d3h", "90m", "", "-1d", "99999999999w", "1.5h"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if d, err := config.ParseDuration(s); err == nil && d < 0 {
			t.Errorf("%q is negative: %v", s, d)
		}
	})
}
