package store

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"time"

	"plumbline/internal/flow"
)

// decodeIssue reads what encoder.encode wrote. The issue keeps no part of
// data, and shares its names with the book.
func decodeIssue(data []byte, site string, id flow.IssueID, names []string) (*flow.Issue, error) {
	return decodeOver(&flow.Issue{}, data, site, id, names)
}

// decodeOver is decodeIssue in the place of an issue that nobody looks at.
func decodeOver(i *flow.Issue, data []byte, site string, id flow.IssueID, names []string) (*flow.Issue, error) {
	d := decoder{data: data, names: names}
	*i = flow.Issue{Site: site, ID: id, Changes: i.Changes[:0]}
	d.open()
	flags := d.head(i)
	d.state(&i.Now, flags)
	d.links(i)
	d.changes(i)
	d.finish()
	if d.what != "" {
		return nil, &DecodeError{Site: site, ID: id, Offset: d.at, What: d.what}
	}
	return i, nil
}

// decodeHeld reads the beginning of what encoder.encode wrote.
func decodeHeld(data []byte, site string, id flow.IssueID, names []string) (flow.Held, error) {
	d := decoder{data: data, names: names}
	i := flow.Issue{Site: site, ID: id}
	d.open()
	flags := d.head(&i)
	d.state(&i.Now, flags)
	if d.what != "" {
		return flow.Held{}, &DecodeError{Site: site, ID: id, Offset: d.at, What: d.what}
	}
	h := flow.Held{ID: id, Project: i.Now.Project, Updated: i.Updated, As: i.GoneAs}
	if h.As == flow.Present && !i.Gone.IsZero() {
		h.As = flow.Deleted
	}
	return h, nil
}

// decoder reads one issue. After the first failure it reads zeros, so that the
// callers need not look at each step.
type decoder struct {
	data  []byte // until the text
	off   int
	names []string
	text  string
	next  int // into the text

	what string // the first failure, and where
	at   int
}

func (d *decoder) fail(what string) {
	if d.what == "" {
		d.what, d.at = what, d.off
		d.data = d.data[:0]
	}
}

// open takes the text off the end.
func (d *decoder) open() {
	if v := d.byte(); d.what == "" && v != codecVersion {
		d.fail(fmt.Sprintf("version %d of the encoding is not known", v))
	}
	n := d.uint()
	if n > uint64(len(d.data)-min(d.off, len(d.data))) {
		d.fail("the text is longer than the value")
		return
	}
	body := len(d.data) - int(n)
	d.text = string(d.data[body:])
	d.data = d.data[:body]
}

func (d *decoder) finish() {
	if d.what != "" {
		return
	}
	if d.off != len(d.data) {
		d.fail("the value goes on behind its end")
	} else if d.next != len(d.text) {
		d.fail("there is more text than is used")
	}
}

func (d *decoder) head(i *flow.Issue) (flags uint64) {
	flags = d.uint()
	if flags&^knownFlags != 0 {
		d.fail("unknown flags")
	}
	created := d.time(0)
	i.Created = instant(created)
	if flags&hasUpdated != 0 {
		i.Updated = instant(d.time(created))
	}
	if flags&hasResolved != 0 {
		i.Resolved = instant(d.time(created))
	}
	if flags&hasGone != 0 {
		i.Gone = instant(d.time(created))
	}
	if flags&hasGoneAs != 0 {
		i.GoneAs = flow.Presence(d.byte())
		if i.GoneAs == flow.Present || i.GoneAs > flow.Unconfirmed {
			d.fail("an unknown way to be gone")
		}
	}
	i.Summary = d.string()
	i.Histories = d.int()
	i.Announced = d.int()
	return flags
}

func (d *decoder) state(s *flow.State, flags uint64) {
	s.Key = d.string()
	s.Project = d.named()
	s.Type = flow.IssueType{ID: d.string(), Name: d.string(), Level: d.int()}
	s.Status = d.named()
	s.Category = flow.Category(d.byte())
	if flags&hasResolution != 0 {
		s.Resolution = d.named()
	}
	if flags&hasParent != 0 {
		s.Parent = d.ref()
	}
	if flags&hasEpic != 0 {
		s.Epic = d.ref()
	}
	if flags&hasDue != 0 {
		s.Due = flow.Date{Year: d.int(), Month: time.Month(d.int()), Day: d.int()}
	}
	if flags&hasPriority != 0 {
		s.Priority = d.named()
	}
	if flags&hasAssignee != 0 {
		s.Assignee = d.person()
	}
	if flags&hasEstimate != 0 {
		s.Estimate = math.Float64frombits(d.uint64())
	}
	s.Estimated = flags&isEstimated != 0
	s.Flagged = flags&isFlagged != 0
	s.FixVersions = d.list()
	s.Labels = d.list()
}

// linkSize is the least number of bytes that a link takes.
const linkSize = 5

