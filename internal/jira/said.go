package jira

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"plumbline/internal/flow"
)

// Hear reads what a custom field, named by its name or its id, has said of the
// progress of issues. Issues that do not exist or may not be seen are left
// out. Where the site has no such field, or several of that name, the error
// tells so by Rejected.
func (c *Client) Hear(ctx context.Context, field string, ids []flow.IssueID, each func(flow.Said) error) error {
	kind := c.kind()
	if kind == nil {
		return c.unprepared()
	}
	ref, err := c.FieldNamed(ctx, field)
	if err != nil {
		return err
	}
	return kind.fetch(ctx, &fields{Reported: &fieldRef{ID: ref.ID, Name: ref.Name}}, ids, func(p flow.Page) error {
		for _, s := range p.Said {
			s.Field = field
			if err := each(s); err != nil {
				return err
			}
		}
		return nil
	})
}

// FieldNamed asks the site for the custom field of a name or an id.
func (c *Client) FieldNamed(ctx context.Context, name string) (flow.Named, error) {
	var listed []wireField
	if _, err := c.call(ctx, request{endpoint: endpointField, method: http.MethodGet, path: c.api() + "field"}, into(&listed)); err != nil {
		return flow.Named{}, err
	}
	var found []flow.Named
	for k := range listed {
		w := &listed[k]
		if w.ID != name && !strings.EqualFold(w.Name, name) && !strings.EqualFold(w.Untranslated, name) {
			continue
		}
		if !strings.HasPrefix(w.ID, customPrefix) || !fieldID.MatchString(w.ID) {
			continue // Jira's own Progress, say, is of time that was logged
		}
		found = append(found, flow.Named{ID: w.ID, Name: plain(w.Name, 200)})
	}
	if len(found) == 1 {
		return found[0], nil
	}
	refused := &APIError{
		Site: c.o.Site, Endpoint: string(endpointField), kind: ErrConfig, declared: true,
		What: fmt.Sprintf("there is no custom field %q", name),
	}
	if len(found) > 1 {
		ids := make([]string, len(found))
		for k := range found {
			ids[k] = found[k].ID
		}
		slices.Sort(ids)
		refused.What = fmt.Sprintf("%d custom fields are called %q: name one by its id, %s", len(found), name, strings.Join(ids, " or "))
	}
	return flow.Named{}, refused
}

// said is what the reported field says of the issue; nothing where none was
// asked for.
func (d *decoder) said(one *decoded) []flow.Said {
	ref := d.fields.Reported
	if ref == nil {
		return nil
	}
	s := flow.Said{Site: d.site, ID: one.issue.ID}
	for _, h := range one.sayings(ref) {
		if len(s.History) == 0 && !h.from.At.IsZero() && h.from.Known {
			s.History = append(s.History, h.from)
		}
		s.History = append(s.History, h.to)
	}
	now := saying(one.issue.Created, fieldText(one.reported))
	switch n := len(s.History); {
	case n == 0 && now.Known:
		s.History = append(s.History, now)
	case n > 0:
		// What stands is so, whatever the changelog lacks.
		if last := s.History[n-1]; last.Known != now.Known || math.Abs(last.Value-now.Value) > 1e-6 {
			now.At = later(one.issue.Updated, last.At)
			s.History = append(s.History, now)
		}
	}
	return []flow.Said{s}
}

// change is one change of the reported field.
type change struct {
	from, to flow.Saying
	history  uint64
}

// sayings returns the changes of the field, oldest first. What the field said
// before the first, it said since the issue was created.
func (d *decoded) sayings(ref *fieldRef) []change {
	if d.log == nil {
		return nil
	}
	var all []change
	for k := range d.log.Histories {
		h := &d.log.Histories[k]
		id, ok := h.ID.number()
		at, err := parseTime(string(h.Created))
		if !ok || err != nil {
			continue // which the changelog's own reading has noted
		}
		for n := range h.Items {
			w := &h.Items[n]
			if w.FieldID != ref.ID && (w.FieldID != "" || !strings.EqualFold(w.Field, ref.Name)) {
				continue
			}
			all = append(all, change{
				from: saying(d.issue.Created, cmp.Or(w.FromString, w.From)), to: saying(at, cmp.Or(w.ToString, w.To)), history: id,
			})
		}
	}
	slices.SortStableFunc(all, func(a, b change) int {
		return cmp.Or(a.to.At.Compare(b.to.At), cmp.Compare(a.history, b.history))
	})
	return slices.CompactFunc(all, func(a, b change) bool { return a.history == b.history && a.to == b.to })
}

func saying(at time.Time, text string) flow.Saying {
	v, percent, ok := flow.ParseProgress(text)
	return flow.Saying{At: at, Known: ok, Value: v, Percent: percent}
}

// fieldText is the value of a custom field as text: a number, a text, or an
// option's value; empty for none and for anything else.
func fieldText(raw json.RawMessage) string {
	if !present(raw) {
		return ""
	}
	var text string
	var option struct {
		Value string `json:"value"`
	}
	switch raw[0] {
	case '"':
		if json.Unmarshal(raw, &text) == nil {
			return text
		}
	case '{':
		if json.Unmarshal(raw, &option) == nil {
			return option.Value
		}
	case '[', 't', 'f':
		return ""
	}
	return numberText(raw)
}

// numberText is a number without an exponent, as people write it.
func numberText(raw json.RawMessage) string {
	var v float64
	if err := json.Unmarshal(raw, &v); err != nil {
		return ""
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
