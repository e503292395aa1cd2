package store

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"plumbline/internal/flow"
)

// dumped is an issue as Dump shows it, in DESIGN's order.
type dumped struct {
	ID             flow.IssueID `json:"id"`
	Key            string       `json:"key"`
	Site           string       `json:"site"`
	Type           string       `json:"type"`
	Status         string       `json:"status"`
	StatusCategory string       `json:"statusCategory"`
	Parent         *string      `json:"parent"`
	Resolution     *string      `json:"resolution"`
	Created        *string      `json:"created"`
	Updated        *string      `json:"updated"`
	Resolved       *string      `json:"resolved"`
	DueDate        *string      `json:"dueDate"`
	FixVersions    []string     `json:"fixVersions"`
	Labels         []string     `json:"labels"`
	Histories      int          `json:"histories"`
	Present        bool         `json:"present"`
}

// Dump writes one JSON object a line for every issue, in the order of the
// numeric ids and, where sites share one, of the sites' names. Like Issues it
// holds no transaction while it writes.
func (s *Store) Dump(ctx context.Context, w io.Writer) error {
	d := dumper{store: s, catalogs: map[string]*flow.Catalog{}}
	heads := map[*walk]*flow.Issue{}
	var walks []*walk
	for _, site := range s.Sites() {
		c, err := s.Catalog(site)
		if err != nil {
			return err
		}
		d.catalogs[site] = c
		walks = append(walks, s.walk(site))
	}
	advance := func(w *walk) (err error) {
		heads[w], err = w.next(ctx)
		return err
	}
	for _, w := range walks {
		if err := advance(w); err != nil {
			return err
		}
	}
	out := bufio.NewWriterSize(w, 64<<10)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	for {
		// The walks are in the order of the sites' names: the first wins.
		var first *walk
		for _, w := range walks {
			if heads[w] != nil && (first == nil || heads[w].ID < heads[first].ID) {
				first = w
			}
		}
		if first == nil {
			break
		}
		line, err := d.issue(heads[first])
		if err != nil {
			return err
		}
		if err := enc.Encode(line); err != nil {
			return fmt.Errorf("write dump: %w", err)
		}
		if err := advance(first); err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write dump: %w", err)
	}
	return nil
}

type dumper struct {
	store    *Store
	catalogs map[string]*flow.Catalog
}

func (d *dumper) issue(i *flow.Issue) (*dumped, error) {
	parent, err := d.parent(i)
	if err != nil {
		return nil, err
	}
	return &dumped{
		ID: i.ID, Key: i.Now.Key, Site: i.Site,
		Type: i.Now.Type.Name, Status: i.Now.Status.Name, StatusCategory: i.Now.Category.Key(),
		Parent: parent, Resolution: textOrNull(i.Now.Resolution.Name),
		Created: timeOrNull(i.Created), Updated: timeOrNull(i.Updated), Resolved: timeOrNull(i.Resolved),
		DueDate:     textOrNull(i.Now.Due.String()),
		FixVersions: d.versions(i), Labels: append([]string{}, i.Now.Labels...),
		Histories: i.Histories, Present: i.Gone.IsZero(),
	}, nil
}

// parent returns the key of the issue above: the one that it has now, also
// where it was moved after Jira last showed the issue below it. Where Jira
// gave the id alone and that issue is not held, the key is not known.
func (d *dumper) parent(i *flow.Issue) (*string, error) {
	above := i.Now.Above()
	if above.IsZero() {
		return nil, nil
	}
	var p *flow.Issue
	var err error
	if above.ID != 0 {
		p, err = d.store.Issue(i.Site, above.ID)
	} else {
		p, err = d.store.IssueByKey(i.Site, above.Key)
	}
	switch {
	case errors.Is(err, ErrNotFound):
		return textOrNull(above.Key), nil
	case err != nil:
		return nil, err
	}
	return textOrNull(p.Now.Key), nil
}

// versions returns the names of the issue's fix versions, sorted. One that the
// catalogue does not have goes by the name that the changelog gives it, and by
// its id where that has none either.
func (d *dumper) versions(i *flow.Issue) []string {
	names := make([]string, 0, len(i.Now.FixVersions))
	for _, id := range i.Now.FixVersions {
		v, ok := d.catalogs[i.Site].Versions[id]
		if !ok || v.Name == "" {
			v.Name = versionName(i, id)
		}
		names = append(names, v.Name)
	}
	slices.Sort(names)
	return names
}

func versionName(i *flow.Issue, id string) string {
	for n := len(i.Changes) - 1; n >= 0; n-- {
		c := &i.Changes[n]
		if c.Field != flow.FieldFixVersion {
			continue
		}
		if c.To.ID == id && c.To.Name != "" {
			return c.To.Name
		}
		if c.From.ID == id && c.From.Name != "" {
			return c.From.Name
		}
	}
	return id
}

func textOrNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func timeOrNull(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	return textOrNull(t.UTC().Format("2006-01-02T15:04:05.000Z"))
}
