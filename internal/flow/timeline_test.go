package flow_test

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
)

func TestStateAtEveryMomentOfALife(t *testing.T) {
	issue := flowtest.New(t, "PAY-7", "2026-01-05 09:00").
		Moves("2026-01-06 10:00", flowtest.Doing).
		Versioned("2026-01-06 10:00", "3.2").
		Joins("2026-01-07 08:00", "PAY-1").
		Resolves("2026-01-09 17:00", "Done").
		Reopens("2026-01-12 09:00", flowtest.ToDo).
		Issue()
	tl := flow.NewTimeline(issue, flowtest.Catalog())
	for _, c := range []struct {
		name, at, status, resolution, epic string
		category                           flow.Category
		versions                           []string
	}{
		{"at creation it has the values before the first changes", "2026-01-05 09:00", "To Do", "", "", flow.ToDo, nil},
		{"just before a change nothing has changed", "2026-01-06 09:59", "To Do", "", "", flow.ToDo, nil},
		{"a change holds from its own moment on", "2026-01-06 10:00", "Doing", "", "", flow.InProgress, []string{"3.2"}},
		{"the epic is set by key and id", "2026-01-07 08:00", "Doing", "", "PAY-1", flow.InProgress, []string{"3.2"}},
		{"status and resolution change in one history", "2026-01-09 17:00", "Done", "Done", "PAY-1", flow.Done, []string{"3.2"}},
		{"a re-opened issue has no resolution", "2026-02-01", "To Do", "", "PAY-1", flow.ToDo, []string{"3.2"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			st, ok := tl.At(flowtest.At(t, c.at))
			if !ok {
				t.Fatal("the issue does not exist")
			}
			got := []any{st.Status.Name, st.Resolution.Name, st.Epic.Key, st.Category, st.FixVersions}
			want := []any{c.status, c.resolution, c.epic, c.category, c.versions}
			if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
				t.Errorf("at %s (-want +got):\n%s", c.at, d)
			}
		})
	}
	if _, ok := tl.At(flowtest.At(t, "2026-01-05 08:59")); ok {
		t.Error("the issue exists before its creation")
	}
	if len(tl.Defects) > 0 {
		t.Errorf("a sound changelog has defects: %v", tl.Defects)
	}
}

func TestWhatTheChangelogLeavesOut(t *testing.T) {
	created, resolved := flowtest.At(t, "2020-03-01"), flowtest.At(t, "2020-05-01")
	closed := flow.Issue{
		Site: flowtest.Site, ID: 3, Created: created, Updated: resolved, Resolved: resolved, Announced: -1,
		Now: flow.State{Key: "OLD-3", Status: flow.Named{ID: flowtest.Done, Name: flowtest.Done}, Category: flow.Done,
			Resolution: flow.Named{ID: "1", Name: "Fixed"}},
	}
	t.Run("a closed issue without history was open until its resolution date", func(t *testing.T) {
		tl := flow.NewTimeline(&closed, nil)
		before, _ := tl.At(resolved.Add(-time.Second))
		after, _ := tl.At(resolved)
		if before.Category != flow.Unknown || !before.Resolution.IsZero() {
			t.Errorf("before the resolution date: category %v, resolution %v; want unknown and none", before.Category, before.Resolution)
		}
		if after.Category != flow.Done || after.Resolution.Name != "Fixed" {
			t.Errorf("from the resolution date on: category %v, resolution %v; want Done and Fixed", after.Category, after.Resolution)
		}
		if len(tl.Defects) > 0 {
			t.Errorf("an absent history is no contradiction: %v", tl.Defects)
		}
	})
	t.Run("an open issue without history has had its present status all along", func(t *testing.T) {
		open := closed
		open.Resolved, open.Now.Resolution = time.Time{}, flow.Named{}
		open.Now.Status, open.Now.Category = flow.Named{ID: flowtest.Doing, Name: flowtest.Doing}, flow.InProgress
		st, _ := flow.NewTimeline(&open, nil).At(created)
		if st.Category != flow.InProgress {
			t.Errorf("category at creation: %v, want In Progress", st.Category)
		}
	})
	t.Run("a changelog that ends elsewhere is reconciled at the last update, and said", func(t *testing.T) {
		broken := flowtest.New(t, "PAY-9", "2026-01-05").Moves("2026-01-06", flowtest.Doing).Issue()
		broken.Now.Status, broken.Now.Category = flow.Named{ID: flowtest.Done, Name: flowtest.Done}, flow.Done
		broken.Updated = flowtest.At(t, "2026-01-20")
		tl := flow.NewTimeline(broken, flowtest.Catalog())
		before, _ := tl.At(flowtest.At(t, "2026-01-19"))
		after, _ := tl.At(flowtest.At(t, "2026-01-20"))
		if before.Status.Name != flowtest.Doing || after.Status.Name != flowtest.Done || len(tl.Defects) != 1 {
			t.Errorf("got %q, then %q, defects %v", before.Status.Name, after.Status.Name, tl.Defects)
		}
	})
	t.Run("the category of a status that no longer exists is unknown", func(t *testing.T) {
		i := flowtest.New(t, "PAY-8", "2026-01-05").Moves("2026-01-06", flowtest.Vanished).Moves("2026-01-07", flowtest.Doing).Issue()
		st, _ := flow.NewTimeline(i, flowtest.Catalog()).At(flowtest.At(t, "2026-01-06 12:00"))
		if st.Category != flow.Unknown {
			t.Errorf("category: %v, want unknown", st.Category)
		}
	})
	t.Run("entries older than the issue hold from its creation on", func(t *testing.T) {
		i := flowtest.New(t, "PAY-6", "2026-01-05").Moves("2026-01-04", flowtest.Doing).Issue()
		tl := flow.NewTimeline(i, flowtest.Catalog())
		if st, ok := tl.At(flowtest.At(t, "2026-01-05")); !ok || st.Status.Name != flowtest.Doing || len(tl.Defects) != 1 {
			t.Errorf("at creation: %v %v, defects %v", ok, st.Status, tl.Defects)
		}
	})
}

