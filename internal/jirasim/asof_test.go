package jirasim_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/jirasim"
	"plumbline/internal/realdata"
)

// dumped is an issue as the dump has it.
type dumped struct {
	ID, Key   string
	Fields    map[string]any
	Changelog struct{ Histories []dumpedHistory }
}

type dumpedHistory struct {
	ID, Created string
	Items       []dumpedItem
	at          time.Time
}

type dumpedItem struct {
	Field, From, FromString, To string
	ToString                    string `json:"toString"`
}

func readDump(tb testing.TB, name string) []dumped {
	tb.Helper()
	lines := bufio.NewScanner(realdata.Open(tb, name))
	lines.Buffer(nil, 16<<20)
	var all []dumped
	for lines.Scan() {
		var d dumped
		if err := json.NewDecoder(bytes.NewReader(lines.Bytes())).Decode(&d); err != nil {
			tb.Fatal(err)
		}
		for n := range d.Changelog.Histories {
			h := &d.Changelog.Histories[n]
			h.at = instantOf(tb, h.Created)
		}
		all = append(all, d)
	}
	return all
}

// fold tells by replaying the changelog forwards what the issue's fields were
// at the time: a field's first value is where its first item comes from, or
// its present value if it has no item.
func (d *dumped) fold(at time.Time) map[string]any {
	state := map[string]any{
		"status": idOf(d.Fields["status"]), "resolution": idOf(d.Fields["resolution"]), "priority": idOf(d.Fields["priority"]),
		"issuetype": idOf(d.Fields["issuetype"]), "assignee": nameOf(d.Fields["assignee"], "name"),
		"parent": nameOf(d.Fields["parent"], "key"), "summary": d.Fields["summary"], "labels": joined(d.Fields["labels"]),
	}
	sets := map[string]map[string]bool{"Fix Version": idsOf(d.Fields["fixVersions"]), "Component": idsOf(d.Fields["components"]), "Version": idsOf(d.Fields["versions"])}
	first := map[string]bool{}
	touched := map[string]bool{}
	each := func(visit func(h *dumpedHistory, name string, it dumpedItem, from, to string)) {
		for n := range d.Changelog.Histories {
			h := &d.Changelog.Histories[n]
			for _, it := range h.Items {
				name, from, to := it.Field, it.From, it.To
				switch name {
				case "Parent", "Parent Issue":
					name, from, to = "parent", it.FromString, it.ToString
				case "summary", "labels":
					from, to = it.FromString, it.ToString
				}
				visit(h, name, it, from, to)
			}
		}
	}
	each(func(_ *dumpedHistory, name string, it dumpedItem, from, to string) {
		if set := sets[name]; set != nil {
			if element := name + from + to; !touched[element] {
				touched[element] = true
				delete(set, to)
				if from != "" {
					set[from] = true
				}
			}
		} else if _, followed := state[name]; followed && !first[name] {
			state[name], first[name] = from, true
		}
	})
	each(func(h *dumpedHistory, name string, it dumpedItem, from, to string) {
		if h.at.After(at) {
			return
		}
		if set := sets[name]; set != nil {
			delete(set, from)
			if to != "" {
				set[to] = true
			}
		} else if _, followed := state[name]; followed {
			state[name] = to
		}
	})
	for name, set := range sets {
		state[name] = strings.Join(slices.Sorted(maps.Keys(set)), " ")
	}
	return state
}

// rendered is the same of an issue as the site shows it.
func rendered(i *shown) map[string]any {
	list := func(name string) string {
		return strings.Join(slices.Sorted(maps.Keys(idsOf(i.Fields[name]))), " ")
	}
	return map[string]any{
		"status": idOf(i.Fields["status"]), "resolution": idOf(i.Fields["resolution"]), "priority": idOf(i.Fields["priority"]),
		"issuetype": idOf(i.Fields["issuetype"]), "assignee": nameOf(i.Fields["assignee"], "name"),
		"parent": nameOf(i.Fields["parent"], "key"), "summary": i.Fields["summary"], "labels": joined(i.Fields["labels"]),
		"Fix Version": list("fixVersions"), "Component": list("components"), "Version": list("versions"),
	}
}

