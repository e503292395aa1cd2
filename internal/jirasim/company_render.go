package jirasim

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"plumbline/internal/flow"
)

const companySite = "https://jira.kassenwerk.example/rest/api/2"

// The two sides of a Blocks link, as the changelog names them.
const (
	linkBlockedBy = "This issue is blocked by "
	linkBlocks    = "This issue blocks "
)

// tree is a JSON object; encoding/json sorts its keys, so that the same
// story gives the same bytes.
type tree = map[string]any

// render writes the tickets as Jira's search would.
func (s *tale) render() [][]byte {
	ids := s.historyIDs()
	categories := make(map[string]flow.Category)
	for _, st := range companyStatuses() {
		categories[st.ID] = st.Category
	}
	issues := make([][]byte, 0, len(s.tickets))
	for _, t := range s.tickets {
		log, end := t.replay()
		updated := t.born
		histories := make([]rawEntry, len(log))
		for i, e := range log {
			histories[i] = s.history(ids[t][i], e)
			updated = max(updated, e.at)
		}
		fields := s.fields(t, &end, categories)
		fields["updated"] = s.almanac.stamp(updated)
		raw, err := json.Marshal(tree{
			"expand": "operations,versionedRepresentations,editmeta,changelog,renderedFields",
			"id":     strconv.Itoa(t.id), "key": t.key, "self": t.self(), "fields": fields,
			"changelog": tree{"startAt": 0, "maxResults": len(log), "total": len(log), "histories": histories},
		})
		if err != nil {
			panic(fmt.Sprintf("write %s as JSON: %v", t.key, err)) // strings and numbers can't fail
		}
		issues = append(issues, raw)
	}
	return issues
}

// historyIDs numbers all histories in the order of their times, as a site
// does.
func (s *tale) historyIDs() map[*ticket][]int {
	type place struct {
		t  *ticket
		i  int
		at moment
	}
	var all []place
	ids := make(map[*ticket][]int, len(s.tickets))
	for _, t := range s.tickets {
		log, _ := t.replay()
		ids[t] = make([]int, len(log))
		for i, e := range log {
			all = append(all, place{t, i, e.at})
		}
	}
	slices.SortStableFunc(all, func(a, b place) int { return cmp.Compare(a.at, b.at) })
	for n, p := range all {
		ids[p.t][p.i] = 300001 + n
	}
	return ids
}

func (t *ticket) self() string { return companySite + "/issue/" + strconv.Itoa(t.id) }

// brief is the ticket as another issue shows it. Its status isn't shown: that
// would be the status at the end of the story.
func (t *ticket) brief() tree {
	return tree{"id": strconv.Itoa(t.id), "key": t.key, "self": t.self(), "fields": tree{
		"summary": t.summary, "issuetype": typeTree(t.initial.one[traitType]),
	}}
}

func (s *tale) fields(t *ticket, st *ticketState, categories map[string]flow.Category) tree {
	one := func(what trait, kind string) any {
		if v := st.one[what]; v != (value{}) {
			return namedTree(kind, v)
		}
		return nil
	}
	status := namedTree("status", st.one[traitStatus]).(tree)
	status["statusCategory"] = categoryTree(categories[st.one[traitStatus].id])
	fields := tree{
		"summary": t.summary, "description": nil,
		"project":   tree{"self": companySite + "/project/" + t.realm.id, "id": t.realm.id, "key": t.realm.key, "name": t.realm.name},
		"issuetype": typeTree(st.one[traitType]), "status": status,
		"resolution": one(traitResolution, "resolution"), "resolutiondate": nil,
		"priority": one(traitPriority, "priority"),
		"assignee": nil, "reporter": person(t.reporter), "creator": person(t.reporter),
		"created": s.almanac.stamp(t.born), "duedate": nil,
		"labels": strings.Fields(st.list(traitLabel)), "components": []any{}, "fixVersions": []any{},
		"issuelinks": linkTrees(t, st),
		customEpic:   nil, customEpicName: nil, customPoints: nil, customFlagged: nil,
	}
	if st.one[traitResolution] != (value{}) {
		fields["resolutiondate"] = s.almanac.stamp(st.resolved)
	}
	if v := st.one[traitAssignee]; v != (value{}) {
		fields["assignee"] = person(v)
	}
	if v := st.one[traitDue]; v != (value{}) {
		fields["duedate"] = v.id
	}
	for _, v := range st.many[traitComponent] {
		fields["components"] = append(fields["components"].([]any), namedTree("component", v))
	}
	for _, v := range st.many[traitVersion] {
		fields["fixVersions"] = append(fields["fixVersions"].([]any), s.version(t.realm, v))
	}
	s.custom(fields, t, st)
	return fields
}