func TestWhatLiesAboveMayHaveMovedToAnotherProjectSince(t *testing.T) {
	shown := func(field flow.Field, last, now flow.Ref) *flow.Issue {
		i := flowtest.New(t, "PAY-9", "2026-01-05").Joins("2026-01-06", "PAY-1").Touched("2026-01-20").Issue()
		i.Changes[0].Field, i.Now.Epic = field, flow.Ref{}
		i.Changes[0].To = flow.Named{Name: last.Key}
		if last.ID != 0 {
			i.Changes[0].To.ID = strconv.FormatUint(uint64(last.ID), 10)
		}
		if i.Now.Epic = now; field == flow.FieldParent {
			i.Now.Epic, i.Now.Parent = flow.Ref{}, now
		}
		return i
	}
	for name, i := range map[string]*flow.Issue{
		"an Epic Link shows the present key alone":        shown(flow.FieldEpic, flow.Ref{ID: 1, Key: "PAY-1"}, flow.Ref{Key: "NEW-4"}),
		"an entry on a sub-task's parent has a key alone": shown(flow.FieldParent, flow.Ref{Key: "PAY-1"}, flow.Ref{ID: 1, Key: "NEW-4"}),
	} {
		tl := flow.NewTimeline(i, flowtest.Catalog())
		if len(tl.Defects) > 0 {
			t.Errorf("%s: a whole changelog has defects %v", name, tl.Defects)
		}
		if st, _ := tl.At(flowtest.At(t, "2026-02-01")); st.Above() != i.Now.Above() {
			t.Errorf("%s: it lies below %v at last, want %v", name, st.Above(), i.Now.Above())
		}
		i.Announced++ // an entry is missing: it may have told of another epic
		if tl := flow.NewTimeline(i, flowtest.Catalog()); len(tl.Defects) != 1 {
			t.Errorf("%s: a changelog that came short has defects %v, want one", name, tl.Defects)
		}
	}
	other := shown(flow.FieldParent, flow.Ref{ID: 1, Key: "PAY-1"}, flow.Ref{ID: 2, Key: "PAY-2"})
	if tl := flow.NewTimeline(other, flowtest.Catalog()); len(tl.Defects) != 1 {
		t.Errorf("another parent than the changelog's: defects %v, want one", tl.Defects)
	}
}

func TestRenamedEntitiesHaveTheirPresentNames(t *testing.T) {
	c := flowtest.Catalog()
	c.Resolutions = map[string]flow.Named{"5": {ID: "5", Name: "Cannot Reproduce"}}
	i := flowtest.New(t, "PAY-4", "2026-01-05").Resolves("2026-01-06", "5").Reopens("2026-01-07", flowtest.ToDo).Issue()
	i.Changes[1].To.Name, i.Changes[3].From.Name = "Cannot Reproduce Bug", "Cannot Reproduce Bug"
	st, _ := flow.NewTimeline(i, c).At(flowtest.At(t, "2026-01-06"))
	if st.Resolution.Name != "Cannot Reproduce" {
		t.Errorf("resolution: %q, want its present name", st.Resolution.Name)
	}
	if got := flow.NewSemantics(flow.DefaultDiscarded()).Outcome(&st); got != flow.Dropped {
		t.Errorf("outcome: %v, want dropped", got)
	}
}

