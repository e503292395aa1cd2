package measure

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
	"plumbline/internal/goal"
)

// goalsOver are the goals over the issues as containers.
func goalsOver(t flowtest.TB, issues []*flow.Issue, until time.Time, goals ...goal.Goal) []Container {
	t.Helper()
	return goalsFrom(t, until, Input{
		Goals: goals, Catalogs: map[string]*flow.Catalog{flowtest.Site: flowtest.Catalog()}, Issues: flowtest.Issues(issues).Each,
	})
}

func goalsFrom(t flowtest.TB, until time.Time, in Input) []Container {
	t.Helper()
	in.Settings = DefaultSettings()
	h, err := Build(in)
	if err != nil {
		t.Fatal(err)
	}
	return h.Containers(until)
}

func goalOf(id string, epics ...string) goal.Goal {
	return goal.Goal{ID: id, Work: goal.Work{Epics: epics}}
}

// twoEpics are eventful, whose epic PAY-1 closes on 1 March, and PAY-50, which
// is begun later and closes on 1 April.
func twoEpics(t flowtest.TB) []*flow.Issue {
	later := func(n int, created string) *flowtest.Builder {
		return flowtest.NewBelow(t, "PAY-50", fmt.Sprintf("PAY-%d", n), created)
	}
	return append(eventful(t),
		flowtest.NewEpic(t, "PAY-50", "2026-02-01").Resolves("2026-04-01", "Done").Issue(),
		later(51, "2026-02-10").Resolves("2026-02-20", "Done").Issue(),
		later(52, "2026-03-01").Resolves("2026-04-20", "Done").Issue(), // within the grace
		later(53, "2026-03-01").Resolves("2026-03-05", "Won't Do").Issue(),
		inEpic(t, 54, "2026-01-01").Resolves("2026-01-10", "Done").Joins("2026-02-15", "PAY-50").Issue(), // in both, one after the other
	)
}

func TestAGoalOfTwoEpicsWorkedByHand(t *testing.T) {
	until := flowtest.At(t, "2026-12-01")
	all := goalsOver(t, twoEpics(t), until, goalOf("g", "PAY-1", "PAY-50"))
	if len(all) != 1 || all[0].Kind != KindGoal || all[0].Name != "g" || all[0].Project != "PAY" {
		t.Fatalf("the goals are %+v", all)
	}
	s, c := DefaultSettings(), &all[0]
	end, ok := c.closing(until, &s)
	if !ok || !end.At.Equal(flowtest.At(t, "2026-04-01")) || !end.Finished.Equal(flowtest.At(t, "2026-04-20")) {
		t.Fatalf("it ended: %v, at %v, with its last issue at %v; want with the last epic, on 1 and 20 April", ok, end.At, end.Finished)
	}
	if len(end.Final) != 8 { // 2, 3, 4, 5 and 8 of the one epic, 51, 52 and 54 of the other
		t.Errorf("%d leaves were finally delivered, want 8", len(end.Final))
	}
	for at, want := range map[string]float64{
		"2026-01-11": 2. / 8, // 2 and 54; 3 will be re-opened, 7 is no part of it in the end
		"2026-02-15": 5. / 8, // and 3, 4 and 5
		"2026-02-25": 6. / 8, // and 51
		"2026-03-25": 7. / 8, // and 8, which the goal counts though its epic was closed before
		"2026-04-20": 8. / 8,
	} {
		if got := c.truth(&end, flowtest.At(t, at)); got != want {
			t.Errorf("the truth at %s is %v, want %v", at, got, want)
		}
	}
	if _, ok := c.closing(flowtest.At(t, "2026-04-30"), &s); ok {
		t.Error("it counts as ended before its grace is over")
	}
	// 7 is gone, 52 and 53 have not come; 6 was dropped, and 54 counts once.
	got, _ := newSituations(c.ledger, KindGoal).at(flowtest.At(t, "2026-02-16"))
	if got.All != 9 || got.Reported != 6 || got.Delivered != 5 || got.Dropped != 1 {
		t.Errorf("on 16 February: %+v", got)
	}
	tracked := newTrack(c)
	if first, _ := tracked.begins(); !first.Equal(gridAfter(flowtest.At(t, "2026-01-01"))) {
		t.Errorf("it is first told of on %v", first)
	}
	if n := len(tracked.before(end.At)); n != 6 { // 15 and 29 January, 12 and 26 February, 12 and 26 March
		t.Errorf("it is told of %d times before its end, want 6", n)
	}
}