func idOf(v any) string { return nameOf(v, "id") }

func nameOf(v any, name string) string {
	m, _ := v.(map[string]any)
	s, _ := m[name].(string)
	return s
}

func idsOf(v any) map[string]bool {
	ids := map[string]bool{}
	list, _ := v.([]any)
	for _, one := range list {
		ids[idOf(one)] = true
	}
	return ids
}

func joined(v any) string {
	list, _ := v.([]any)
	var all []string
	for _, one := range list {
		all = append(all, one.(string))
	}
	return strings.Join(all, " ")
}

func TestAtAnyMomentTheFieldsAreTheChangelogReplayedUpToIt(t *testing.T) {
	dump := readDump(t, "jira-aerogear.jsonl")
	w := loadReal(t, "jira-aerogear.jsonl")
	s := serve(t, w, w.Last(), jirasim.Options{})
	var moments []time.Time
	for _, d := range dump {
		moments = append(moments, instantOf(t, d.Fields["created"].(string)))
		for _, h := range d.Changelog.Histories {
			moments = append(moments, h.at, h.at.Add(-time.Millisecond))
		}
	}
	slices.SortFunc(moments, time.Time.Compare)
	for n := 0; n < len(moments); n += 23 {
		at := moments[n]
		s.clock.at = at
		issues := s.all("ORDER BY key")
		byKey := map[string]*shown{}
		for k := range issues {
			byKey[issues[k].Key] = &issues[k]
		}
		for k := range dump {
			d := &dump[k]
			i := byKey[d.Key]
			if exists := !instantOf(t, d.Fields["created"].(string)).After(at); exists != (i != nil) {
				t.Fatalf("%s at %s: created %s, shown: %v", d.Key, at, d.Fields["created"], i != nil)
			} else if !exists {
				continue
			}
			if want, got := d.fold(at), rendered(i); !reflect.DeepEqual(want, got) {
				t.Fatalf("%s at %s (-replayed +shown):\n%s", d.Key, at, cmp.Diff(want, got))
			}
			checkTimes(t, d, i, at)
		}
	}
}

// checkTimes checks what follows from the past rather than standing in it.
func checkTimes(t *testing.T, d *dumped, i *shown, at time.Time) {
	t.Helper()
	visible := 0
	last := instantOf(t, d.Fields["created"].(string))
	for _, h := range d.Changelog.Histories {
		if !h.at.After(at) {
			visible++
			last = h.at
		}
	}
	if i.Changelog.Total != visible || len(i.Changelog.Histories) != visible {
		t.Errorf("%s at %s: %d histories shown, want %d", d.Key, at, len(i.Changelog.Histories), visible)
	}
	updated := instantOf(t, i.Fields["updated"].(string))
	want := instantOf(t, d.Fields["updated"].(string))
	if want.After(at) {
		want = last
	}
	if !updated.Equal(want) {
		t.Errorf("%s at %s: updated %s, want %s", d.Key, at, updated, want)
	}
	resolved, _ := i.Fields["resolutiondate"].(string)
	if (resolved != "") != (idOf(i.Fields["resolution"]) != "") {
		t.Errorf("%s at %s: resolution %v, resolutiondate %q", d.Key, at, i.Fields["resolution"], resolved)
	}
	if resolved != "" && instantOf(t, resolved).After(at) {
		t.Errorf("%s at %s: resolved in the future, %s", d.Key, at, resolved)
	}
}