func (d *decoder) links(i *flow.Issue) {
	n := d.count(linkSize)
	if n == 0 {
		return
	}
	i.Links = make([]flow.Link, n)
	for k := range i.Links {
		outward := d.byte()
		if outward > 1 {
			d.fail("a link has more than two sides")
		}
		i.Links[k] = flow.Link{Outward: outward == 1, Type: d.string(), Description: d.string(), Other: d.ref()}
	}
}

func (d *decoder) changes(i *flow.Issue) {
	n := d.count(1)
	if n == 0 {
		i.Changes = nil
		return
	}
	i.Changes = slices.Grow(i.Changes, n)[:n]
	clear(i.Changes)
	at := i.Created.UnixMilli()
	before := &flow.Change{}
	for k := range i.Changes {
		c := &i.Changes[k]
		head := d.byte()
		c.Field = flow.Field(head >> fieldShift)
		if head&sameHistory != 0 {
			c.At, c.History, c.Author, c.Bot, c.Item = before.At, before.History, before.Author, before.Bot, before.Item+1
		} else {
			at = d.time(at)
			c.At = instant(at)
			c.History = before.History + uint64(d.zigzag())
			c.Author, c.Bot = d.author()
		}
		if head&itemFollows != 0 {
			c.Item = d.int()
		}
		if head&withoutValue == 0 {
			c.From = d.named()
			c.To = d.named()
		}
		if d.what != "" {
			return
		}
		before = c
	}
}

func (d *decoder) author() (p flow.Pseudonym, bot bool) {
	head := d.byte()
	if head > 3 {
		d.fail("an author has unknown bits")
	}
	if head&2 != 0 {
		p = d.person()
	}
	return p, head&1 != 0
}

func (d *decoder) named() flow.Named { return flow.Named{ID: d.string(), Name: d.string()} }

func (d *decoder) ref() flow.Ref { return flow.Ref{ID: flow.IssueID(d.uint()), Key: d.string()} }

func (d *decoder) list() []string {
	n := d.count(1)
	if n == 0 {
		return nil
	}
	list := make([]string, n)
	for i := range list {
		list[i] = d.string()
	}
	return list
}

func (d *decoder) person() flow.Pseudonym {
	s := d.string()
	if len(s) != 8 {
		d.fail("a person is not eight bytes")
		return 0
	}
	p := uint64(0)
	for i := range 8 {
		p = p<<8 | uint64(s[i])
	}
	return flow.Pseudonym(p)
}

// string reads a reference to the book or to the text.
func (d *decoder) string() string {
	v := d.uint()
	n := v >> 2
	switch v & 3 {
	case 0:
		if n < uint64(len(d.names)) {
			return d.names[n]
		}
		d.fail("a name that the store does not have")
	case 1:
		if n <= uint64(len(d.text)-d.next) {
			s := d.text[d.next : d.next+int(n)]
			d.next += int(n)
			return s
		}
		d.fail("more text than there is")
	case 2:
		at := d.uint()
		if at <= uint64(d.next) && n <= uint64(d.next)-at {
			return d.text[at : at+n]
		}
		d.fail("text that was not said before")
	default:
		d.fail("an unknown kind of string")
	}
	return ""
}

// count reads how many elements follow, each of at least size bytes: a broken
// count cannot make us allocate for more than there are bytes.
func (d *decoder) count(size int) int {
	n := d.uint()
	if n > uint64((len(d.data)-min(d.off, len(d.data)))/size) {
		d.fail("more elements than the value has bytes for")
		return 0
	}
	return int(n)
}

// time reads a time relative to base; both are ms since 1970.
func (d *decoder) time(base int64) int64 {
	ms := base + d.zigzag()
	if ms < minTime || ms > maxTime {
		d.fail("a time is out of range")
		return 0
	}
	return ms
}

func instant(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

func (d *decoder) int() int { return int(d.zigzag()) }

func (d *decoder) zigzag() int64 {
	v := d.uint()
	return int64(v>>1) ^ -int64(v&1)
}

func (d *decoder) uint() uint64 {
	if d.off < len(d.data) {
		if b := d.data[d.off]; b < 0x80 {
			d.off++
			return uint64(b)
		}
	}
	return d.longUint()
}

func (d *decoder) longUint() uint64 {
	if d.off >= len(d.data) {
		d.fail("the value ends too early")
		return 0
	}
	v, n := binary.Uvarint(d.data[d.off:])
	if n <= 0 {
		d.fail("a number is cut off or too long")
		return 0
	}
	d.off += n
	return v
}

func (d *decoder) uint64() uint64 {
	if len(d.data)-d.off < 8 {
		d.fail("the value ends too early")
		return 0
	}
	v := binary.BigEndian.Uint64(d.data[d.off:])
	d.off += 8
	return v
}

func (d *decoder) byte() byte {
	if d.off >= len(d.data) {
		d.fail("the value ends too early")
		return 0
	}
	b := d.data[d.off]
	d.off++
	return b
}
