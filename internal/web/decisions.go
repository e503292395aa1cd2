package web

import (
	"cmp"
	"context"
	"net/http"
	"strings"
	"time"

	"plumbline/internal/measure"
)

// shownDecisions bounds the rows of each list of the page; the JSON holds
// them all.
const shownDecisions = 500

// decisionsView is the page of the register.
type decisionsView struct {
	frame
	When, WhenAt, Age, Day, Today string
	API                           string
	Days                          int
	Latency                       []latencyRow
	Open, Made                    decisionList
}

type latencyRow struct {
	Class                   string
	P50, P85, Mean, Working figure
	Made, Waiting           int
	WholeHistory            bool
}

// decisionList are the decisions that are open, or those that ended.
type decisionList struct {
	Rows    []decisionRow
	Total   int
	Dropped int
}

type decisionRow struct {
	measure.Decision
	URL           string
	AskedOn       string
	DueOn         string
	EndedOn       string
	Lasted        string
	Worked        figure
	OpenedAgain   string
	ShownAs, Note string // what it is called, and what is said of it
}

func newDecisions(f frame, r *measure.DecisionRegister, now time.Time, c clock, issueURL func(site, key string) string) decisionsView {
	v := decisionsView{
		frame: f, When: c.moment(r.At), WhenAt: instant(r.At), Day: c.day(r.At).String(), Today: c.day(now).String(),
		API: f.Link("api/v1/decisions"), Days: r.WindowDays,
	}
	if r.Goal != "" {
		v.API += map[bool]string{true: "?", false: "&"}[f.At == ""] + "goal=" + r.Goal
	}
	if f.At == "" {
		v.Age = ago(now.Sub(r.At))
	}
	for k := range r.Classes {
		if c := &r.Classes[k]; c.Latency.MeanSeconds != nil {
			v.Latency = append(v.Latency, newLatency(c.Class, &c.Latency))
		}
	}
	for k := range r.Decisions {
		list := &v.Open
		if r.Decisions[k].State != measure.DecisionOpen {
			list = &v.Made
		}
		if list.Total++; list.Total <= shownDecisions {
			list.Rows = append(list.Rows, newDecision(&r.Decisions[k], c, issueURL))
		} else {
			list.Dropped++
		}
	}
	return v
}

func newLatency(class string, l *measure.DecisionLatency) latencyRow {
	row := latencyRow{
		Class: cmp.Or(class, "all"), Made: l.Made, Waiting: l.Waiting, WholeHistory: l.WholeHistory,
		P50: lasting(l.P50Seconds, "too many are open to tell"), P85: lasting(l.P85Seconds, "too many are open to tell"),
		Mean: lasting(l.MeanSeconds, ""), Working: unknown("the calendar has no working day"),
	}
	if w := l.Working; w != nil {
		row.Working = lasting(&w.MeanSeconds, "")
	}
	return row
}

func newDecision(d *measure.Decision, c clock, issueURL func(site, key string) string) decisionRow {
	row := decisionRow{
		Decision: *d, AskedOn: c.day(d.Asked).String(), Lasted: lasting(&d.AgeSeconds, "").Text,
		Worked:  lasting(d.WorkingSeconds, "the calendar has no working day"),
		ShownAs: cmp.Or(d.Key, d.ID), Note: d.Summary,
	}
	if d.Key != "" {
		row.URL = issueURL(d.Site, d.Key)
		row.Note = strings.TrimPrefix(strings.Join([]string{d.ID, d.Summary}, ": "), ": ")
	}
	row.Note = strings.TrimSuffix(row.Note, ": ")
	if d.Due != nil {
		row.DueOn = c.moment(*d.Due)
	}
	if d.Ended != nil {
		row.EndedOn = c.day(*d.Ended).String()
	}
	if d.Reopened > 0 {
		row.OpenedAgain = "opened again " + many(d.Reopened, "time")
	}
	return row
}

// lasting shows a duration in seconds as people speak of decisions.
func lasting(seconds *float64, why string) figure {
	if seconds == nil {
		return unknown(why)
	}
	if hours := int(*seconds / 3600); hours < 48 {
		return figure{Text: many(hours, "hour")}
	}
	return figure{Text: many(int(*seconds/86400), "day")}
}

// decisionsAt returns the register of the request's moment and goal; for the
// present, as of the snapshot that the other pages show.
func (s *Server) decisionsAt(ctx context.Context, goal string, m moment) (*measure.DecisionRegister, error) {
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
	return s.engine.Decisions(ctx, goal, at)
}

// asked reads the parameters goal and at.
func (s *Server) asked(r *http.Request) (*measure.DecisionRegister, moment, error) {
	m, err := s.moment(r, "goal")
	if err != nil {
		return nil, m, err
	}
	goal := r.URL.Query().Get("goal")
	if !possibleGoal(goal) && r.URL.Query().Has("goal") {
		return nil, m, ErrNoGoal
	}
	register, err := s.decisionsAt(r.Context(), goal, m)
	return register, m, err
}

func (s *Server) decisions(w http.ResponseWriter, r *http.Request) error {
	register, m, err := s.asked(r)
	if err != nil {
		return err
	}
	f := s.figuresFrame(r, "Decisions", "decisions", m, "the decisions as they stood on")
	f.Goal = register.Goal
	s.page(w, r, http.StatusOK, s.pages.decisions, newDecisions(f, register, s.now(), newClock(s.engine.Zone()), s.issueURL))
	return nil
}

func (s *Server) apiDecisions(w http.ResponseWriter, r *http.Request) error {
	register, _, err := s.asked(r)
	if err != nil {
		return err
	}
	s.json(w, r, http.StatusOK, register)
	return nil
}