func TestGoalsEndWithTheLastOfWhatTheyMap(t *testing.T) {
	five := func(epic string, from int) []*flow.Issue {
		var out []*flow.Issue
		for n := range 5 {
			out = append(out, flowtest.NewBelow(t, epic, fmt.Sprintf("PAY-%d", from+n), "2026-01-01").
				Versioned("2026-01-02", "v").Labelled("2026-01-02", "x").Resolves(fmt.Sprintf("2026-02-%02d", n+1), "Done").Issue())
		}
		return out
	}
	first := func() *flowtest.Builder { return flowtest.NewEpic(t, "PAY-1", "2026-01-01") }
	second := func() *flowtest.Builder { return flowtest.NewEpic(t, "PAY-2", "2026-01-01") }
	delivered, open := first().Resolves("2026-03-01", "Done"), func() *flow.Issue { return first().Issue() }
	inVersion := func(g goal.Goal) goal.Goal {
		g.Work.FixVersions = []goal.InProject{{Name: "v"}}
		return g
	}
	out := flow.Version{ID: "v", Name: "v", Project: "PAY", Released: true, Release: flow.Date{Year: 2026, Month: 4, Day: 1}}
	planned := out
	planned.Released = false
	both := goalOf("g", "PAY-1", "PAY-2")
	for name, c := range map[string]struct {
		goal    goal.Goal
		version flow.Version
		issues  []*flow.Issue
		want    string // empty: not ended
	}{
		"with the epic that closes last":            {both, out, []*flow.Issue{delivered.Issue(), second().Resolves("2026-03-10", "Done").Issue()}, "2026-03-10"},
		"with the others where one was given up":    {both, out, []*flow.Issue{delivered.Issue(), second().Resolves("2026-02-20", "Won't Do").Issue()}, "2026-03-01"},
		"never where all were given up":             {both, out, []*flow.Issue{first().Resolves("2026-03-01", "Won't Do").Issue(), second().Resolves("2026-02-20", "Won't Do").Issue()}, ""},
		"with the last leaf where nobody closes it": {goalOf("g", "PAY-1"), out, []*flow.Issue{open()}, "2026-02-05"},
		"never while one of several is open":        {both, out, []*flow.Issue{delivered.Issue(), second().Issue()}, ""}, // which may be broken down yet
		"on the day after the release":              {inVersion(both), out, []*flow.Issue{delivered.Issue(), second().Resolves("2026-03-10", "Done").Issue()}, "2026-04-02"},
		"when quiet, where nobody releases":         {inVersion(goal.Goal{ID: "g"}), planned, []*flow.Issue{open()}, "2026-02-05"},
		"when quiet, of labels alone":               {goal.Goal{ID: "g", Work: goal.Work{Labels: []goal.InProject{{Name: "x"}}}}, out, []*flow.Issue{open()}, "2026-02-05"},
		"never while one was never seen":            {goalOf("g", "PAY-1", "PAY-77"), out, []*flow.Issue{delivered.Issue()}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			until, s := flowtest.At(t, "2026-12-01"), DefaultSettings()
			all := goalsFrom(t, until, Input{
				Goals: []goal.Goal{c.goal}, Catalogs: map[string]*flow.Catalog{flowtest.Site: flowtest.Catalog(c.version)},
				Issues: flowtest.Issues(append(five("PAY-1", 10), c.issues...)).Each,
			})
			if len(all) != 1 {
				t.Fatalf("%d goals are containers", len(all))
			}
			end, ok := all[0].closing(until, &s)
			if ok != (c.want != "") || ok && !end.At.Equal(flowtest.At(t, c.want)) {
				t.Errorf("ended %v at %v, want %q", ok, end.At, c.want)
			}
		})
	}
}

func TestAGoalIsTheUnionOfThoseBelowIt(t *testing.T) {
	until, s := flowtest.At(t, "2026-12-01"), DefaultSettings()
	above, one, other := goal.Goal{ID: "above"}, goalOf("one", "PAY-1"), goalOf("other", "PAY-50")
	one.Parent, other.Parent = "above", "above"
	all := goalsOver(t, twoEpics(t), until, above, one, other)
	whole := goalsOver(t, twoEpics(t), until, goalOf("whole", "PAY-1", "PAY-50"))
	if len(all) != 2 || all[0].Name != "above" || all[1].Name != "one" { // the other never had five
		t.Fatalf("the goals are %v", all)
	}
	want, _ := whole[0].closing(until, &s)
	got, ok := all[0].closing(until, &s)
	if d := cmp.Diff(want, got, cmp.AllowUnexported(Closing{})); d != "" || !ok {
		t.Errorf("(-mapped by itself +by those below):\n%s", d)
	}
}

