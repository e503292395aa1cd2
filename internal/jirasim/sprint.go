package jirasim

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// sprint is a sprint as issues show it. Instants are Unix milliseconds, 0
// where they are not known.
type sprint struct {
	id, board            uint64
	name, goal, state    string // the state in small letters
	start, end, complete int64
}

// sprintsOf reads a sprint field of any shape: Data Center's texts, Cloud's
// objects, or the single object of the agile API.
func sprintsOf(raw json.RawMessage) []sprint {
	if isNull(raw) {
		return nil
	}
	var list []json.RawMessage
	if raw[0] != '[' {
		list = []json.RawMessage{raw}
	} else if json.Unmarshal(raw, &list) != nil {
		return nil
	}
	var all []sprint
	for _, one := range list {
		s, ok := sprintObject(one)
		if !ok {
			s, ok = sprintText(textOf(one))
		}
		if ok {
			all = append(all, s)
		}
	}
	return all
}

func sprintObject(raw json.RawMessage) (sprint, bool) {
	var o struct {
		ID       text `json:"id"`
		Board    text `json:"boardId"`
		Origin   text `json:"originBoardId"`
		Name     text `json:"name"`
		Goal     text `json:"goal"`
		State    text `json:"state"`
		Start    text `json:"startDate"`
		End      text `json:"endDate"`
		Complete text `json:"completeDate"`
	}
	if json.Unmarshal(raw, &o) != nil {
		return sprint{}, false
	}
	return newSprint(o.ID, either(o.Board, o.Origin), o.Name, o.Goal, o.State, o.Start, o.End, o.Complete)
}

// sprintText reads Data Center's form, the text of an object of Java:
// ….Sprint@1bf75fd[id=1,rapidViewId=2,state=CLOSED,name=…,goal=…]. A name may
// hold commas and brackets, so that a property ends where the next one that
// is known begins.
func sprintText(s string) (sprint, bool) {
	const class = "com.atlassian.greenhopper.service.sprint.Sprint@"
	_, body, ok := strings.Cut(strings.TrimPrefix(s, class), "[")
	body, closed := strings.CutSuffix(body, "]")
	if !ok || !closed || !strings.HasPrefix(s, class) {
		return sprint{}, false
	}
	type part struct {
		name     string
		from, at int
	}
	var parts []part
	for _, name := range []string{"id", "rapidViewId", "state", "name", "startDate", "endDate", "completeDate", "activatedDate", "sequence", "goal", "autoStartStop", "synced", "incompleteIssuesDestinationId"} {
		if at := strings.Index(","+body, ","+name+"="); at >= 0 {
			parts = append(parts, part{name, at, at + len(name) + 1})
		}
	}
	slices.SortFunc(parts, func(a, b part) int { return cmp.Compare(a.from, b.from) })
	values := map[string]text{}
	for n, p := range parts {
		end := len(body)
		if n+1 < len(parts) {
			end = parts[n+1].from - 1
		}
		if value := body[min(p.at, end):end]; value != "<null>" {
			values[p.name] = text(value)
		}
	}
	return newSprint(values["id"], values["rapidViewId"], values["name"], values["goal"], values["state"], values["startDate"], values["endDate"], values["completeDate"])
}

func newSprint(id, board, name, goal, state, start, end, complete text) (sprint, bool) {
	s := sprint{name: string(name), goal: string(goal), state: strings.ToLower(string(state))}
	var ok bool
	if s.id, ok = parseID(string(id)); !ok {
		return sprint{}, false
	}
	s.board, _ = parseID(string(board))
	s.start, _ = parseStamp(string(start))
	s.end, _ = parseStamp(string(end))
	s.complete, _ = parseStamp(string(complete))
	return s, true
}

// stateAt returns what the sprint's state said at the time, as far as its
// dates tell.
func (s *sprint) stateAt(at int64) string {
	switch {
	case s.start != 0 && at < s.start:
		return "future"
	case s.complete != 0 && at >= s.complete:
		return "closed"
	case s.complete != 0 && s.state == "closed":
		return "active"
	}
	return s.state
}

// sprintStamp is how sprints write their dates, whatever the account's zone.
const sprintStamp = "2006-01-02T15:04:05.000Z"

// json writes the sprint as it was at the time; board is the name of the
// property that tells the board.
func (s *sprint) json(at int64, board string) map[string]any {
	state := s.stateAt(at)
	m := map[string]any{"id": s.id, "name": s.name, "state": state, "goal": s.goal}
	if s.board != 0 {
		m[board] = s.board
	}
	if s.start != 0 && state != "future" {
		m["startDate"] = instant(s.start).Format(sprintStamp)
	}
	if s.end != 0 && state != "future" {
		m["endDate"] = instant(s.end).Format(sprintStamp)
	}
	if s.complete != 0 && state == "closed" {
		m["completeDate"] = instant(s.complete).Format(sprintStamp)
	}
	return m
}

// text writes the sprint as Data Center does.
func (s *sprint) text(at int64) string {
	stamp := func(ms int64) string {
		if ms == 0 {
			return "<null>"
		}
		return instant(ms).Format(sprintStamp)
	}
	return "com.atlassian.greenhopper.service.sprint.Sprint@1bf75fd[id=" + formatID(s.id) + ",rapidViewId=" + formatID(s.board) +
		",state=" + strings.ToUpper(s.stateAt(at)) + ",name=" + s.name + ",startDate=" + stamp(s.start) + ",endDate=" + stamp(s.end) +
		",completeDate=" + stamp(s.complete) + ",sequence=" + formatID(s.id) + ",goal=" + s.goal + "]"
}

// isSprintField reports whether the field holds sprints, the platform's or
// those of the agile API.
func (s *fieldSet) isSprintField(name string) bool {
	if name == "sprint" || name == "closedSprints" {
		return true
	}
	f := s.custom[name]
	return f != nil && f.custom == schemaSprint
}

// sprints returns all sprints that the world's issues are or were in, by id,
// and the ids of their boards.
func (w *World) sprints() (all []sprint, boards []uint64) {
	byID, onBoard := map[uint64]sprint{}, map[uint64]bool{}
	for _, i := range w.issues {
		for _, f := range i.fields {
			if !w.fields.isSprintField(f.name) {
				continue
			}
			for _, s := range sprintsOf(f.raw) {
				byID[s.id] = s
				if s.board != 0 {
					onBoard[s.board] = true
				}
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(byID)) {
		all = append(all, byID[id])
	}
	return all, slices.Sorted(maps.Keys(onBoard))
}
