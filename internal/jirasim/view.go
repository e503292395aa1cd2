package jirasim

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// view shows a world as an account in one time zone sees it.
type view struct {
	w    *World
	zone *time.Location
	// cloud is nil where the site is a Data Center.
	cloud *cloudShape
	// seen holds, by issue, the last state that was asked for. It holds good
	// between the issue's own points, so that a scan costs nothing while
	// nothing happens.
	seen []atomic.Pointer[state]
}

// state is an issue between two of its points.
type state struct {
	from, to int64 // from is in it, to is not
	facts    facts
	fields   []field
}

func newView(w *World, zone *time.Location, cloud *cloudShape) *view {
	return &view{w: w, zone: zone, cloud: cloud, seen: make([]atomic.Pointer[state], len(w.issues))}
}

// state returns the issue as it was at the time; nil if it did not exist yet.
func (v *view) state(i *issue, at int64) *state {
	if at < i.created {
		return nil
	}
	if s := v.seen[i.slot].Load(); s != nil && s.from <= at && at < s.to {
		return s
	}
	s := &state{from: math.MinInt64, to: math.MaxInt64}
	for _, p := range i.points {
		s.bound(p, at)
	}
	s.fields, s.facts = v.w.wind(i, at)
	s.fields = v.release(s, at)
	if v.cloud != nil {
		s.fields = v.cloud.fields(v, i, s, at)
		s.facts.parent = parentOf(fieldOf(s.fields, "parent"))
	}
	v.seen[i.slot].Store(s)
	return s
}

// bound narrows the state's time so that it does not reach over the point.
func (s *state) bound(point, at int64) {
	if point <= at {
		s.from = max(s.from, point)
	} else {
		s.to = min(s.to, point)
	}
}

// release takes back that a version is released while its release day has
// not begun, in the account's zone.
func (v *view) release(s *state, at int64) []field {
	fields := s.fields
	for _, name := range []string{"fixVersions", "versions"} {
		raw := fieldOf(fields, name)
		if !bytes.Contains(raw, []byte(`"releaseDate"`)) {
			continue
		}
		var list []json.RawMessage
		if json.Unmarshal(raw, &list) != nil {
			continue
		}
		changed := false
		for n := range list {
			day, ok := v.releaseDay(list[n])
			if !ok {
				continue
			}
			s.bound(day, at)
			if at < day {
				list[n], changed = unreleased(list[n]), true
			}
		}
		if changed {
			fields = with(fields, name, encode(list))
		}
	}
	return fields
}

// releaseDay returns when the version was released: the start of the release
// day of one that is released and dated.
func (v *view) releaseDay(version json.RawMessage) (int64, bool) {
	var d struct {
		Released    bool   `json:"released"`
		ReleaseDate string `json:"releaseDate"`
	}
	if json.Unmarshal(version, &d) != nil || !d.Released {
		return 0, false
	}
	day, err := time.ParseInLocation(time.DateOnly, d.ReleaseDate, v.zone)
	if err != nil {
		return 0, false
	}
	return day.UnixMilli(), true
}

func unreleased(version json.RawMessage) json.RawMessage {
	var m map[string]json.RawMessage
	if json.Unmarshal(version, &m) != nil {
		return version
	}
	m["released"] = json.RawMessage("false")
	return encode(m)
}

// stamp writes the instant in the account's zone, as JSON.
func (v *view) stamp(b *bytes.Buffer, ms int64) {
	b.WriteByte('"')
	b.Write(time.UnixMilli(ms).In(v.zone).AppendFormat(b.AvailableBuffer(), stampLayout))
	b.WriteByte('"')
}

// issueExpand is what Jira says could be expanded of an issue.
const issueExpand = `"operations,versionedRepresentations,editmeta,changelog,renderedFields"`

// rendering is what of an issue is wanted.
type rendering struct {
	at        int64
	base      string // the URL before /issue/…
	fields    selection
	changelog bool
	// On Cloud: newest is the most histories that are embedded, newest first;
	// rich: texts are documents; bare: nothing but the id is wanted.
	newest     int
	rich, bare bool
}

// write writes the issue as JSON.
func (v *view) write(b *bytes.Buffer, i *issue, s *state, r *rendering) {
	if r.bare {
		b.WriteString(`{"id":"` + formatID(i.id) + `"}`)
		return
	}
	b.WriteString(`{"expand":` + issueExpand + `,"id":"`)
	b.WriteString(formatID(i.id))
	b.WriteString(`","self":`)
	b.Write(encode(r.base + "/issue/" + formatID(i.id)))
	b.WriteString(`,"key":"`)
	b.WriteString(s.facts.key)
	b.WriteByte('"')
	fields := s.fields
	if t := v.w.stands(i, r.at); t.stands == archived {
		fields = v.archived(fields, t.at)
	}
	opened := false
	for _, f := range fields {
		if !r.fields.has(f.name) {
			continue
		}
		if opened {
			b.WriteByte(',')
		} else {
			b.WriteString(`,"fields":{`)
			opened = true
		}
		writeName(b, f.name)
		if v.cloud != nil && (f.name == "description" || f.name == "environment") {
			f.raw = v.prose(f.raw, r.rich)
		}
		v.writeField(b, i, f, r.at)
	}
	if opened {
		b.WriteByte('}')
	}
	if r.changelog && v.cloud != nil {
		v.writeNewest(b, i, r)
	} else if r.changelog {
		v.writeChangelog(b, i, r.at)
	}
	b.WriteByte('}')
}