// A goal that maps one container is told by another ledger than the container
// is: both must tell the same of the same work.
func TestAGoalOfOneContainerIsThatContainer(t *testing.T) {
	ended := 0
	deeds := map[string]func(*flowtest.Builder, string){
		"starts":       func(b *flowtest.Builder, at string) { b.Moves(at, flowtest.Doing) },
		"is delivered": func(b *flowtest.Builder, at string) { b.Resolves(at, "Done") },
		"is dropped":   func(b *flowtest.Builder, at string) { b.Resolves(at, "Won't Do") }, // also what was delivered
		"goes back":    func(b *flowtest.Builder, at string) { b.Reopens(at, flowtest.ToDo) },
		"joins":        func(b *flowtest.Builder, at string) { b.Joins(at, "PAY-1") },
		"leaves":       func(b *flowtest.Builder, at string) { b.Joins(at, "") },
		"is in it":     func(b *flowtest.Builder, at string) { b.Versioned(at, "v") },
		"is not in it": func(b *flowtest.Builder, at string) { b.Unversioned(at, "v") },
	}
	names := sorted(deeds)
	rapid.Check(t, func(t *rapid.T) {
		var builders []*flowtest.Builder
		epic := flowtest.NewEpic(t, "PAY-1", "2026-01-01")
		for n := range rapid.IntRange(5, 9).Draw(t, "issues") {
			b := inEpic(t, 10+n, "2026-01-01")
			if rapid.Bool().Draw(t, "in the version") {
				b.Versioned("2026-01-01 01:00", "v")
			}
			builders = append(builders, b)
		}
		at := flowtest.At(t, "2026-01-02")
		next := func() string {
			at = at.Add(rapid.SampledFrom([]time.Duration{time.Minute, 59 * time.Minute, day, 9 * day}).Draw(t, "later"))
			return at.Format(time.DateTime)
		}
		for range rapid.IntRange(5, 30).Draw(t, "deeds") {
			deeds[rapid.SampledFrom(names).Draw(t, "deed")](rapid.SampledFrom(builders).Draw(t, "issue"), next())
		}
		for _, b := range builders {
			if rapid.IntRange(0, 3).Draw(t, "is finished") > 0 {
				b.Resolves(next(), "Done")
			}
		}
		if how := rapid.SampledFrom([]string{"", "Done", "Done", "Won't Do"}).Draw(t, "the epic"); how != "" {
			epic.Resolves(next(), how)
		}
		version := flow.Version{ID: "v", Name: "v", Project: "PAY", Released: rapid.Bool().Draw(t, "released")}
		if rapid.Bool().Draw(t, "dated") {
			version.Release = flow.DateOf(at.AddDate(0, 0, rapid.IntRange(-20, 20).Draw(t, "released on")))
		}
		issues := []*flow.Issue{epic.Issue()}
		for _, b := range builders {
			issues = append(issues, b.Issue())
		}
		until := at.AddDate(0, 0, 100)
		goals := goalsFrom(t, until, Input{
			Goals:    []goal.Goal{goalOf("epic", "PAY-1"), {ID: "version", Work: goal.Work{FixVersions: []goal.InProject{{Project: "PAY", Name: "v"}}}}},
			Catalogs: map[string]*flow.Catalog{flowtest.Site: flowtest.Catalog(version)}, Issues: flowtest.Issues(issues).Each,
		})
		for _, c := range found(t, flowtest.Catalog(version), until.Format(time.DateTime), issues...) {
			k := slices.IndexFunc(goals, func(g Container) bool { return g.Name == string(c.Kind) })
			if k < 0 {
				t.Fatalf("%s is no goal", c.Name)
			}
			for _, moment := range []time.Time{until, at.Add(-time.Duration(rapid.IntRange(0, 60).Draw(t, "days before")) * day)} {
				if sameContainer(t, &c, &goals[k], moment) {
					ended++
				}
			}
		}
	})
	if ended < 15 {
		t.Errorf("%d had ended: that proves little", ended)
	}
}

