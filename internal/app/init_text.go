package app

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"plumbline/internal/flow"
)

// quote writes a text as YAML does in double quotes. Go's escapes are among
// YAML's.
func quote(s string) string { return strconv.Quote(oneLine(s)) }

// comment makes a text from Jira fit to stand in a comment.
func comment(s string) string { return oneLine(s) }

// oneLine takes line breaks and other control characters out of a text.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || !unicode.IsPrint(r) && r != ' ' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "�"))
	return strings.Join(strings.Fields(s), " ")
}

// config is the configuration with what the site told as comments.
func (s *site) config(start Start, head string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# What `plumbline init` made of %s on %s.\n# %s", comment(start.URL), flow.DateOf(start.Now), comment(strings.TrimSpace(s.identity.Deployment+" "+s.identity.Version)))
	if s.issues >= 0 {
		fmt.Fprintf(&b, ", %d issues in scope", s.issues)
	}
	b.WriteString(".\n# Next: plumbline check --online --config THIS, then sync, goals and serve.\n")
	for _, n := range s.notes {
		fmt.Fprintf(&b, "# Note: %s.\n", comment(n))
	}
	b.WriteString(head)
	s.writeProjects(&b, start)
	writeList(&b, "Custom fields that were found; name others with fields: {story_points: [ID]}.", fieldsFound(s.fields))
	writeList(&b, "Levels of the hierarchy, by the issues that were looked at.", s.levels())
	s.writeStatuses(&b)
	return b.String()
}

func (s *site) writeProjects(b *strings.Builder, start Start) {
	if start.Scope != "" || len(s.projects) == 0 {
		return
	}
	keys := slices.Sorted(maps.Keys(s.projects))
	fmt.Fprintf(b, "\n# The scope is all that the account sees. To see less, write\n#   scope: project in (%s)\n", comment(strings.Join(keys, ", ")))
}

func writeList(b *strings.Builder, title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	fmt.Fprintf(b, "\n# %s\n", title)
	for _, l := range lines {
		fmt.Fprintf(b, "#   %s\n", l)
	}
}

// levels lists the issue types that were seen by their level, the highest first.
func (s *site) levels() []string {
	byLevel := map[int][]string{}
	for _, name := range slices.Sorted(maps.Keys(s.types)) {
		level := s.types[name].Level
		byLevel[level] = append(byLevel[level], comment(name))
	}
	var out []string
	for _, level := range slices.Backward(slices.Sorted(maps.Keys(byLevel))) {
		out = append(out, fmt.Sprintf("%d: %s", level, strings.Join(byLevel[level], ", ")))
	}
	return out
}

// writeStatuses proposes the statuses in which work waits, by their names.
func (s *site) writeStatuses(b *strings.Builder) {
	var waits, active []string
	for _, st := range s.statuses {
		if st.Category != flow.InProgress {
			continue
		}
		name := strings.ToLower(st.Name)
		if slices.ContainsFunc([]string{"wait", "review", "block", "hold", "pending", "approval"}, func(w string) bool { return strings.Contains(name, w) }) {
			waits = append(waits, quote(st.Name))
		} else {
			active = append(active, quote(st.Name))
		}
	}
	slices.Sort(waits)
	slices.Sort(active)
	if len(waits)+len(active) == 0 {
		return
	}
	fmt.Fprintf(b, "\n# Statuses of category In Progress. In which of them is work waiting? By their names:\n"+
		"# semantics:\n#   active_statuses: [%s]\n#   waiting_statuses: [%s]\n", strings.Join(slices.Compact(active), ", "), strings.Join(slices.Compact(waits), ", "))
}

