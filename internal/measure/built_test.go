package measure_test

import (
	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
	"plumbline/internal/goal"
	"plumbline/internal/measure"
)

// built is the history of the goals over the issues of one site, under the
// settings that ship. What is to be otherwise is said by what follows.
func built(t flowtest.TB, goals []goal.Goal, issues []*flow.Issue, otherwise ...func(*measure.Input)) *measure.History {
	t.Helper()
	h, err := measure.Build(inputOf(goals, issues, otherwise...))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// ofEpic is the history of epicGoal over the issues.
func ofEpic(t flowtest.TB, issues ...*flow.Issue) *measure.History {
	t.Helper()
	return built(t, []goal.Goal{epicGoal()}, issues)
}

// inputOf is what built builds from.
func inputOf(goals []goal.Goal, issues []*flow.Issue, otherwise ...func(*measure.Input)) measure.Input {
	in := measure.Input{
		Goals: goals, Catalogs: map[string]*flow.Catalog{flowtest.Site: flowtest.Catalog()}, Settings: measure.DefaultSettings(),
		Issues: flowtest.Issues(issues).Each,
	}
	for _, set := range otherwise {
		set(&in)
	}
	return in
}

// on gives the site another catalogue.
func on(c *flow.Catalog) func(*measure.Input) {
	return func(in *measure.Input) { in.Catalogs = map[string]*flow.Catalog{flowtest.Site: c} }
}

// under replaces the settings.
func under(s measure.Settings) func(*measure.Input) {
	return func(in *measure.Input) { in.Settings = s }
}

// but changes the settings.
func but(set func(*measure.Settings)) func(*measure.Input) {
	return func(in *measure.Input) { set(&in.Settings) }
}

// unlearnt is the experience, by the day, of a company of which nothing is known
// but what ships. It goes after the settings.
func unlearnt(t flowtest.TB, until string) func(*measure.Input) {
	return func(in *measure.Input) {
		in.Experience = (&measure.Past{Until: flowtest.At(t, until), Settings: in.Settings}).Run(nil)
	}
}
