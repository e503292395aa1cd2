package web

import (
	"context"
	"net/http"
	"time"

	"plumbline/internal/measure"
)

// shownGroups bounds the rows of the page; the JSON holds them all.
const shownGroups = 500

// unlinkedView is the page of the work that no goal claims.
type unlinkedView struct {
	frame
	When, WhenAt, Age, Day, Today string
	API                           string
	Days                          int
	Projects                      []projectRow
	Rows                          []groupRow
	Dropped                       int
}

type projectRow struct {
	measure.ProjectShare
	Share figure
}

type groupRow struct {
	measure.UnlinkedGroup
	URL string
}

func newUnlinked(f frame, u *measure.Unlinked, now time.Time, c clock, issueURL func(site, key string) string) unlinkedView {
	v := unlinkedView{
		frame: f, When: c.moment(u.At), WhenAt: instant(u.At), Day: c.day(u.At).String(), Today: c.day(now).String(),
		API: f.Link("api/v1/unlinked"), Days: u.WindowDays,
	}
	if f.At == "" {
		v.Age = ago(now.Sub(u.At))
	}
	for _, p := range u.Projects {
		v.Projects = append(v.Projects, projectRow{p, ratio(&p.Ratio, "")})
	}
	shown := u.Groups[:min(len(u.Groups), shownGroups)]
	v.Dropped = len(u.Groups) - len(shown)
	for _, g := range shown {
		row := groupRow{UnlinkedGroup: g}
		if g.Epic != "" {
			row.URL = issueURL(g.Site, g.Epic)
		}
		v.Rows = append(v.Rows, row)
	}
	return v
}

// unlinkedAt returns the work that no goal claims at the moment; for the
// present, as of the snapshot that the other pages show.
func (s *Server) unlinkedAt(ctx context.Context, m moment) (*measure.Unlinked, error) {
	at := m.at
	if !m.isPast() {
		snap, err := s.present()
		if err != nil {
			return nil, err
		}
		at = snap.At
	}
	leave, err := s.enter(ctx, m)
	if err != nil {
		return nil, err
	}
	defer leave()
	return s.engine.Unlinked(ctx, at)
}

func (s *Server) unlinked(w http.ResponseWriter, r *http.Request) error {
	m, err := s.moment(r)
	if err != nil {
		return err
	}
	u, err := s.unlinkedAt(r.Context(), m)
	if err != nil {
		return err
	}
	f := s.figuresFrame(r, "Unlinked work", "unlinked", m, "the work as it stood on")
	s.page(w, r, http.StatusOK, s.pages.unlinked, newUnlinked(f, u, s.now(), newClock(s.engine.Zone()), s.issueURL))
	return nil
}

func (s *Server) apiUnlinked(w http.ResponseWriter, r *http.Request) error {
	m, err := s.moment(r)
	if err != nil {
		return err
	}
	u, err := s.unlinkedAt(r.Context(), m)
	if err != nil {
		return err
	}
	s.json(w, r, http.StatusOK, u)
	return nil
}
