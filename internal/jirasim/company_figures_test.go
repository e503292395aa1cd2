package jirasim

import (
	"cmp"
	"slices"
	"testing"
	"time"
)

// figures are what MEASURES.md measured in real companies, here measured of a
// synthetic one as of its present.
type figures struct {
	issues, future int
	itemsPerIssue  float64 // changelog items an issue
	growth         float64 // median over closed epics and released versions: leaves ever in scope by the first week's
	reopened       float64 // done episodes left within 30 days
	bulk           float64 // share of the items that came in bulk
	discarded      float64 // share of the closed leaves
	unlinked       float64 // share of the leaves moving in 28 days that no goal claims
	rush           float64 // deliveries a day in the week of a release by those a day elsewhere
	office         float64 // share of the histories on working days between seven and twenty
}

// measure takes the figures of a company at its present.
func measureCompany(t *testing.T, c *Company, now time.Time) figures {
	t.Helper()
	issues := readCompany(t, c)
	f := figures{issues: len(issues)}
	known := slices.DeleteFunc(slices.Clone(issues), func(i *toldIssue) bool { return i.Fields.Created.After(now) })
	f.future = len(issues) - len(known)
	f.itemsPerIssue, f.bulk, f.office = measureChanges(known, now)
	f.growth = measureGrowth(known, now)
	f.reopened, f.discarded = measureClosures(known, now)
	f.unlinked = measureUnlinked(known, readGoals(t, c), now)
	f.rush = measureRush(known, now)
	return f
}

func measureChanges(issues []*toldIssue, now time.Time) (perIssue, bulk, office float64) {
	type deed struct {
		who string
		at  time.Time
	}
	zone := newAlmanac(now).monday.Location()
	touched, items := map[deed]int{}, map[deed]int{}
	all, histories, inOffice := 0, 0, 0
	for _, i := range issues {
		seen := map[deed]bool{}
		for _, h := range i.Changelog.Histories {
			if h.Created.After(now) {
				continue
			}
			d := deed{h.Author.Name, h.Created.UTC().Truncate(time.Minute)}
			if !seen[d] {
				touched[d]++
			}
			seen[d] = true
			items[d] += len(h.Items)
			all += len(h.Items)
			at := h.Created.In(zone)
			histories++
			if wd := at.Weekday(); wd != time.Saturday && wd != time.Sunday && at.Hour() >= 7 && at.Hour() < 20 {
				inOffice++
			}
		}
	}
	inBulk := 0
	for d, n := range touched {
		if n >= 10 {
			inBulk += items[d]
		}
	}
	return float64(all) / float64(len(issues)), float64(inBulk) / float64(all), float64(inOffice) / float64(histories)
}

// measureGrowth returns the median growth of the closed epics and versions.
func measureGrowth(issues []*toldIssue, now time.Time) float64 {
	closed := map[string]time.Time{}
	entries := map[string][]time.Time{}
	for _, i := range issues {
		if s := i.statuses(); i.Fields.IssueType.Name == "Epic" && valueAt(s, now) == "Done" {
			closed[i.Key] = s[len(s)-1].from
		}
		for _, v := range i.Fields.FixVersions {
			if day, _ := time.Parse(time.DateOnly, v.ReleaseDate); v.Released {
				closed[v.ID] = day.Add(24 * time.Hour)
			}
		}
		if i.leaf() {
			for _, s := range append(i.epics(), i.versions()...) {
				entries[s.value] = append(entries[s.value], s.from)
			}
		}
	}
	var growths []float64
	for container, end := range closed {
		in := slices.DeleteFunc(entries[container], func(at time.Time) bool { return at.After(end) })
		slices.SortFunc(in, time.Time.Compare)
		if len(in) < 5 {
			continue
		}
		first, _ := slices.BinarySearchFunc(in, in[0].AddDate(0, 0, 7), time.Time.Compare)
		growths = append(growths, float64(len(in))/float64(first))
	}
	slices.Sort(growths)
	return growths[len(growths)/2]
}

func measureClosures(issues []*toldIssue, now time.Time) (reopened, discarded float64) {
	episodes, left, closed, dropped := 0, 0, 0, 0
	for _, i := range issues {
		if !i.leaf() {
			continue
		}
		statuses := i.statuses()
		for _, s := range statuses {
			if s.value != "Done" || s.from.After(now.AddDate(0, 0, -30)) {
				continue
			}
			stay := s.to.Sub(s.from)
			if !s.to.IsZero() && stay < time.Hour {
				continue // a bounce
			}
			episodes++
			if !s.to.IsZero() && stay <= 30*24*time.Hour {
				left++
			}
		}
		if valueAt(statuses, now) == "Done" {
			closed++
			switch valueAt(i.spans("resolution", resolutionOf(i)), now) {
			case "Won't Do", "Duplicate":
				dropped++
			}
		}
	}
	return float64(left) / float64(episodes), float64(dropped) / float64(closed)
}

func resolutionOf(i *toldIssue) string {
	if i.Fields.Resolution == nil {
		return ""
	}
	return i.Fields.Resolution.Name
}

