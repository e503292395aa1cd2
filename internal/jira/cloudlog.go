package jira

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"plumbline/internal/flow"
)

const (
	// embeddedCap is the least number of entries at which a search is known to
	// cut an embedded changelog; fewer than that are whole if their number is
	// the announced one.
	embeddedCap = 20
	// logPage is how many entries are asked for at once, of all issues
	// together; 10,000 are allowed.
	logPage = 5000
	// logPages bounds the pages of one bulk.
	logPages = 10_000
)

// bulkLogs is the question for whole changelogs. It names no fields: what a
// parent's change is filed under has no field id, and would be left out.
type bulkLogs struct {
	IDs        []string `json:"issueIdsOrKeys"`
	MaxResults int      `json:"maxResults"`
	Token      string   `json:"nextPageToken,omitempty"`
}

// completeLogs reads the rows' changelogs to their end. A search embeds the
// newest entries and says how many there are; that is all of most issues'
// changelogs. The others are fetched together, unfiltered, and where that
// falls short of what was announced, one by one. What is short still is a
// problem of the issue.
func (s *cloud) completeLogs(ctx context.Context, d *decoder, rows []row) error {
	var cut []*decoded
	for _, r := range rows {
		if r.ok && !r.log.whole() {
			cut = append(cut, r.decoded)
		}
	}
	if len(cut) > 0 {
		if err := s.bulkLogs(ctx, cut); err != nil {
			return err
		}
	}
	for _, c := range cut {
		if c.log.Total != nil && *c.log.Total <= len(c.log.Histories) {
			continue
		}
		if err := s.singleLog(ctx, c); err != nil {
			return err
		}
	}
	for _, r := range rows {
		if r.ok {
			d.changelog(r.decoded, r.log)
			r.checkLog()
		}
	}
	return nil
}

// whole reports whether an embedded changelog is surely complete.
func (w *wireChangelog) whole() bool {
	return w != nil && w.Total != nil && *w.Total <= len(w.Histories) && len(w.Histories) < embeddedCap
}

// merge adds the entries that are not held yet.
func (w *wireChangelog) merge(more []wireHistory) {
	held := make(map[ident]bool, len(w.Histories)+len(more))
	all := make([]wireHistory, 0, len(w.Histories)+len(more))
	for _, list := range [][]wireHistory{w.Histories, more} {
		for k := range list {
			if !held[list[k].ID] {
				held[list[k].ID] = true
				all = append(all, list[k])
			}
		}
	}
	w.Histories = all
}

// bulkLogs fetches the changelogs of the issues of one page together. Where
// Jira refuses, or its cursor does not advance, what came is kept: each issue
// is checked afterwards.
func (s *cloud) bulkLogs(ctx context.Context, cut []*decoded) error {
	byID := make(map[flow.IssueID]*decoded, len(cut))
	ask := bulkLogs{MaxResults: logPage}
	for _, d := range cut {
		if d.log == nil {
			d.log = &wireChangelog{}
		}
		d.log.merge(nil)
		byID[d.issue.ID] = d
		ask.IDs = append(ask.IDs, idText(d.issue.ID))
	}
	came := make(map[flow.IssueID][]wireHistory, len(cut))
	defer func() {
		for id, histories := range came {
			byID[id].log.merge(histories)
		}
	}()
	used := make(map[string]bool)
	for range logPages {
		var p wireLogs
		_, err := s.c.call(ctx, request{endpoint: endpointChangelogs, method: http.MethodPost, path: s.api() + "changelog/bulkfetch", body: ask}, p.decode)
		switch {
		case errors.Is(err, errTooLarge) && ask.MaxResults > 1:
			ask.MaxResults /= 2
			continue
		case errors.Is(err, errTooLarge), unavailable(err):
			return nil
		case err != nil:
			return err
		}
		for _, l := range p.Logs {
			if byID[l.ID] != nil {
				came[l.ID] = append(came[l.ID], l.Histories...)
			}
		}
		if p.Token == "" || used[p.Token] {
			return nil
		}
		used[p.Token], ask.Token = true, p.Token
	}
	return nil
}

// singleLog reads one issue's changelog page by page, oldest first.
func (s *cloud) singleLog(ctx context.Context, d *decoded) error {
	var all []wireHistory
	total, err := s.c.paged(ctx, paging{endpointChangelog, s.api() + "issue/" + idText(d.issue.ID) + "/changelog", 100}, func(raw []byte) error {
		var h wireHistory
		if err := json.Unmarshal(raw, &h); err != nil {
			return err
		}
		all = append(all, h)
		return nil
	})
	d.log.merge(all)
	if d.log.Total == nil || total > *d.log.Total {
		d.log.Total = &total
	}
	switch {
	case err == nil, errors.Is(err, ErrIncomplete): // which checkLog tells
		return nil
	case errors.Is(err, errTooLarge), unavailable(err), errors.Is(err, errElement):
		d.trouble(fmt.Sprintf("changelog: it can't be had whole, %d entries are held", len(d.log.Histories)))
		return nil
	}
	return err
}
