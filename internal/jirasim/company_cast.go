package jirasim

import (
	"fmt"

	"plumbline/internal/flow"
)

// The statuses, resolutions and types that the story names. They are constant
// in all but Go's eyes: nothing writes them.
var (
	statusBacklog  = value{id: "10000", text: "Backlog"}
	statusSelected = value{id: "10001", text: "Selected for development"}
	statusDoing    = value{id: "3", text: "In Progress"}
	statusReview   = value{id: "10002", text: "In review"}
	statusTest     = value{id: "10003", text: "In test"}
	statusBlocked  = value{id: "10004", text: "Blocked"}
	statusApproval = value{id: "10005", text: "Awaiting approval"}
	statusDone     = value{id: "10006", text: "Done"}

	resolvedDone      = value{id: "10000", text: "Done"}
	resolvedFixed     = value{id: "1", text: "Fixed"}
	resolvedWontDo    = value{id: "10001", text: "Won't Do"}
	resolvedDuplicate = value{id: "3", text: "Duplicate"}

	typeEpic     = value{id: "10000", text: "Epic"}
	typeStory    = value{id: "10001", text: "Story"}
	typeTask     = value{id: "10002", text: "Task"}
	typeSubtask  = value{id: "10003", text: "Sub-task"}
	typeBug      = value{id: "10004", text: "Bug"}
	typeDecision = value{id: "10005", text: "Decision"}
	typeSupport  = value{id: "10006", text: "Support"}

	flaggedImpediment = value{id: "10019", text: "Impediment"}
)

// companyStatuses returns the workflow's statuses with their categories.
func companyStatuses() []flow.StatusInfo {
	info := func(v value, c flow.Category) flow.StatusInfo {
		return flow.StatusInfo{ID: v.id, Name: v.text, Category: c}
	}
	return []flow.StatusInfo{
		info(statusBacklog, flow.ToDo), info(statusSelected, flow.ToDo),
		info(statusDoing, flow.InProgress), info(statusReview, flow.InProgress),
		info(statusTest, flow.InProgress), info(statusBlocked, flow.InProgress),
		info(statusApproval, flow.InProgress), info(statusDone, flow.Done),
	}
}

// companyPriorities returns Jira's default scheme, the highest first.
func companyPriorities() []value {
	return []value{{id: "1", text: "Highest"}, {id: "2", text: "High"}, {id: "3", text: "Medium"}, {id: "4", text: "Low"}, {id: "5", text: "Lowest"}}
}

// team is the people of one realm; the first plans releases and tidies up.
type team []value

// companyTeams returns the invented people by the key of their realm. Names
// look like persons' so that the tests of privacy have something to find.
func companyTeams() map[string]team {
	n := 0
	people := func(names ...string) team {
		t := make(team, len(names))
		for i, name := range names {
			n++
			t[i] = value{id: fmt.Sprintf("user-%02d", n), text: name}
		}
		return t
	}
	return map[string]team{
		"PAY":  people("Mara Keller", "Tobias Aebischer", "Inês Carvalho", "Jonas Widmer", "Priya Raghunathan", "Luca Bernasconi", "Hanna Sørensen"),
		"SHOP": people("Célia Rochat", "Dario Pedrazzini", "Yuki Tanabe", "Sven Oberholzer", "Amira Haddad", "Nils Frischknecht"),
		"CORE": people("Reto Zgraggen", "Olena Marchenko", "Femi Adebayo", "Katrin Schüpbach", "Mateusz Wrona", "Bea Imfeld"),
		"DATA": people("Gian Caduff", "Sofia Lindqvist", "Arash Moradi", "Vreni Tschudi", "Pawel Nowicki", "Elif Aydın"),
	}
}

// automation is the account that the site's rules act by.
func automation() value { return value{id: "jira-automation", text: "Automation for Jira"} }

// release is a version of a realm. Its week holds its date, a Friday.
type release struct {
	id, name string
	week     int
	// trim is the week in which part of the open work is taken out of the
	// version; 0 where that happens at its date alone.
	trim int
	late bool // its date has passed, and it isn't out
}

// date returns the moment at which the version goes out.
func (r *release) date() moment { return weekStart(r.week) + 4*oneDay + 15*oneHour }

// released reports whether the version is out in the present week.
func (r *release) released() bool { return r.week < 0 && !r.late }

// version returns the release as the value of a fix version.
func (r *release) version() value { return value{id: r.id, text: r.name} }

// realm is a Jira project.
type realm struct {
	id, key, name string
	components    []value
	team          team
	releases      []release
	// versioned is the share of the work that is planned by version.
	versioned float64
}

// next returns the version that work is planned for at a moment: the nearest
// whose date is to come; nil behind the last.
func (r *realm) next(at moment) *release {
	for i := range r.releases {
		if r.releases[i].date() > at {
			return &r.releases[i]
		}
	}
	return nil
}

// rush is how much faster than usual a week is: releases draw work to
// themselves.
func (r *realm) rush(n int) float64 {
	for _, v := range r.releases {
		switch n - v.week {
		case 0:
			return 2.2
		case 1:
			return 0.6
		}
	}
	return 0.9
}

// companyRealms returns the projects. No version's date lies in the present
// week, so that what is released doesn't depend on the day.
func companyRealms() []*realm {
	teams := companyTeams()
	number := 0
	found := func(key, name string, versioned float64, major int, components []string, releases ...release) *realm {
		r := &realm{id: fmt.Sprint(10100 + number), key: key, name: name, versioned: versioned, team: teams[key], releases: releases}
		for i := range r.releases {
			r.releases[i].id = fmt.Sprint(11000 + 100*number + i)
			r.releases[i].name = fmt.Sprintf("%d.%d", major, i+1)
		}
		for i, c := range components {
			r.components = append(r.components, value{id: fmt.Sprint(12000 + 100*number + i), text: c})
		}
		number++
		return r
	}
	at := func(week int) release { return release{week: week} }
	return []*realm{
		found("PAY", "Payments", .6, 3, []string{"acquiring", "refunds", "payouts"},
			at(-46), at(-39), at(-32), at(-25), at(-18), at(-11), at(-4), at(4)),
		found("SHOP", "Storefront", .85, 4, []string{"basket", "search", "account"},
			at(-45), at(-37), at(-29), at(-21), at(-13), at(-6), release{week: 2, trim: -1}, at(7)),
		found("CORE", "Core platform", .5, 7, []string{"ledger", "runtime", "identity"},
			at(-48), at(-40), at(-31), at(-22), at(-12), at(-3), at(6)),
		found("DATA", "Data and risk", .5, 2, []string{"pipelines", "models", "reports"},
			at(-47), at(-38), at(-28), at(-19), at(-9), release{week: -2, late: true}, at(6)),
	}
}
