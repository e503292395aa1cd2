package config_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"plumbline/internal/config"
)

func at(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 12, 0, 0, 0, time.UTC) }

// beyondASchema are the faults that the loader finds and a schema cannot say:
// what compares values with one another, knows the world, or counts.
var beyondASchema = regexp.MustCompile(strings.Join([]string{
	`is (the id|the name) of .* already`, `is the id of another goal`, `there is no goal`, `goals are above themselves`,
	`is before `, `is not the date of the last of targets`, `was said on `,
	`is the same as from`,
	`is no time zone`, `is no schedule`, `never runs`, `runs more often`, `is too short`, `is no duration`, `is no address`, `is no port`,
	`holds a line break or another control character`, `holds a control character`, `holds an invisible sign`, `holds ORDER BY`, `is not closed`, `has no opening one`, `ends in a backslash`, `comes twice`,
}, "|"))

// condition is the path of an expression, which has a language of its own.
var condition = regexp.MustCompile(`stop_when\[[0-9]+\]\.when$`)

// instead are the values that stand in for each value of a file.
func instead() []any {
	return []any{
		nil, true, false, 0, 1, 5, -1, 2.5, 1e9, "", " ", "x", " x ", "X Y", "x\ny", "x\x01y", "PAY-1", "pay-1", "a@b.c", "@x", "a:b", "off", "auto", "5d", "90m", "1m", "1.5h", "5", "1w3d12h",
		"2026-12-18", "2026-02-30", "1812-01-01", "2200-01-01", "https://x", "HTTPS://x/y", "http://x?y", "ftp://x", "https://u:p@x", ":80", "x:99999",
		"@every 5m", "@every 1ms", "@hourly", "TZ=UTC", "0 0 31 2 *", "* * * * *", "jira", "field", "check_ins", "points", "done", "Local", "UTC", "customfield_1",
		long(63), long(64), long(201), long(1001), []any{}, []any{nil}, []any{"x"}, []any{"x", "x"}, []any{1}, []any{map[string]any{}},
		map[string]any{}, map[string]any{"x": 1}, map[string]any{"x": "5d"}, map[string]any{"name": "x"}, map[string]any{"from": "jira"}, map[string]any{"field": "x"},
	}
}

func long(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = 'a'
	}
	return string(b)
}

// mutations yields every file that differs from a file in one place: a value
// is another, a key is missing or unknown, an item is missing or comes twice.
func mutations(v any, yield func(what string, changed any)) {
	for i, other := range instead() {
		yield(fmt.Sprintf("value %d", i), other)
	}
	switch v := v.(type) {
	case map[string]any:
		with := func(key string, value any) map[string]any {
			m := maps.Clone(v)
			m[key] = value
			return m
		}
		yield("unknown key", with("unknown", "x"))
		for key, below := range v {
			less := maps.Clone(v)
			delete(less, key)
			yield("without "+key, less)
			mutations(below, func(what string, changed any) { yield(key+": "+what, with(key, changed)) })
		}
	case []any:
		for i, below := range v {
			yield(fmt.Sprintf("without [%d]", i), slices.Delete(slices.Clone(v), i, i+1))
			yield(fmt.Sprintf("twice [%d]", i), append(slices.Clone(v), below))
			mutations(below, func(what string, changed any) {
				s := slices.Clone(v)
				s[i] = changed
				yield(fmt.Sprintf("[%d]: %s", i, what), s)
			})
		}
	}
}

func TestSchemaAndLoaderAgreeOnEveryMutation(t *testing.T) {
	for src, k := range map[string]kind{wholeService: service(), wholeGoal: goals(), accessToken: service()} {
		t.Run(k.file, func(t *testing.T) {
			t.Parallel()
			agree(t, src, k)
		})
	}
}

func agree(t *testing.T, src string, k kind) {
	schema := k.compile(t)
	whole, err := value([]byte(src))
	if err != nil {
		t.Fatal(err)
	}
	tried, refused := 0, 0
	mutations(plain(t, whole), func(what string, changed any) {
		text, err := json.Marshal(changed)
		if err != nil {
			t.Fatal(err)
		}
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		tried++
		loaded, valid := k.load(text), schema.Validate(v)
		switch {
		case loaded == nil && valid != nil:
			t.Errorf("%s: the loader takes it, the schema does not: %v", what, valid)
		case loaded != nil && valid == nil && !excused(loaded):
			t.Errorf("%s: the schema takes it, the loader does not: %v", what, loaded)
		case loaded != nil && valid != nil:
			refused++
		}
	})
	t.Logf("%s: %d mutations, %d refused by both", k.file, tried, refused)
	if tried < 1000 || refused < tried/2 {
		t.Errorf("%s: only %d mutations were tried, %d refused by both", k.file, tried, refused)
	}
}

// excused reports whether all that the loader found is beyond a schema.
func excused(err error) bool {
	var errs config.Errors
	errors.As(err, &errs)
	for _, finding := range errs {
		if !condition.MatchString(finding.Path) && !beyondASchema.MatchString(finding.What) {
			return false
		}
	}
	return true
}

const accessToken = `sites: [{name: acme, url: "https://jira.acme.com", auth: {pat_file: p}, scope: x, limits: {in_flight: 3}}]
semantics: {decisions: {decide_within: 5d}}
store: {path: x}
`

// plain turns a value of the validator into one that can be changed.
func plain(t *testing.T, v any) any {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}