// goals proposes a goal for each live epic, the one touched last first, and for
// each unreleased version, the next first.
func (s *site) goals(now time.Time) string {
	var b strings.Builder
	b.WriteString("# Goals that `plumbline init` proposes: live epics and unreleased versions. Keep what is a goal,\n" +
		"# give it the name of what is to be reached and the team that owns it, and take the rest out.\n" +
		"# A saved file is live without a restart; `plumbline check` says what is wrong with it.\n")
	epics, versions := s.proposedEpics(), s.proposedVersions()
	if len(epics)+len(versions) == 0 {
		b.WriteString("# Nothing was found; a goal looks like this:\n#   - id: checkout-p95\n#     name: Checkout answers within 300 ms\n" +
			"#     owner: team-payments\n#     target: 2027-03-31\n#     work: {epics: [PAY-12]}\ngoals: []\n")
		return b.String()
	}
	b.WriteString("goals:\n")
	ids := map[string]bool{}
	today := flow.DateOf(now)
	for k := range epics {
		e := &epics[k].Now
		name := cmp.Or(oneLine(epics[k].Summary), e.Key)
		writeGoal(&b, uniqueID(ids, name, e.Key), name, e.Project.Name, "the epic is "+e.Status.Name, e.Due, today, "epics: ["+e.Key+"]")
	}
	for _, v := range versions {
		name := strings.TrimSpace(v.Project + " " + v.Name)
		writeGoal(&b, uniqueID(ids, name, "version-"+v.ID), name, v.Project,
			fmt.Sprintf("%d open issues were seen in the version", s.versions[v]), v.Release, today,
			fmt.Sprintf("fix_versions: [{project: %s, name: %s}]", quote(v.Project), quote(v.Name)))
	}
	return b.String()
}

func (s *site) proposedEpics() []flow.Issue {
	epics := slices.Clone(s.epics)
	slices.SortStableFunc(epics, func(a, b flow.Issue) int {
		return cmp.Or(b.Updated.Compare(a.Updated), cmp.Compare(a.Now.Key, b.Now.Key))
	})
	return epics[:min(len(epics), maxProposed)]
}

func (s *site) proposedVersions() []flow.Version {
	versions := slices.Collect(maps.Keys(s.versions))
	far := flow.Date{Year: 9999, Month: 12, Day: 31}
	due := func(v flow.Version) flow.Date {
		if v.Release.IsZero() {
			return far
		}
		return v.Release
	}
	slices.SortFunc(versions, func(a, b flow.Version) int {
		return cmp.Or(due(a).Sub(due(b)), cmp.Compare(a.Project, b.Project), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	return versions[:min(len(versions), maxProposed)]
}

func writeGoal(b *strings.Builder, id, name, project, note string, target, today flow.Date, work string) {
	line := func(format string, args ...any) { fmt.Fprintf(b, "    "+format+"\n", args...) }
	fmt.Fprintf(b, "\n  - id: %s\n", id)
	line("name: %s", quote(cut(name, 200)))
	line("owner: team-%s  # a guess: the team that answers for it", slug(cmp.Or(project, "unknown")))
	switch {
	case target.IsZero() || target.Year < 1970 || target.Year > 2199:
		line("# target: %s  # no date is set in Jira", today.AddDays(90))
	case target.Before(today):
		line("# target: %s  # Jira's date, which is over", target)
	default:
		line("target: %s  # Jira's date", target)
	}
	line("work: {%s}  # %s", work, comment(note))
}

func cut(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most])
	}
	return s
}

// slug makes of a text what an id may hold; empty where nothing of it can be.
func slug(s string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(s) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	out := b.String()
	return strings.Trim(out[:min(len(out), 40)], "-")
}

// uniqueID makes an id of the name, and of the key beside it where that is
// taken or says nothing.
func uniqueID(taken map[string]bool, name, key string) string {
	base := plain(slug(name))
	id := base
	if id == "" || taken[id] {
		id = plain(strings.Trim(base+"-"+slug(key), "-"))
	}
	for n := 2; id == "" || taken[id]; n++ {
		id = cmp.Or(base, "goal") + "-" + strconv.Itoa(n)
	}
	taken[id] = true
	return id
}

// plain makes of an id one that YAML takes for text without quotes.
func plain(id string) string {
	words := []string{"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
	if id != "" && (id[0] < 'a' || slices.Contains(words, id)) {
		return "goal-" + id
	}
	return id
}

// isProject reports whether a project's key is of the form that goals take.
func isProject(key string) bool {
	return len(key) > 1 && key[0] >= 'A' && key[0] <= 'Z' && strings.Trim(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == ""
}