func TestAtTheEndEverythingIsAsInTheDump(t *testing.T) {
	for _, name := range []string{"jira-aerogear.jsonl", "jira-appcelerator.jsonl.gz"} {
		t.Run(name, func(t *testing.T) {
			dump := readDump(t, name)
			w := loadReal(t, name)
			if w.Len() != len(dump) {
				t.Fatalf("%d issues, the dump has %d", w.Len(), len(dump))
			}
			s := serve(t, w, w.Last(), jirasim.Options{MaxResults: 1000, Zone: time.FixedZone("far", 9*3600)})
			byID := map[string]shown{}
			for _, i := range s.all("ORDER BY created, key", "*all") {
				byID[i.ID] = i
			}
			for _, d := range dump {
				i, ok := byID[d.ID]
				if !ok || i.Key != d.Key {
					t.Fatalf("%s: shown as %q", d.Key, i.Key)
				}
				fromAgile(d.Fields)
				if want, got := normal(d.Fields), normal(i.Fields); !reflect.DeepEqual(want, got) {
					t.Fatalf("%s (-dump +shown):\n%s", d.Key, cmp.Diff(want, got))
				}
				if len(i.Changelog.Histories) != len(d.Changelog.Histories) {
					t.Fatalf("%s: %d histories, the dump has %d", d.Key, len(i.Changelog.Histories), len(d.Changelog.Histories))
				}
				for n, h := range i.Changelog.Histories {
					if want := d.Changelog.Histories[n]; h.ID != want.ID || !instantOf(t, h.Created).Equal(want.at) || len(h.Items) != len(want.Items) {
						t.Fatalf("%s: history %+v, want %+v", d.Key, h, want)
					}
				}
			}
		})
	}
}

// fromAgile gives the agile API's fields the form of the platform's.
func fromAgile(fields map[string]any) {
	if epic, ok := fields["epic"].(map[string]any); ok {
		fields["customfield_10008"] = epic["key"]
		delete(fields, "epic")
	}
	if flagged, ok := fields["flagged"].(bool); ok {
		delete(fields, "flagged")
		fields["customfield_10009"] = nil
		if flagged {
			fields["customfield_10009"] = []any{map[string]any{"value": "Impediment", "id": "10000"}}
		}
	}
}

// normal leaves the instants of fields comparable whatever their zone, and
// the made-up epic names out.
func normal(fields map[string]any) map[string]any {
	out := map[string]any{}
	for name, v := range fields {
		if s, ok := v.(string); ok && len(s) == len("2006-01-02T15:04:05.000-0700") {
			if at, err := time.Parse("2006-01-02T15:04:05.000-0700", s); err == nil {
				v = at.UnixMilli()
			}
		}
		if name != "customfield_10010" {
			out[name] = v
		}
	}
	return out
}

func TestAnIssueWithoutAChangelogIsOpenUntilItsResolution(t *testing.T) {
	dump := readDump(t, "jira-appcelerator.jsonl.gz")
	w := loadReal(t, "jira-appcelerator.jsonl.gz")
	s := serve(t, w, date("2014-06-15 12:00"), jirasim.Options{})
	at := s.clock.at
	byID := map[string]shown{}
	for _, i := range s.all("", "status", "resolution", "resolutiondate", "updated") {
		byID[i.ID] = i
	}
	open := 0
	for _, d := range dump {
		i, shown := byID[d.ID]
		if exists := !instantOf(t, d.Fields["created"].(string)).After(at); exists != shown {
			t.Fatalf("%s: shown %v, want %v", d.Key, shown, exists)
		} else if !exists {
			continue
		}
		want := idOf(d.Fields["status"])
		resolved, _ := d.Fields["resolutiondate"].(string)
		later := resolved != "" && instantOf(t, resolved).After(at)
		if later {
			want = "1"
			open++
		}
		if got := idOf(i.Fields["status"]); got != want {
			t.Errorf("%s: status %s, want %s", d.Key, got, want)
		}
		if got, _ := i.Fields["resolutiondate"].(string); (got == "") != (resolved == "" || later) {
			t.Errorf("%s: resolutiondate %q, in the dump %q", d.Key, got, resolved)
		}
		if instantOf(t, i.Fields["updated"].(string)).After(at) {
			t.Errorf("%s: updated in the future", d.Key)
		}
		if i.Changelog == nil || i.Changelog.Total != 0 || i.Changelog.Histories == nil {
			t.Fatalf("%s: changelog %+v, want an empty one", d.Key, i.Changelog)
		}
	}
	if open == 0 {
		t.Error("no issue was open that is done now")
	}
}
