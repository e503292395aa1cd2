package measure

import (
	"slices"
	"time"

	"plumbline/internal/flow"
)

// heldBy returns when the issue had a link "is blocked by" to another, by the
// key that the link names; nil where it never had one.
func heldBy(i *flow.Issue) map[string]flow.Spans {
	blocked := func(l flow.Link) bool { return isBlockedBy(l.Description) }
	linked := func(c flow.Change) bool { return c.Field == flow.FieldLink }
	if !slices.ContainsFunc(i.Links, blocked) && !slices.ContainsFunc(i.Changes, linked) {
		return nil
	}
	held := map[string][]flow.Span{}
	eachLink(i, func(key, phrase string, during flow.Span) {
		if isBlockedBy(phrase) {
			held[key] = append(held[key], during)
		}
	})
	if len(held) == 0 {
		return nil
	}
	out := make(map[string]flow.Spans, len(held))
	for key, spans := range held {
		out[lasting(key)] = flow.UnionOf(spans)
	}
	return out
}

// eachLink yields the links that the issue has, or had, to others: by the key
// that names the other, with what it says of the issue, and for how long, as the
// changelog and the present links tell it together. There may be several to one
// issue, and each is made and removed for itself. The order is any.
func eachLink(i *flow.Issue, yield func(key, phrase string, during flow.Span)) {
	f := linkFold{issue: i, yield: yield}
	for k := range i.Changes {
		if c := &i.Changes[k]; c.Field == flow.FieldLink {
			f.step(c)
		}
	}
	f.end()
}

// linkFold follows the links of an issue along its changelog.
type linkFold struct {
	issue    *flow.Issue
	standing map[string]map[string]time.Time // since when, by key and phrase
	gone     map[linkName]bool               // that were ever taken away
	yield    func(key, phrase string, during flow.Span)
}

// linkName tells links of one issue apart: by the key of the other, and by what
// they say.
type linkName struct{ key, phrase string }

func (f *linkFold) step(c *flow.Change) {
	if key, phrase := c.From.ID, phraseOf(c.From); key != "" {
		from, made := f.standing[key][phrase]
		if !made && !f.gone[linkName{key, phrase}] { // no item made it: it was there from the creation on
			from, made = f.issue.Created, true
		}
		if made && from.Before(c.At) {
			f.yield(key, phrase, flow.Span{From: from, To: c.At})
		}
		if f.gone == nil {
			f.gone = map[linkName]bool{}
		}
		f.gone[linkName{key, phrase}] = true
		delete(f.standing[key], phrase)
	}
	if key, phrase := c.To.ID, phraseOf(c.To); key != "" {
		if f.standing == nil {
			f.standing = map[string]map[string]time.Time{}
		}
		if f.standing[key] == nil {
			f.standing[key] = map[string]time.Time{}
		}
		if _, made := f.standing[key][phrase]; !made {
			f.standing[key][phrase] = c.At
		}
	}
}

// end takes the present links in.
func (f *linkFold) end() {
	for key, made := range f.standing {
		for phrase, at := range made {
			f.yield(key, phrase, flow.Span{From: at})
		}
	}
	for k := range f.issue.Links {
		l := &f.issue.Links[k]
		key, phrase := l.Other.Key, presentPhrase(l)
		if _, known := f.standing[key][phrase]; !known {
			f.yield(key, phrase, flow.Span{From: f.renamed(key)})
		}
	}
}

// renamed is when a present link was made under the phrase that its type had
// then: by the latest item about the other issue whose phrase is that of no
// present link between the two. The issue's creation where there is none.
func (f *linkFold) renamed(key string) time.Time {
	at := f.issue.Created
	for phrase, when := range f.standing[key] {
		present := slices.ContainsFunc(f.issue.Links, func(l flow.Link) bool { return l.Other.Key == key && presentPhrase(&l) == phrase })
		if !present && when.After(at) {
			at = when
		}
	}
	return at
}