// archived adds what tells that the issue is archived, and since when.
func (v *view) archived(fields []field, since int64) []field {
	name := "plumbline-archiver"
	by := encode(map[string]any{"name": name, "key": name, "displayName": name, "active": true})
	if v.cloud != nil {
		by = v.cloud.convert(by)
	}
	return with(with(fields, "archiveddate", encode(utcStamp(since))), "archivedby", by)
}

// prose writes a long text as a document, or plainly as the second version of
// the API does; the text of a document is not told there.
func (v *view) prose(raw json.RawMessage, rich bool) json.RawMessage {
	switch {
	case rich:
		return adf(raw)
	case !isNull(raw) && raw[0] != '"':
		return json.RawMessage("null")
	}
	return raw
}

// writeName writes a field's name and the colon.
func writeName(b *bytes.Buffer, name string) {
	for _, c := range []byte(name) {
		if c < ' ' || c > '~' || c == '"' || c == '\\' {
			b.Write(encode(name))
			b.WriteByte(':')
			return
		}
	}
	b.WriteByte('"')
	b.WriteString(name)
	b.WriteString(`":`)
}

func (v *view) writeField(b *bytes.Buffer, i *issue, f field, at int64) {
	switch f.name {
	case "created", "updated", "resolutiondate", "statuscategorychangedate", "archiveddate":
		if ms := stampOf(f.raw); ms != 0 {
			v.stamp(b, ms)
			return
		}
	case "parent", "subtasks", "issuelinks":
		b.Write(v.embed(i, f, at))
		return
	default:
		if c := v.w.fields.custom[f.name]; c != nil && c.custom == schemaTime && !isNull(f.raw) {
			v.stamp(b, stampOf(f.raw))
			return
		}
	}
	b.Write(f.raw)
}

// writeChangelog writes all histories so far, oldest first, as Data Center
// does; an issue of whose past nothing is known has an empty changelog there.
func (v *view) writeChangelog(b *bytes.Buffer, i *issue, at int64) {
	seen := i.seen(at)
	n := strconv.Itoa(seen)
	b.WriteString(`,"changelog":{"startAt":0,"maxResults":` + n + `,"total":` + n + `,"histories":[`)
	for k := range seen {
		if k > 0 {
			b.WriteByte(',')
		}
		v.writeHistory(b, i, k)
	}
	b.WriteString("]}")
}

// writeNewest writes the newest histories, newest first, as Cloud embeds them.
func (v *view) writeNewest(b *bytes.Buffer, i *issue, r *rendering) {
	seen := i.seen(r.at)
	b.WriteString(`,"changelog":{"startAt":0,"maxResults":` + strconv.Itoa(r.newest) + `,"total":` + strconv.Itoa(seen) + `,"histories":[`)
	for k := seen - 1; k >= max(0, seen-r.newest); k-- {
		if k < seen-1 {
			b.WriteByte(',')
		}
		v.writeHistory(b, i, k)
	}
	b.WriteString("]}")
}

// writeHistory writes one of the issue's histories.
func (v *view) writeHistory(b *bytes.Buffer, i *issue, k int) {
	h := &i.histories[k]
	author, items := h.author, h.raw
	if v.cloud != nil {
		author, items = v.cloud.convert(author), v.cloud.itemsOf(i)[k]
	}
	b.WriteString(`{"id":"` + formatID(h.id) + `"`)
	if author != nil {
		b.WriteString(`,"author":`)
		b.Write(author)
	}
	b.WriteString(`,"created":`)
	v.stamp(b, h.at)
	b.WriteString(`,"items":`)
	if isNull(items) {
		items = json.RawMessage("[]")
	}
	b.Write(items)
	b.WriteByte('}')
}

// selection is which fields are wanted.
type selection struct {
	all       bool            // *all
	navigable bool            // *navigable
	named     map[string]bool // true: wanted; false: not wanted
}

// hidden are the fields that are not navigable: the lists that grow with the
// talk about an issue.
func hidden(name string) bool {
	switch name {
	case "comment", "worklog", "attachment", "timetracking", "thumbnail":
		return true
	}
	return false
}

// newSelection reads field names; with none, or with nothing but exclusions,
// the rest is the given default.
func newSelection(names []string, everything bool) selection {
	s := selection{named: map[string]bool{}}
	positive := false
	for _, list := range names {
		for name := range strings.SplitSeq(list, ",") {
			switch name = strings.TrimSpace(name); {
			case name == "":
			case name == "*all":
				s.all, positive = true, true
			case name == "*navigable":
				s.navigable, positive = true, true
			case strings.HasPrefix(name, "-"):
				s.named[name[1:]] = false
			default:
				s.named[name], positive = true, true
			}
		}
	}
	if !positive {
		s.all, s.navigable = everything, true
	}
	return s
}

func (s selection) has(name string) bool {
	if wanted, told := s.named[name]; told {
		return wanted
	}
	return s.all || s.navigable && !hidden(name)
}

func formatID(id uint64) string { return strconv.FormatUint(id, 10) }
