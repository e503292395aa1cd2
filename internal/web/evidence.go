package web

import (
	"net/url"
	"strings"
	"time"

	"plumbline/internal/measure"
)

const (
	// shownEvidence bounds the rows of one list, so that a page stays one that
	// a browser can show; the JSON holds them all.
	shownEvidence = 1000
	// openEvidence is up to how many rows a list is unfolded at first.
	openEvidence = 15
)

// evidenceView is the page of a goal.
type evidenceView struct {
	frame
	Row      boardRow
	Parent   string // id of the goal above; empty for none
	When     string
	WhenAt   string
	Age      string
	Day      string
	Today    string
	API      string // the same as JSON
	Measures []measureView
}

// measureView is one figure and where it comes from.
type measureView struct {
	ID      string // of the section
	Name    string
	Value   string
	Why     string
	State   *state // where the figure is a health
	Formula string
	Inputs  []measure.ExplainedInput
	Lists   []evidenceList
}

// evidenceList are the issues and events that made a figure, or did not.
type evidenceList struct {
	Title    string
	Caption  string
	Total    int
	Open     bool
	Rows     []evidenceRow
	Dropped  int // rows that are in the JSON alone
	HasSites bool
	HasWhen  bool
	HasVia   bool
	HasAlso  bool
}

type evidenceRow struct {
	Site, Key, URL, When, WhenAt, What, Via string

	Also []string // ids of the other goals
}

func newEvidence(f frame, g *apiGoal, now time.Time, c clock, issueURL func(site, key string) string) evidenceView {
	only := &measure.Snapshot{At: g.At}
	v := evidenceView{
		frame: f, Row: newRow(&measure.Placed{GoalStatus: &g.Status}, only, c), Parent: g.Status.Parent,
		When: c.moment(g.At), WhenAt: instant(g.At), Day: c.day(g.At).String(), Today: c.day(now).String(),
		API: f.Link("api/v1/goals/" + url.PathEscape(g.Status.ID)),
	}
	if f.At == "" {
		v.Age = ago(now.Sub(g.At))
	}
	for k := range g.Explanation.Measures {
		v.Measures = append(v.Measures, newMeasure(&g.Explanation.Measures[k], c, issueURL))
	}
	return v
}

func newMeasure(m *measure.ExplainedMeasure, c clock, issueURL func(site, key string) string) measureView {
	v := measureView{
		ID: "measure-" + m.Measure, Name: title(m.Measure),
		Value: m.Value, Why: m.Why, Formula: m.Formula, Inputs: m.Inputs,
	}
	if m.Measure == "health" {
		shown := healthOf(measure.Health(m.Value))
		v.State = &shown
	}
	for _, l := range []struct {
		name string
		rows []measure.Evidence
	}{{"Counted", m.Counted}, {"Left out", m.LeftOut}} {
		if len(l.rows) > 0 {
			v.Lists = append(v.Lists, newList(l.name, v.Name, l.rows, c, issueURL))
		}
	}
	return v
}

func newList(name, of string, all []measure.Evidence, c clock, issueURL func(site, key string) string) evidenceList {
	l := evidenceList{
		Title: name, Total: len(all), Open: len(all) <= openEvidence,
		Caption: of + ": what was " + strings.ToLower(name),
	}
	shown := all[:min(len(all), shownEvidence)]
	l.Dropped = len(all) - len(shown)
	for k := range shown {
		e := &shown[k]
		row := evidenceRow{Site: e.Site, Key: e.Key, What: e.What, Via: e.Via, Also: e.Also}
		if e.Key != "" {
			row.URL = issueURL(e.Site, e.Key)
		}
		if !e.At.IsZero() {
			row.When, row.WhenAt = c.moment(e.At), instant(e.At)
		}
		l.HasSites = l.HasSites || e.Site != shown[0].Site
		l.HasWhen = l.HasWhen || row.When != ""
		l.HasVia = l.HasVia || row.Via != ""
		l.HasAlso = l.HasAlso || len(row.Also) > 0
		l.Rows = append(l.Rows, row)
	}
	return l
}