// members returns the keys of the leaves that the goal claims at a time.
func (g *goalDoc) members(issues []*toldIssue, now time.Time) map[string]bool {
	in, versions := map[string]bool{}, map[string]bool{}
	for _, v := range g.Work.FixVersions {
		versions[companyVersion(v.Project, v.Name)] = true
	}
	for _, i := range issues {
		if !i.leaf() || slices.Contains(g.Work.Exclude, i.Key) {
			continue
		}
		if slices.Contains(g.Work.Epics, valueAt(i.epics(), now)) {
			in[i.Key] = true
		}
		for _, s := range i.versions() {
			if versions[s.value] && s.covers(now) {
				in[i.Key] = true
			}
		}
		for _, l := range g.Work.Labels {
			if i.Fields.Project.Key == l.Project && slices.Contains(i.Fields.Labels, l.Name) {
				in[i.Key] = true
			}
		}
	}
	return in
}

// companyVersion returns the id of a version.
func companyVersion(project, name string) string {
	for _, r := range companyRealms() {
		for _, v := range r.releases {
			if r.key == project && v.name == name {
				return v.id
			}
		}
	}
	return ""
}

func measureUnlinked(issues []*toldIssue, goals []goalDoc, now time.Time) float64 {
	linked := map[string]bool{}
	for _, g := range goals {
		for key := range g.members(issues, now) {
			linked[key] = true
		}
	}
	moving, outside := 0, 0
	for _, i := range issues {
		if !i.leaf() {
			continue
		}
		delivered, changed := false, false
		for _, s := range i.statuses() {
			if s.from.After(now.AddDate(0, 0, -28)) && !s.from.After(now) {
				changed = true
				delivered = delivered || s.value == "Done"
			}
		}
		doing := !slices.Contains([]string{"Backlog", "Selected for development", "Done"}, valueAt(i.statuses(), now))
		if delivered || doing && changed {
			moving++
			if !linked[i.Key] {
				outside++
			}
		}
	}
	return float64(outside) / float64(moving)
}

func measureRush(issues []*toldIssue, now time.Time) float64 {
	start, calendar := now.AddDate(0, 0, -50*7), newAlmanac(now)
	days := map[bool]int{} // by whether a release is due within a week
	done := map[bool]int{}
	for _, r := range companyRealms() {
		rush := func(at time.Time) bool {
			return slices.ContainsFunc(r.releases, func(v release) bool {
				gap := calendar.time(v.date()).Sub(at)
				return gap >= 0 && gap < 7*24*time.Hour
			})
		}
		for d := start; d.Before(now); d = d.AddDate(0, 0, 1) {
			days[rush(d)]++
		}
		for _, i := range issues {
			for _, s := range i.statuses() {
				if i.Fields.Project.Key == r.key && s.value == "Done" && s.from.After(start) && s.from.Before(now) {
					done[rush(s.from)]++
				}
			}
		}
	}
	return float64(done[true]) / float64(days[true]) / (float64(done[false]) / float64(days[false]))
}

// The demo's seed keeps the ranges that MEASURES.md gives, on any day of the
// week; another seed is another throw of the dice, and keeps them by the
// median.
func TestTheFiguresAreThoseOfRealCompanies(t *testing.T) {
	ranges := []struct {
		what   string
		of     func(f figures) float64
		lo, hi float64
	}{
		{"issues", func(f figures) float64 { return float64(f.issues) }, 450, 700},
		{"issues of the weeks to come", func(f figures) float64 { return float64(f.future) }, 20, 90},
		{"changelog items an issue", func(f figures) float64 { return f.itemsPerIssue }, 8, 12},
		{"median growth of closed epics and versions", func(f figures) float64 { return f.growth }, 2, 4},
		{"share of done work re-opened within 30 days", func(f figures) float64 { return f.reopened }, 0.025, 0.05},
		{"share of changes made in bulk", func(f figures) float64 { return f.bulk }, 0.05, 0.24},
		{"discarded share of the closed", func(f figures) float64 { return f.discarded }, 0.15, 0.20},
		{"unlinked share of recent work", func(f figures) float64 { return f.unlinked }, 0.20, 0.30},
		{"pace before releases by the pace elsewhere", func(f figures) float64 { return f.rush }, 1.3, 4},
		{"share of changes in office hours", func(f figures) float64 { return f.office }, 0.85, 0.99},
	}
	const demoSeed = 1
	var all []figures
	for seed := range uint64(7) {
		all = append(all, measureCompany(t, NewCompany(seed, presentDay), presentDay))
	}
	demo := []figures{all[demoSeed]}
	for _, days := range []int{-3, 3, 61, 180} {
		now := presentDay.AddDate(0, 0, days)
		demo = append(demo, measureCompany(t, NewCompany(demoSeed, now), now))
	}
	for _, r := range ranges {
		for n, f := range demo {
			if got := r.of(f); got < r.lo || got > r.hi {
				t.Errorf("the demo on day %d: %s: %.3g, want %v to %v", n, r.what, got, r.lo, r.hi)
			}
		}
		slices.SortFunc(all, func(a, b figures) int { return cmp.Compare(r.of(a), r.of(b)) })
		low, median, high := r.of(all[0]), r.of(all[len(all)/2]), r.of(all[len(all)-1])
		if median < r.lo || median > r.hi || low < 0.6*r.lo || high > 1.4*r.hi {
			t.Errorf("over all seeds: %s: median %.3g (%.3g to %.3g), want %v to %v", r.what, median, low, high, r.lo, r.hi)
		}
		t.Logf("%s: the demo %.3g, all seeds %.3g (%.3g to %.3g)", r.what, r.of(demo[0]), median, low, high)
	}
}