func TestMovedIssueChangesKeyAndProject(t *testing.T) {
	i := flowtest.New(t, "NEW-4", "2026-01-05").Issue()
	i.Changes = []flow.Change{{At: flowtest.At(t, "2026-01-08"), History: 1, Field: flow.FieldKey,
		From: flow.Named{Name: "OLD-17"}, To: flow.Named{Name: "NEW-4"}}}
	tl := flow.NewTimeline(i, flowtest.Catalog())
	before, _ := tl.At(flowtest.At(t, "2026-01-07"))
	after, _ := tl.At(flowtest.At(t, "2026-01-08"))
	if before.Key != "OLD-17" || before.Project.Name != "OLD" || after.Key != "NEW-4" || after.Project.Name != "NEW" {
		t.Errorf("before: %s in %s; after: %s in %s", before.Key, before.Project.Name, after.Key, after.Project.Name)
	}
}

// anIssue draws an issue whose changelog is arbitrary: in any order, with
// values that need not fit together, from before its creation to after its
// disappearance.
func anIssue(t *rapid.T) *flow.Issue {
	at := func(name string) time.Time {
		return time.Unix(rapid.Int64Range(1_700_000_000, 1_700_000_300).Draw(t, name), 0).UTC()
	}
	value := rapid.SampledFrom([]flow.Named{
		{}, {ID: "1", Name: "a"}, {ID: "2", Name: "b"}, {ID: "PAY-3", Name: "PAY-3"}, {ID: "2026-01-05"}, {Name: "x y"},
		{ID: flowtest.Done, Name: flowtest.Done}, {ID: flowtest.ToDo, Name: flowtest.ToDo}, {ID: "3.5"},
	})
	i := &flow.Issue{Site: flowtest.Site, ID: 5, Created: at("created"), Updated: at("updated")}
	i.Now = flow.State{Key: "PAY-5", Status: flow.Named{ID: flowtest.Done, Name: flowtest.Done}, Category: flow.Done}
	if rapid.Bool().Draw(t, "resolved") {
		i.Resolved, i.Now.Resolution = at("resolved at"), flow.Named{ID: "1", Name: "Done"}
	}
	if rapid.Bool().Draw(t, "gone") {
		i.Gone = at("gone at")
	}
	i.Now.FixVersions = rapid.SampledFrom([][]string{nil, {"1"}, {"1", "2"}}).Draw(t, "versions")
	for k := range rapid.IntRange(0, 12).Draw(t, "changes") {
		i.Changes = append(i.Changes, flow.Change{
			At: at("at"), History: rapid.Uint64Range(1, 5).Draw(t, "history"), Item: k,
			Field: rapid.SampledFrom(flow.Fields()).Draw(t, "field"),
			From:  value.Draw(t, "from"), To: value.Draw(t, "to"),
		})
	}
	return i
}

func TestSpansPartitionALife(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		i := anIssue(t)
		tl := flow.NewTimeline(i, flowtest.Catalog())
		var spans []flow.Span
		for s, st := range tl.Spans() {
			spans = append(spans, s)
			at, ok := tl.At(s.From)
			if !ok {
				t.Fatalf("the issue has a span from %v, but does not exist then", s.From)
			}
			if d := cmp.Diff(at, *st); d != "" {
				t.Fatalf("the span from %v differs from the state then:\n%s", s.From, d)
			}
		}
		if gone := i.Gone; !gone.IsZero() && !gone.After(i.Created) {
			if len(spans) > 0 {
				t.Fatalf("an issue gone before its creation has a life: %v", spans)
			}
			return
		}
		if len(spans) == 0 || !spans[0].From.Equal(i.Created) || !spans[len(spans)-1].To.Equal(i.Gone) {
			t.Fatalf("the spans %v do not run from creation %v to the end %v", spans, i.Created, i.Gone)
		}
		for k := 1; k < len(spans); k++ {
			if !spans[k].From.Equal(spans[k-1].To) || !spans[k].From.After(spans[k-1].From) {
				t.Fatalf("the spans leave a gap or overlap: %v", spans)
			}
		}
	})
}

func TestReplayEndsAtThePresent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		i := anIssue(t)
		i.Gone = time.Time{}
		st, ok := flow.NewTimeline(i, flowtest.Catalog()).At(time.Unix(2_000_000_000, 0))
		if !ok {
			t.Fatal("the issue does not exist at present")
		}
		if st.Status.ID != i.Now.Status.ID || st.Category != i.Now.Category || st.Resolution.ID != i.Now.Resolution.ID ||
			!slices.Equal(st.FixVersions, i.Now.FixVersions) || !st.Parent.Is(i.Now.Parent) || st.Key != i.Now.Key {
			t.Fatalf("replay ends at\n%+v\nJira says\n%+v", st, i.Now)
		}
	})
}