// The custom fields' ids.
const (
	customEpic     = "customfield_10014"
	customEpicName = "customfield_10011"
	customPoints   = "customfield_10016"
	customFlagged  = "customfield_10021"
)

// custom adds the custom fields, and the parent that sub-tasks alone have.
func (s *tale) custom(fields tree, t *ticket, st *ticketState) {
	if epic := st.one[traitEpic].ticket; epic != nil {
		fields[customEpic] = epic.key
	}
	if st.one[traitType] == typeEpic {
		fields[customEpicName] = t.summary
	}
	if v := st.one[traitPoints]; v != (value{}) {
		fields[customPoints] = json.Number(v.text)
	}
	if v := st.one[traitFlagged]; v != (value{}) {
		fields[customFlagged] = []tree{{"self": companySite + "/customFieldOption/" + v.id, "value": v.text, "id": v.id}}
	}
	if t.parent != nil {
		fields["parent"] = t.parent.brief()
	}
}

func linkTrees(t *ticket, st *ticketState) []tree {
	shown := []tree{}
	for _, v := range st.many[traitLink] {
		side, a, b := "inwardIssue", v.ticket.id, t.id
		if v.id == linkBlocks {
			side, a, b = "outwardIssue", t.id, v.ticket.id
		}
		id := strconv.Itoa(a*100000 + b) // one link has one id on both sides
		shown = append(shown, tree{
			"id": id, "self": companySite + "/issueLink/" + id, side: v.ticket.brief(),
			"type": tree{"id": "10000", "name": "Blocks", "inward": "is blocked by", "outward": "blocks", "self": companySite + "/issueLinkType/10000"},
		})
	}
	return shown
}

func (s *tale) version(r *realm, v value) tree {
	i := slices.IndexFunc(r.releases, func(x release) bool { return x.id == v.id })
	x := &r.releases[i]
	o := namedTree("version", v).(tree)
	o["archived"], o["released"], o["releaseDate"] = false, x.released(), s.almanac.date(x.date())
	return o
}

func namedTree(kind string, v value) any {
	return tree{"self": companySite + "/" + kind + "/" + v.id, "id": v.id, "name": v.text}
}

func typeTree(v value) tree {
	o := namedTree("issuetype", v).(tree)
	o["subtask"] = v == typeSubtask
	return o
}

func categoryTree(c flow.Category) tree {
	id := map[flow.Category]int{flow.ToDo: 2, flow.InProgress: 4, flow.Done: 3}[c]
	colour := map[flow.Category]string{flow.ToDo: "blue-gray", flow.InProgress: "yellow", flow.Done: "green"}[c]
	return tree{"self": companySite + "/statuscategory/" + strconv.Itoa(id), "id": id, "key": c.Key(), "colorName": colour, "name": c.String()}
}

// rawPerson is a user as Jira sends it.
type rawPerson struct {
	Self     string `json:"self"`
	Name     string `json:"name"`
	Key      string `json:"key"`
	Mail     string `json:"emailAddress"`
	Display  string `json:"displayName"`
	Active   bool   `json:"active"`
	TimeZone string `json:"timeZone"`
}

func person(v value) rawPerson {
	return rawPerson{
		Self: companySite + "/user?username=" + v.id, Name: v.id, Key: v.id,
		Mail: v.id + "@kassenwerk.example", Display: v.text, Active: true, TimeZone: "Europe/Zurich",
	}
}
