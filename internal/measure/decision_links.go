package measure

import (
	"slices"
	"strings"
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
	h := linkFold{created: i.Created, standing: map[string]map[string]time.Time{}, gone: map[string]bool{}, held: map[string][]flow.Span{}}
	for k := range i.Changes {
		if c := &i.Changes[k]; linked(*c) {
			h.step(c)
		}
	}
	h.end(i)
	if len(h.held) == 0 {
		return nil
	}
	out := make(map[string]flow.Spans, len(h.held))
	for key, spans := range h.held {
		out[lasting(key)] = flow.UnionOf(spans)
	}
	return out
}

// linkFold follows the links of an issue along its changelog.
type linkFold struct {
	created  time.Time
	standing map[string]map[string]time.Time // since when, by key and phrase
	gone     map[string]bool                 // whether a link "is blocked by" was ever taken away, by key
	held     map[string][]flow.Span
}

func (h *linkFold) step(c *flow.Change) {
	if key, phrase := c.From.ID, phraseOf(c.From); key != "" {
		from, made := h.standing[key][phrase]
		if !made && !h.gone[key] { // no item made it: it was there from the creation on
			from, made = h.created, true
		}
		if phrase == blockedByPhrase {
			if made {
				h.hold(key, flow.Span{From: from, To: c.At})
			}
			h.gone[key] = true
		}
		delete(h.standing[key], phrase)
	}
	if key, phrase := c.To.ID, phraseOf(c.To); key != "" {
		if h.standing[key] == nil {
			h.standing[key] = map[string]time.Time{}
		}
		if _, made := h.standing[key][phrase]; !made {
			h.standing[key][phrase] = c.At
		}
	}
}

// end takes the present links in.
func (h *linkFold) end(i *flow.Issue) {
	for key, made := range h.standing {
		if at, ok := made[blockedByPhrase]; ok {
			h.hold(key, flow.Span{From: at})
		}
	}
	for k := range i.Links {
		key := i.Links[k].Other.Key
		if _, known := h.standing[key][blockedByPhrase]; !known && isBlockedBy(i.Links[k].Description) {
			h.hold(key, flow.Span{From: h.renamed(i, key)})
		}
	}
}

// renamed is when a present link "is blocked by" was made under the phrase
// that its type had then: by the latest item about the other issue whose
// phrase is that of no other link between the two. The issue's creation where
// there is none.
func (h *linkFold) renamed(i *flow.Issue, key string) time.Time {
	at := i.Created
	for phrase, when := range h.standing[key] {
		other := slices.ContainsFunc(i.Links, func(l flow.Link) bool {
			return l.Other.Key == key && strings.EqualFold(strings.TrimSpace(l.Description), phrase)
		})
		if !other && when.After(at) {
			at = when
		}
	}
	return at
}

func (h *linkFold) hold(key string, span flow.Span) {
	if span.To.IsZero() || span.From.Before(span.To) {
		h.held[key] = append(h.held[key], span)
	}
}
