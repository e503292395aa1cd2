package jira

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// quickLog reads a changelog in one pass, where it is in the form that sites
// give: changelogs are most of what a sync reads, and the json package walks
// over each of their bytes three times. It understands nothing that is out of
// the way; then it says so, and the json package has the word. What it does
// understand, it understands as that does. Like members it does not look into
// values that nobody wants.
func quickLog(raw []byte) (*wireChangelog, bool) {
	r := quick{b: raw}
	w := &wireChangelog{}
	r.object([]string{"total", "histories"}, func(name string) {
		switch name {
		case "total":
			w.Total = r.count()
		case "histories":
			w.Histories = r.histories()
		}
	})
	return w, r.ended()
}

// quick reads JSON from front to back.
type quick struct {
	b   []byte
	at  int
	odd bool // something was met that is for others to read
}

func (r *quick) histories() []wireHistory {
	list := []wireHistory{}
	r.array(func() {
		list = append(list, wireHistory{})
		h := &list[len(list)-1]
		r.object([]string{"id", "created", "author", "items"}, func(name string) {
			switch name {
			case "id":
				h.ID = ident(r.word())
			case "created":
				h.Created = stamp(r.word())
			case "author":
				h.Author = r.user()
			case "items":
				h.Items = r.items()
			}
		})
	})
	return list
}

func (r *quick) user() *wireUser {
	if r.null() {
		return nil
	}
	u := &wireUser{}
	r.object([]string{"accountId", "key", "name", "displayName"}, func(name string) {
		switch name {
		case "accountId":
			u.AccountID = r.text()
		case "key":
			u.Key = r.text()
		case "name":
			u.Name = r.text()
		case "displayName":
			u.DisplayName = r.text()
		}
	})
	return u
}

func (r *quick) items() []wireItem {
	list := make([]wireItem, 0, 1) // most histories have one
	r.array(func() {
		list = append(list, wireItem{})
		w := &list[len(list)-1]
		r.object([]string{"field", "fieldtype", "fieldId", "from", "fromString", "to", "toString"}, func(name string) {
			into := &w.ToString
			switch name {
			case "field":
				into = &w.Field
			case "fieldtype":
				into = &w.FieldType
			case "fieldId":
				into = &w.FieldID
			case "from":
				into = &w.From
			case "fromString":
				into = &w.FromString
			case "to":
				into = &w.To
			}
			*into = r.text()
		})
	})
	return list
}

// object calls member for each of the wanted members, to read its value. A
// member that comes twice, or under its name in other letters, is for the json
// package, which has rules for that.
func (r *quick) object(wanted []string, member func(name string)) {
	var seen uint
	r.sequence('{', '}', func() {
		key, plain := r.quoted()
		if r.odd = r.odd || !plain || !r.next(':'); r.odd {
			return
		}
		for k, name := range wanted {
			if string(key) == name {
				r.odd = seen&(1<<k) != 0
				seen |= 1 << k
				member(name)
				return
			}
		}
		for _, name := range wanted {
			r.odd = r.odd || len(key) >= len(name) && bytes.EqualFold(key, []byte(name))
		}
		r.skip()
	})
}

func (r *quick) array(element func()) { r.sequence('[', ']', element) }

// sequence calls one for each of the things between open and shut.
func (r *quick) sequence(open, shut byte, one func()) {
	if !r.next(open) {
		r.odd = true
	}
	if r.odd || r.next(shut) {
		return
	}
	for one(); !r.odd && !r.next(shut); one() {
		if !r.next(',') {
			r.odd = true
			return
		}
	}
}

// skip passes over a value.
func (r *quick) skip() {
	r.space()
	n, err := valueEnd(r.b[r.at:])
	r.at += n
	r.odd = r.odd || err != nil
}

// next takes c off the front if it is there.
func (r *quick) next(c byte) bool {
	r.space()
	if r.at < len(r.b) && r.b[r.at] == c {
		r.at++
		return true
	}
	return false
}

func (r *quick) space() {
	for r.at < len(r.b) && r.b[r.at] <= ' ' {
		switch r.b[r.at] {
		case ' ', '\n', '\r', '\t':
			r.at++
		default:
			return
		}
	}
}

func (r *quick) null() bool {
	r.space()
	if r.at+4 > len(r.b) || string(r.b[r.at:r.at+4]) != "null" {
		return false
	}
	r.at += 4
	return true
}

// ended reports whether all was read and understood.
func (r *quick) ended() bool {
	r.space()
	return !r.odd && r.at == len(r.b)
}

// quoted returns what stands between quotation marks; plain tells that it
// means itself.
func (r *quick) quoted() (inner []byte, plain bool) {
	if !r.next('"') {
		r.odd = true
		return nil, false
	}
	from, ascii := r.at, true
	plain = true
	for ; r.at < len(r.b); r.at++ {
		switch c := r.b[r.at]; {
		case c == '"':
			inner = r.b[from:r.at]
			r.at++
			return inner, plain && (ascii || utf8.Valid(inner))
		case c == '\\':
			plain = false
			r.at++
		case c < ' ':
			r.odd = true
			return nil, false
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	r.odd = true
	return nil, false
}

// text reads a string; null is "".
func (r *quick) text() string {
	if r.null() || r.odd {
		return ""
	}
	from := r.at
	inner, plain := r.quoted()
	if plain || r.odd {
		return string(inner)
	}
	var s string
	if json.Unmarshal(r.b[from:r.at], &s) != nil {
		r.odd = true
	}
	return s
}

// word reads what is a string or a number, as ident and stamp do; null is "".
func (r *quick) word() string {
	if digits := r.digits(); digits != nil {
		return string(digits)
	}
	if r.null() || r.odd {
		return ""
	}
	inner, plain := r.quoted()
	r.odd = r.odd || !plain
	return string(inner)
}

func (r *quick) count() *int {
	n := 0
	digits := r.digits()
	if r.odd = r.odd || digits == nil || len(digits) > 9; r.odd {
		return nil
	}
	for _, c := range digits {
		n = 10*n + int(c-'0')
	}
	return &n
}

// digits reads a whole number without a sign; nil where there is none.
func (r *quick) digits() []byte {
	r.space()
	from := r.at
	for r.at < len(r.b) && digit(r.b[r.at]) {
		r.at++
	}
	if from == r.at {
		return nil
	}
	digits := r.b[from:r.at]
	more := r.at < len(r.b) && (r.b[r.at] == '.' || r.b[r.at] == 'e' || r.b[r.at] == 'E')
	r.odd = r.odd || more || digits[0] == '0' && len(digits) > 1
	return digits
}
