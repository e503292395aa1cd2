package jira

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/realdata"
)

func TestTheQuickReaderLeavesWhatIsOutOfTheWayToTheJSONPackage(t *testing.T) {
	for _, c := range []struct {
		name, json string
		quick      bool
	}{
		{"nothing", `{}`, true},
		{"numbers where ids and times are", ` { "total" : 2 , "histories" : [ { "id" : 5, "created":1767319445678, "items":[] } ] } `, true},
		{"strings with escapes", `{"histories":[{"author":{"name":"a\u00e9\n"},"items":[{"field":"x\\","to":null}]}]}`, true},
		{"letters beyond ASCII", `{"histories":[{"author":{"displayName":"Zoë"}}]}`, true},
		{"bytes that are no UTF-8", "{\"histories\":[{\"items\":[{\"to\":\"\xff\"}]}]}", true},
		{"values that nobody wants", `{"startAt":0,"x":[{"total":1},"]"],"histories":[{"historyMetadata":{"id":{}}}]}`, true},
		{"null for the changelog", `null`, false},
		{"null for the histories", `{"histories":null}`, false},
		{"a member twice", `{"total":1,"total":2}`, false},
		{"a name in other letters", `{"Total":1}`, false},
		{"a name with an escape", `{"t\u006ftal":1}`, false},
		{"a name with the Kelvin sign", "{\"histories\":[{\"author\":{\"\u212aey\":\"a\"}}]}", false},
		{"a number for a string", `{"histories":[{"items":[{"field":7}]}]}`, false},
		{"an object for a list", `{"histories":{}}`, false},
		{"a fraction for the total", `{"total":1.5}`, false},
		{"a number below 0", `{"total":-1}`, false},
		{"a number with a leading 0", `{"total":01}`, false},
		{"a time with an escape", `{"histories":[{"created":"2026\u002d"}]}`, false},
		{"a tab within a string", "{\"histories\":[{\"id\":\"\t\"}]}", false},
		{"something behind the end", `{}{}`, false},
		{"an end that is missing", `{"histories":[{"id":"1"}`, false},
		{"a comma too many", `{"histories":[{"id":"1"},]}`, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, ok := quickLog([]byte(c.json)); ok != c.quick {
				t.Errorf("read quickly: %v, want %v", ok, c.quick)
			}
			sameAsTheJSONPackage(t, []byte(c.json))
		})
	}
}

// sameAsTheJSONPackage compares what the quick reader understands with what the
// json package does.
func sameAsTheJSONPackage(t *testing.T, raw []byte) {
	t.Helper()
	got, ok := quickLog(raw)
	var want *wireChangelog
	err := json.Unmarshal(raw, &want)
	switch {
	case !ok:
		return
	case err == nil:
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%q (-json +quick):\n%s", raw, d)
		}
	case json.Valid(raw): // else the fault may lie in what nobody wants
		t.Errorf("%q is understood, and to the json package it is: %v", raw, err)
	}
}

func FuzzQuickLog(f *testing.F) {
	f.Add([]byte(`{"total":2,"histories":[{"id":"5","created":"2026-01-02T03:04:05.678+0000","author":{"key":"a","name":"b"},"items":[{"field":"status","fieldtype":"jira","from":"1","fromString":"Open","to":null,"toString":"\u00e9"}]},{"id":6}]}`))
	f.Add([]byte(`{"histories":[{"author":null,"historyMetadata":{"type":[1,2]},"created":1767319445678}]}`))
	f.Fuzz(sameAsTheJSONPackage)
}

func TestEveryRealChangelogIsReadQuickly(t *testing.T) {
	for _, raw := range lines(t, realdata.Open(t, "jira-aerogear.jsonl")) {
		var w struct{ Changelog json.RawMessage }
		if err := json.Unmarshal(raw, &w); err != nil {
			t.Fatal(err)
		}
		if _, ok := quickLog(w.Changelog); !ok {
			t.Errorf("left to the json package: %s", w.Changelog)
		}
		sameAsTheJSONPackage(t, w.Changelog)
	}
}
