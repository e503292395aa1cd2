package store

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"plumbline/internal/flow"
)

// An issue is held as
//
//	version byte · length of the text · body · text
//
// The body is made of varints, zig-zag where a number may be negative. Times
// are milliseconds relative to a time before them. A string is a reference:
//
//	n<<2       the n-th name of the book; 0 is the empty string
//	len<<2|1   the next len bytes of the text
//	len<<2|2   len bytes of the text that were said before; the offset follows
//
// What has few values (statuses, versions, types, persons) is a name. What has
// many (keys, summaries, lists of labels) is text. One issue has one encoding
// as long as the book only grows, which is what makes "unchanged" a comparison
// of bytes.
const codecVersion = 1

// Bits of the flags that begin the body.
const (
	hasUpdated = 1 << iota
	hasResolved
	hasGone
	hasResolution
	hasParent
	hasEpic
	hasDue
	hasPriority
	hasAssignee
	hasEstimate
	isEstimated
	isFlagged
	hasGoneAs  // since schema 2
	knownFlags = 1<<iota - 1
)

// A change begins with its field<<3 and these bits.
const (
	sameHistory  = 1 << iota // as the change before: time, history, author, bot
	itemFollows              // its item is not the one after the item before
	withoutValue             // From and To are empty
	fieldShift   = 3
	maxField     = 31
)

// Times are of the years 0 to 9999, which is what JSON can show; in ms.
const (
	minTime = -62_167_219_200_000
	maxTime = 253_402_300_799_999
)

// encoder writes issues. It holds the writer's side of the book.
type encoder struct {
	names   []string
	numbers map[string]uint64

	body, text, out []byte
	said            map[string]int // texts of this issue, by offset
	err             error
}

func newEncoder(names []string) *encoder {
	e := &encoder{names: names, numbers: make(map[string]uint64, len(names)), said: map[string]int{}}
	for i, name := range names {
		e.numbers[name] = uint64(i)
	}
	return e
}

// forget takes the names from the n-th on out of the book.
func (e *encoder) forget(n int) {
	for _, name := range e.names[n:] {
		delete(e.numbers, name)
	}
	e.names = e.names[:n:n]
}

// encode returns the bytes of an issue, valid until the next call. It puts
// names that are new into the book. The site and the id are not part of it.
func (e *encoder) encode(i *flow.Issue) ([]byte, error) {
	e.body, e.text, e.err = e.body[:0], e.text[:0], nil
	clear(e.said)
	e.head(i)
	e.state(&i.Now)
	e.links(i.Links)
	e.changes(i)
	if e.err != nil {
		return nil, fmt.Errorf("encode issue %d of site %q: %w", i.ID, i.Site, e.err)
	}
	e.out = append(e.out[:0], codecVersion)
	e.out = binary.AppendUvarint(e.out, uint64(len(e.text)))
	e.out = append(e.out, e.body...)
	e.out = append(e.out, e.text...)
	return e.out, nil
}

func (e *encoder) head(i *flow.Issue) {
	s := &i.Now
	flags := uint64(0)
	for _, f := range []struct {
		bit uint64
		set bool
	}{
		{hasUpdated, !i.Updated.IsZero()},
		{hasResolved, !i.Resolved.IsZero()},
		{hasGone, !i.Gone.IsZero()},
		{hasResolution, !s.Resolution.IsZero()},
		{hasParent, !s.Parent.IsZero()},
		{hasEpic, !s.Epic.IsZero()},
		{hasDue, !s.Due.IsZero()},
		{hasPriority, !s.Priority.IsZero()},
		{hasAssignee, s.Assignee != 0},
		{hasEstimate, math.Float64bits(s.Estimate) != 0},
		{isEstimated, s.Estimated},
		{isFlagged, s.Flagged},
		{hasGoneAs, i.GoneAs != flow.Present},
	} {
		if f.set {
			flags |= f.bit
		}
	}
	e.uint(flags)
	e.time(i.Created, 0)
	created := i.Created.UnixMilli()
	if flags&hasUpdated != 0 {
		e.time(i.Updated, created)
	}
	if flags&hasResolved != 0 {
		e.time(i.Resolved, created)
	}
	if flags&hasGone != 0 {
		e.time(i.Gone, created)
	}
	if flags&hasGoneAs != 0 {
		if i.GoneAs > flow.Unconfirmed {
			e.fail("presence %d is out of range", i.GoneAs)
		}
		e.body = append(e.body, byte(i.GoneAs))
	}
	e.literal(i.Summary)
	e.int(i.Histories)
	e.int(i.Announced)
}