func TestLaterEntriesDoNotChangeThePast(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := flowtest.New(t, "PAY-2", "2026-01-01")
		steps := rapid.IntRange(1, 12).Draw(t, "steps")
		var upTo []*flow.Issue // the issue as it stood after each step
		var when []string
		for k := range steps {
			at := time.Date(2026, 1, 2+k, 0, 0, 0, 0, time.UTC).Format("2006-01-02")
			switch rapid.IntRange(0, 4).Draw(t, "kind") {
			case 0:
				b.Moves(at, rapid.SampledFrom([]string{flowtest.ToDo, flowtest.Doing, flowtest.Review}).Draw(t, "status"))
			case 1:
				b.Resolves(at, "Done")
			case 2:
				b.Joins(at, rapid.SampledFrom([]string{"", "PAY-10", "PAY-11"}).Draw(t, "epic"))
			case 3:
				b.Versioned(at, rapid.SampledFrom([]string{"1", "2"}).Draw(t, "version")+at)
			case 4:
				b.Labelled(at, rapid.SampledFrom([]string{"a", "b"}).Draw(t, "label"))
			}
			upTo, when = append(upTo, b.Issue()), append(when, at)
		}
		whole := flow.NewTimeline(b.Issue(), flowtest.Catalog())
		for k, then := range upTo {
			at := flowtest.At(t, when[k])
			want, _ := flow.NewTimeline(then, flowtest.Catalog()).At(at)
			got, _ := whole.At(at)
			if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
				t.Fatalf("as of %s (-what Jira showed then, +replayed from the whole changelog):\n%s", when[k], d)
			}
		}
	})
}

// only is a state with nothing but the given fields in it.
func only(fields flow.FieldSet, st *flow.State) flow.State {
	var out flow.State
	if fields.Has(flow.FieldStatus) {
		out.Status, out.Category = st.Status, st.Category
	}
	if fields.Has(flow.FieldResolution) {
		out.Resolution = st.Resolution
	}
	if fields.Has(flow.FieldParent) {
		out.Parent = st.Parent
	}
	if fields.Has(flow.FieldEpic) {
		out.Epic = st.Epic
	}
	if fields.Has(flow.FieldFixVersion) {
		out.FixVersions = st.FixVersions
	}
	if fields.Has(flow.FieldLabels) {
		out.Labels = st.Labels
	}
	if fields.Has(flow.FieldDue) {
		out.Due = st.Due
	}
	if fields.Has(flow.FieldAssignee) {
		out.Assignee = st.Assignee
	}
	if fields.Has(flow.FieldPriority) {
		out.Priority = st.Priority
	}
	if fields.Has(flow.FieldEstimate) {
		out.Estimate, out.Estimated = st.Estimate, st.Estimated
	}
	if fields.Has(flow.FieldType) {
		out.Type = st.Type
	}
	if fields.Has(flow.FieldProject) {
		out.Project.ID = st.Project.ID
	}
	if fields.Has(flow.FieldKey) {
		out.Key, out.Project.Name = st.Key, st.Project.Name
	}
	if fields.Has(flow.FieldFlagged) {
		out.Flagged = st.Flagged
	}
	return out
}

func TestALifeFollowedBySomeFieldsIsTheWholeLifeAsFarAsTheseGo(t *testing.T) {
	ofStates := slices.DeleteFunc(flow.Fields(), func(f flow.Field) bool {
		return slices.Contains([]flow.Field{flow.FieldOther, flow.FieldLink, flow.FieldSprint, flow.FieldComponent, flow.FieldRank}, f)
	})
	rapid.Check(t, func(t *rapid.T) {
		tl := flow.NewTimeline(anIssue(t), flowtest.Catalog())
		var fields flow.FieldSet
		for _, f := range rapid.SliceOfNDistinct(rapid.SampledFrom(ofStates), 0, 6, rapid.ID[flow.Field]).Draw(t, "fields") {
			fields |= 1 << f
		}
		changed := func(at time.Time) bool {
			return slices.ContainsFunc(tl.Changes(), func(c flow.Change) bool { return fields.Has(c.Field) && c.At.Equal(at) })
		}
		type stretch struct {
			flow.Span
			flow.State
		}
		var want, got []stretch
		for span, st := range tl.Spans() {
			if k := len(want) - 1; k >= 0 && !changed(span.From) {
				want[k].To = span.To
				continue
			}
			want = append(want, stretch{span, only(fields, st)})
		}
		for span, st := range tl.SpansOf(fields) {
			got = append(got, stretch{span, only(fields, st)})
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("(-the whole life, +followed by the fields alone):\n%s", d)
		}
		if len(got) > 1 && !tl.Touched(fields) {
			t.Fatal("the fields changed, and are said to be untouched")
		}
	})
}