// sameContainer fails where two containers have another end, another truth or
// another situation as of the moment; it reports whether they had ended.
func sameContainer(t *rapid.T, a, b *Container, at time.Time) bool {
	t.Helper()
	s := DefaultSettings()
	was, wasOK := a.closing(at, &s)
	is, ok := b.closing(at, &s)
	if d := cmp.Diff(was, is, cmp.AllowUnexported(Closing{})); d != "" || ok != wasOK {
		t.Fatalf("%s as of %v ended %v, the goal %v (-container +goal):\n%s", a.Name, at, wasOK, ok, d)
	}
	mine, theirs := newTrack(a).before(at), newTrack(b).before(at)
	if len(mine) != len(theirs) {
		t.Fatalf("%s is told of %d times, the goal %d", a.Name, len(mine), len(theirs))
	}
	for k := range mine {
		mine[k].Kind = KindGoal
		if d := cmp.Diff(mine[k], theirs[k]); d != "" {
			t.Fatalf("%s (-container +goal):\n%s", a.Name, d)
		}
		if ok && a.truth(&was, mine[k].At) != b.truth(&is, mine[k].At) {
			t.Fatalf("the truth of %s on %v is %v, the goal's %v", a.Name, mine[k].At, a.truth(&was, mine[k].At), b.truth(&is, mine[k].At))
		}
	}
	return ok
}

// What a JQL matches is known from its first answer on; before, it is taken to
// have matched what it matched then.
func TestWhatIsKnownByHindsightAloneIsNotScored(t *testing.T) {
	until := flowtest.At(t, "2026-12-01")
	answered := func(first string) flow.Matching {
		m := flow.Matching{Site: flowtest.Site, JQL: "labels = x"}
		if first != "" {
			m.First = flowtest.At(t, first)
		}
		for n := range 6 {
			m.Matches = append(m.Matches, flow.Match{ID: flow.IssueID(n + 2), Seen: flowtest.At(t, "2026-02-01")})
		}
		return m
	}
	byJQL, inVersion := goal.Goal{ID: "g", Work: goal.Work{JQL: "labels = x"}}, goal.Goal{ID: "g", Work: goal.Work{FixVersions: []goal.InProject{{Name: "v"}}}}
	versioned := func(told bool) []*flow.Issue {
		var out []*flow.Issue
		for n := range 6 {
			i := flowtest.New(t, fmt.Sprintf("PAY-%d", n+2), "2026-01-01").Born(func(s *flow.State) { s.FixVersions = []string{"v"} }).Issue()
			if i.Announced = -1; told {
				i.Histories, i.Announced = 1, 1
			}
			out = append(out, i)
		}
		return out
	}
	for name, c := range map[string]struct {
		goal    goal.Goal
		matched []flow.Matching
		issues  []*flow.Issue
		want    string // when it is first told of; empty: never
	}{
		"a JQL from its first answer on":           {byJQL, []flow.Matching{answered("2026-02-01")}, eventful(t), "2026-02-12"},
		"a JQL without a whole answer":             {byJQL, []flow.Matching{answered("")}, eventful(t), ""},
		"an epic from its first issue on":          {goalOf("g", "PAY-1"), []flow.Matching{answered("2026-02-01")}, eventful(t), "2026-01-15"},
		"a version whose changelogs are known":     {inVersion, nil, versioned(true), "2026-01-15"},
		"a version of which nothing tells when":    {inVersion, nil, versioned(false), ""},
		"a goal above one that selects by the JQL": {goal.Goal{ID: "above"}, []flow.Matching{answered("2026-02-01")}, eventful(t), "2026-02-12"},
	} {
		t.Run(name, func(t *testing.T) {
			goals := []goal.Goal{c.goal}
			if c.goal.ID == "above" {
				below := byJQL
				below.Parent = "above"
				goals = append(goals, below)
			}
			all := goalsFrom(t, until, Input{
				Goals: goals, Matched: c.matched, Issues: flowtest.Issues(c.issues).Each,
				Catalogs: map[string]*flow.Catalog{flowtest.Site: flowtest.Catalog(flow.Version{ID: "v", Name: "v", Project: "PAY"})},
			})
			if c.want == "" {
				if len(all) != 0 {
					t.Errorf("it is a container, and told of from %v on", all[0].ledger.hindsight)
				}
				return
			}
			if len(all) == 0 {
				t.Fatal("it is no container")
			}
			if first, ok := newTrack(&all[0]).begins(); !ok || !first.Equal(flowtest.At(t, c.want)) {
				t.Errorf("it is first told of on %v, want %s", first, c.want)
			}
		})
	}
}
