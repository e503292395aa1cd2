package jirasim

import (
	"bytes"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestTheSameSeedAndPresentGiveTheSameBytes(t *testing.T) {
	for seed := range uint64(5) {
		now := presentDay.Add(time.Duration(seed) * 400 * time.Hour)
		a, b := NewCompany(seed, now), NewCompany(seed, now.Truncate(time.Minute))
		if !slices.EqualFunc(a.Issues, b.Issues, bytes.Equal) || !maps.EqualFunc(a.Goals, b.Goals, bytes.Equal) {
			t.Errorf("seed %d: two calls within one minute differ", seed)
		}
	}
}

func TestAnotherSeedTellsAnotherStory(t *testing.T) {
	if slices.EqualFunc(NewCompany(1, presentDay).Issues, NewCompany(2, presentDay).Issues, bytes.Equal) {
		t.Fatal("seeds 1 and 2 give the same issues")
	}
}

func TestAnotherPresentShiftsTheTimesAlone(t *testing.T) {
	times := regexp.MustCompile(`\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d\.000[+-]\d{4})?`)
	still := func(b []byte) string { return times.ReplaceAllString(string(b), "TIME") }
	a := NewCompany(3, presentDay)
	for _, days := range []int{5, 64, 200} {
		b := NewCompany(3, presentDay.AddDate(0, 0, days))
		if len(a.Issues) != len(b.Issues) {
			t.Fatalf("%d days later there are %d issues rather than %d", days, len(b.Issues), len(a.Issues))
		}
		for n := range a.Issues {
			if diff := cmp.Diff(still(a.Issues[n]), still(b.Issues[n])); diff != "" {
				t.Fatalf("issue %d differs %d days later in more than times:\n%s", n, days, diff)
			}
		}
		for name := range a.Goals {
			if diff := cmp.Diff(still(a.Goals[name]), still(b.Goals[name])); diff != "" {
				t.Fatalf("%s differs %d days later in more than times:\n%s", name, days, diff)
			}
		}
	}
}

func TestAWeekLaterEverythingHappensAWeekLater(t *testing.T) {
	a, b := readCompany(t, NewCompany(3, presentDay)), readCompany(t, NewCompany(3, presentDay.AddDate(0, 0, 7)))
	zone := newAlmanac(presentDay).monday.Location()
	for n := range a {
		for k, h := range a[n].Changelog.Histories {
			want := h.Created.In(zone).AddDate(0, 0, 7)
			if got := b[n].Changelog.Histories[k].Created.Time; !got.Equal(want) {
				t.Fatalf("%s: history %d is at %v, want %v", a[n].Key, k, got, want)
			}
		}
	}
}

func TestIdsAndKeysAreUniqueAndIssuesComeById(t *testing.T) {
	keys, histories, last := map[string]bool{}, map[int]bool{}, 0
	for _, i := range readCompany(t, NewCompany(1, presentDay)) {
		if i.ID <= last || keys[i.Key] {
			t.Errorf("%s with id %d comes after id %d, or its key came before", i.Key, i.ID, last)
		}
		last, keys[i.Key] = i.ID, true
		for _, h := range i.Changelog.Histories {
			if histories[h.ID] {
				t.Errorf("%s: history %d came before", i.Key, h.ID)
			}
			histories[h.ID] = true
		}
	}
}

func TestHistoriesAreSortedAndBeginAfterTheCreation(t *testing.T) {
	for seed := range uint64(3) {
		for _, i := range readCompany(t, NewCompany(seed, presentDay)) {
			last, id := i.Fields.Created.Time, 0
			for n, h := range i.Changelog.Histories {
				if h.Created.Before(last) || h.ID <= id || n == 0 && !h.Created.After(last) {
					t.Errorf("%s: history %d at %v follows %d at %v", i.Key, h.ID, h.Created, id, last)
				}
				if len(h.Items) == 0 {
					t.Errorf("%s: history %d is empty", i.Key, h.ID)
				}
				last, id = h.Created.Time, h.ID
			}
			if !i.Fields.Updated.Equal(last) {
				t.Errorf("%s: updated is %v, its last change is at %v", i.Key, i.Fields.Updated, last)
			}
			if i.Changelog.Total != len(i.Changelog.Histories) {
				t.Errorf("%s: %d histories are announced, %d come", i.Key, i.Changelog.Total, len(i.Changelog.Histories))
			}
		}
	}
}

// field returns the present value of a field as the changelog would write it:
// its id and its text.
func (i *toldIssue) present(t *testing.T, field string) (id, text string) {
	t.Helper()
	raw := i.raw[map[string]string{"Epic Link": "customfield_10014", "Story Points": "customfield_10016", "Flagged": "customfield_10021"}[field]]
	if raw == nil {
		raw = i.raw[field]
	}
	if string(raw) == "null" || raw == nil {
		return "", ""
	}
	switch field {
	case "duedate":
		return strings.Trim(string(raw), `"`), strings.Trim(string(raw), `"`) + " 00:00:00.0"
	case "Epic Link":
		return "", strings.Trim(string(raw), `"`)
	case "Story Points":
		return "", string(raw)
	case "labels":
		var labels []string
		if err := json.Unmarshal(raw, &labels); err != nil {
			t.Fatal(err)
		}
		return "", strings.Join(labels, " ")
	case "Flagged":
		return "[10019]", "Impediment"
	case "assignee":
		var who struct{ Name, DisplayName string }
		if err := json.Unmarshal(raw, &who); err != nil {
			t.Fatal(err)
		}
		return who.Name, who.DisplayName
	}
	var v toldNamed
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	return v.ID, v.Name
}

func TestReplayingTheChangelogEndsAtTheFields(t *testing.T) {
	single := []string{"status", "resolution", "issuetype", "priority", "assignee", "duedate", "Epic Link", "Story Points", "Flagged", "labels"}
	for seed := range uint64(3) {
		for _, i := range readCompany(t, NewCompany(seed, presentDay)) {
			for _, field := range single {
				var steps [][2]string
				for _, h := range i.Changelog.Histories {
					for _, it := range h.Items {
						if it.Field == field {
							steps = append(steps, [2]string{orEmpty(it.FromString), orEmpty(it.ToString)})
						}
					}
				}
				_, end := i.present(t, field)
				for n, s := range steps {
					if n > 0 && s[0] != steps[n-1][1] {
						t.Errorf("%s: %s goes on from %q after it became %q", i.Key, field, s[0], steps[n-1][1])
					}
				}
				if n := len(steps); n > 0 && steps[n-1][1] != end {
					t.Errorf("%s: %s is %q, its changelog ends at %q", i.Key, field, end, steps[n-1][1])
				}
			}
			i.checkElements(t, "Fix Version", i.Fields.FixVersions)
			i.checkElements(t, "Component", i.Fields.Components)
			i.checkResolution(t)
		}
	}
}

// checkElements replays a field of many values backwards and then forwards.
func (i *toldIssue) checkElements(t *testing.T, field string, now []toldNamed) {
	t.Helper()
	held := map[string]bool{}
	for _, v := range now {
		held[v.ID] = true
	}
	for _, h := range slices.Backward(i.Changelog.Histories) {
		for _, it := range slices.Backward(h.Items) {
			if it.Field != field {
				continue
			}
			if (it.From == nil) == (it.To == nil) {
				t.Errorf("%s: an item of %s holds more or less than one element", i.Key, field)
			}
			if it.To != nil && !held[*it.To] || it.From != nil && held[*it.From] {
				t.Errorf("%s: history %d of %s doesn't lead to the elements behind it", i.Key, h.ID, field)
			}
			delete(held, orEmpty(it.To))
			if it.From != nil {
				held[*it.From] = true
			}
		}
	}
}

// checkResolution tests that the resolution is dated as it was set, and that
// done and resolved agree.
func (i *toldIssue) checkResolution(t *testing.T) {
	t.Helper()
	var at time.Time
	for _, h := range i.Changelog.Histories {
		for _, it := range h.Items {
			if it.Field == "resolution" {
				at = h.Created.Time
			}
		}
	}
	f := &i.Fields
	if done := f.Status.StatusCategory.Key == "done"; done != (f.Resolution != nil) || done != (f.ResolutionDate != nil) {
		t.Errorf("%s: in status %q with resolution %v", i.Key, f.Status.Name, f.Resolution)
	} else if done && !f.ResolutionDate.Equal(at) {
		t.Errorf("%s: resolved at %v, its changelog says %v", i.Key, f.ResolutionDate, at)
	}
}

func TestLinksStandOnBothSidesAndInTheChangelog(t *testing.T) {
	type side struct {
		from, to string
		blocks   bool
	}
	fields, log := map[side]bool{}, map[side]bool{}
	for _, i := range readCompany(t, NewCompany(1, presentDay)) {
		var links []struct{ InwardIssue, OutwardIssue *struct{ Key string } }
		if err := json.Unmarshal(i.raw["issuelinks"], &links); err != nil {
			t.Fatal(err)
		}
		for _, l := range links {
			if l.OutwardIssue != nil {
				fields[side{i.Key, l.OutwardIssue.Key, true}] = true
			} else {
				fields[side{i.Key, l.InwardIssue.Key, false}] = true
			}
		}
		for _, h := range i.Changelog.Histories {
			for _, it := range h.Items {
				if it.Field == "Link" {
					log[side{i.Key, orEmpty(it.To), strings.HasPrefix(orEmpty(it.ToString), "This issue blocks ")}] = true
				}
			}
		}
	}
	if len(fields) < 20 {
		t.Errorf("only %d sides of links", len(fields))
	}
	if diff := cmp.Diff(log, fields); diff != "" {
		t.Errorf("the links in the changelog (-) aren't those of the fields (+):\n%s", diff)
	}
	for s := range fields {
		if !fields[side{s.to, s.from, !s.blocks}] {
			t.Errorf("the link from %s to %s has no other side", s.from, s.to)
		}
	}
}

// The processor's time is measured, not the wall's: what else the machine does
// is no fault of the company's.
func TestTheCompanyIsMadeInTime(t *testing.T) {
	spent := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			t.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	best := time.Hour
	for range 5 {
		start := spent()
		NewCompany(1, presentDay)
		best = min(best, spent()-start)
	}
	if best > 300*time.Millisecond {
		t.Errorf("the best of five took %v, want at most 300 ms", best)
	}
	t.Logf("the best of five took %v", best)
}

func TestWriteDumpWritesOneIssueALine(t *testing.T) {
	c := NewCompany(1, presentDay)
	var b bytes.Buffer
	if err := c.WriteDump(&b); err != nil {
		t.Fatal(err)
	}
	lines := bytes.Split(bytes.TrimSuffix(bytes.Clone(b.Bytes()), []byte("\n")), []byte("\n"))
	if !slices.EqualFunc(lines, c.Issues, bytes.Equal) {
		t.Errorf("%d lines don't hold the %d issues", len(lines), len(c.Issues))
	}
	w, err := LoadDump(&b)
	if err != nil {
		t.Fatalf("the simulated site doesn't take the dump: %v", err)
	}
	if w.Len() != len(c.Issues) || w.Truncated() != 0 {
		t.Errorf("the simulated site has %d issues, %d of them truncated; want %d and none", w.Len(), w.Truncated(), len(c.Issues))
	}
}