func (e *encoder) state(s *flow.State) {
	e.literal(s.Key)
	e.named(s.Project)
	e.name(s.Type.ID)
	e.name(s.Type.Name)
	e.int(s.Type.Level)
	e.named(s.Status)
	e.body = append(e.body, byte(s.Category))
	if !s.Resolution.IsZero() {
		e.named(s.Resolution)
	}
	if !s.Parent.IsZero() {
		e.ref(s.Parent)
	}
	if !s.Epic.IsZero() {
		e.ref(s.Epic)
	}
	if !s.Due.IsZero() {
		e.int(s.Due.Year)
		e.int(int(s.Due.Month))
		e.int(s.Due.Day)
	}
	if !s.Priority.IsZero() {
		e.named(s.Priority)
	}
	if s.Assignee != 0 {
		e.person(s.Assignee)
	}
	if bits := math.Float64bits(s.Estimate); bits != 0 {
		e.body = binary.BigEndian.AppendUint64(e.body, bits)
	}
	e.list(s.FixVersions)
	e.list(s.Labels)
}

func (e *encoder) links(links []flow.Link) {
	e.uint(uint64(len(links)))
	for i := range links {
		l := &links[i]
		outward := byte(0)
		if l.Outward {
			outward = 1
		}
		e.body = append(e.body, outward)
		e.name(l.Type)
		e.name(l.Description)
		e.ref(l.Other)
	}
}

func (e *encoder) changes(i *flow.Issue) {
	e.uint(uint64(len(i.Changes)))
	before := flow.Change{At: i.Created, Item: -1}
	for n := range i.Changes {
		c := &i.Changes[n]
		if c.Field > maxField {
			e.fail("field %d is out of range", c.Field)
			return
		}
		head := byte(c.Field) << fieldShift
		next := before.Item + 1
		if n > 0 && c.History == before.History && c.Author == before.Author && c.Bot == before.Bot && c.At.Equal(before.At) {
			head |= sameHistory
		} else {
			next = 0
		}
		if c.Item != next {
			head |= itemFollows
		}
		if c.From.IsZero() && c.To.IsZero() {
			head |= withoutValue
		}
		e.body = append(e.body, head)
		if head&sameHistory == 0 {
			e.time(c.At, before.At.UnixMilli())
			e.zigzag(int64(c.History - before.History))
			e.author(c)
		}
		if head&itemFollows != 0 {
			e.int(c.Item)
		}
		if head&withoutValue == 0 {
			e.value(c)
		}
		before = *c
	}
}

// author writes the person's name and, in its lowest bit, whether it is a bot.
func (e *encoder) author(c *flow.Change) {
	bot := byte(0)
	if c.Bot {
		bot = 1
	}
	if c.Author == 0 {
		e.body = append(e.body, bot)
		return
	}
	e.body = append(e.body, bot|2)
	e.person(c.Author)
}

// value writes both sides of a change: as text where the field has as many
// values as there are issues.
func (e *encoder) value(c *flow.Change) {
	write := e.name
	switch c.Field {
	case flow.FieldParent, flow.FieldEpic, flow.FieldKey, flow.FieldLink, flow.FieldLabels, flow.FieldSprint:
		write = e.literal
	}
	write(c.From.ID)
	write(c.From.Name)
	write(c.To.ID)
	write(c.To.Name)
}

func (e *encoder) named(n flow.Named) {
	e.name(n.ID)
	e.name(n.Name)
}

func (e *encoder) ref(r flow.Ref) {
	e.uint(uint64(r.ID))
	e.literal(r.Key)
}

func (e *encoder) list(names []string) {
	e.uint(uint64(len(names)))
	for _, name := range names {
		e.name(name)
	}
}

// person writes a pseudonym as the name that has its eight bytes: there are
// few persons and many changes.
func (e *encoder) person(p flow.Pseudonym) {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(p))
	e.name(string(b[:]))
}

// name writes a reference to the book, where there is place for the name.
func (e *encoder) name(s string) {
	n, ok := e.numbers[s]
	if !ok {
		if len(s) > maxNameLength || len(e.names) > maxNames {
			e.literal(s)
			return
		}
		n = uint64(len(e.names))
		e.names = append(e.names, s)
		e.numbers[s] = n
	}
	e.uint(n << 2)
}

// literal writes a string as text.
func (e *encoder) literal(s string) {
	if s == "" {
		e.uint(0)
		return
	}
	if at, ok := e.said[s]; ok {
		e.uint(uint64(len(s))<<2 | 2)
		e.uint(uint64(at))
		return
	}
	e.said[s] = len(e.text)
	e.text = append(e.text, s...)
	e.uint(uint64(len(s))<<2 | 1)
}

func (e *encoder) time(t time.Time, base int64) {
	ms := t.UnixMilli()
	if ms < minTime || ms > maxTime {
		e.fail("the time is out of range")
		return
	}
	e.zigzag(ms - base)
}

func (e *encoder) uint(v uint64)  { e.body = binary.AppendUvarint(e.body, v) }
func (e *encoder) int(v int)      { e.zigzag(int64(v)) }
func (e *encoder) zigzag(v int64) { e.body = binary.AppendVarint(e.body, v) }

func (e *encoder) fail(format string, args ...any) {
	if e.err == nil {
		e.err = fmt.Errorf(format, args...)
	}
}
