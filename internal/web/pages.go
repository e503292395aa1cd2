package web

import (
	"bytes"
	"html/template"
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// pages are the parsed templates, one set a page.
type pages struct {
	board, goal, decisions, unlinked, sync, runbooks, failed *template.Template
}

// parsePages parses the embedded templates; they are part of the program, so
// that a fault in one is a fault of the program.
func parsePages() *pages {
	base := template.Must(template.New("frame.html").Funcs(template.FuncMap{"dates": dates}).ParseFS(files, "templates/frame.html"))
	parse := func(name string) *template.Template {
		t := template.Must(template.Must(base.Clone()).ParseFS(files, "templates/"+name))
		return t.Lookup(name)
	}
	return &pages{board: parse("board.html"), goal: parse("goal.html"), decisions: parse("decisions.html"), unlinked: parse("unlinked.html"), sync: parse("sync.html"), runbooks: parse("runbooks.html"), failed: parse("failed.html")}
}

// frame is what every page has around it.
type frame struct {
	Title   string
	Section string // "goals", "decisions", "unlinked" or "sync": where one is
	// Root leads from the page to the service's own root, so that the pages
	// work below any path that a proxy puts before them.
	Root    string
	Goal    string // the one that the page is limited to; empty for all
	At      string // the parameter at, to be kept by links; empty for the present
	Notices []notice
}

// Link returns a link within the service that keeps the moment.
func (f frame) Link(path string) string {
	link := f.Root + path
	if link == "" {
		link = "./"
	}
	if f.At != "" {
		link += "?at=" + url.QueryEscape(f.At)
	}
	return link
}

// notice is something to know before the figures are read.
type notice struct {
	Name   string // for the stylesheet: "info", "warn", "bad"
	Symbol string
	Word   string // what the symbol means
	Text   string
}

func info(text string) notice { return notice{"info", "ℹ", "Note", text} }
func warn(text string) notice { return notice{"warn", "▲", "Warning", text} }
func bad(text string) notice  { return notice{"bad", "✕", "Problem", text} }

// rootOf returns the way from a path to the root: "../" for each folder.
func rootOf(path string) string {
	return strings.Repeat("../", max(strings.Count(path, "/")-1, 0))
}

// frame makes what is around a page, with what is to be known before it is read:
// that it shows the past, with what stands there and as of when, or that the
// last change of the configuration is not in force.
func (s *Server) frame(r *http.Request, title, section string, m moment, past string) frame {
	f := frame{Title: title, Section: section, Root: rootOf(r.URL.Path), At: m.query}
	c := newClock(s.engine.Zone())
	if m.isPast() {
		f.Notices = []notice{info("You see the past: " + past + " " + c.moment(m.at) + ".")}
	} else {
		f.Notices = s.reloadNotices(c)
	}
	return f
}

// figuresFrame is frame for a page of figures, which rest on what the last
// syncs saw.
func (s *Server) figuresFrame(r *http.Request, title, section string, m moment, past string) frame {
	f := s.frame(r, title, section, m, past)
	if !m.isPast() {
		f.Notices = append(f.Notices, s.syncNotices(r, s.now())...)
	}
	return f
}

// page answers with a page; it is rendered before anything is sent.
func (s *Server) page(w http.ResponseWriter, r *http.Request, status int, t *template.Template, view any) {
	var body bytes.Buffer
	if err := t.Execute(&body, view); err != nil {
		s.log.Error("a page could not be rendered", "path", r.URL.Path, "error", err)
		text(w, http.StatusInternalServerError, "The page could not be made; the service's log says why.")
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes())
}

// failedView is a page that could not be had.
type failedView struct {
	frame
	Status int
	Text   string
}

// fail answers with a failure as whoever asked can read it: JSON under /api/,
// a line for machines, else a page.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, f failure) {
	if f.status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", retryAfter)
	}
	switch path := r.URL.Path; {
	case strings.HasPrefix(path, "/api/"):
		s.json(w, r, f.status, apiError{f.text})
	case strings.HasPrefix(path, "/-/"), path == "/metrics":
		text(w, f.status, f.text)
	default:
		view := failedView{s.frame(r, http.StatusText(f.status), "", moment{}, ""), f.status, capital(f.text) + "."}
		s.page(w, r, f.status, s.pages.failed, view)
	}
}

func (s *Server) board(w http.ResponseWriter, r *http.Request) error {
	m, err := s.moment(r)
	if err != nil {
		return err
	}
	snap, err := s.snapshot(r.Context(), m)
	if err != nil {
		return err
	}
	f := s.figuresFrame(r, "Goals", "goals", m, "the goals as they stood on")
	s.page(w, r, http.StatusOK, s.pages.board, newBoard(f, snap, s.now(), newClock(s.engine.Zone())))
	return nil
}

// reloadNotices tell that what people have written last is not in force, and
// why.
func (s *Server) reloadNotices(c clock) []notice {
	at, why := s.engine.ReloadFailed()
	if why == nil {
		return nil
	}
	first, rest, _ := strings.Cut(why.Error(), "\n")
	text := "What was changed last in the configuration or the goals is not in force, since it is not right (" + c.moment(at) + "): " + excerpt(first)
	if rest != "" {
		text += " (and " + many(strings.Count(rest, "\n")+1, "more finding") + ")"
	}
	return []notice{bad(text + ". The earlier ones stay in force; the service's log says all.")}
}

// excerpt cuts a text that is too long for a notice.
func excerpt(s string) string {
	const longest = 400
	if r := []rune(s); len(r) > longest {
		return string(r[:longest]) + "…"
	}
	return s
}

// syncNotices warn of figures that rest on a sync that saw less than all.
func (s *Server) syncNotices(r *http.Request, now time.Time) []notice {
	runs, err := s.engine.Runs(r.Context(), now, math.MaxInt)
	if err != nil {
		s.log.Error("the syncs' reports could not be read", "error", err)
		return []notice{bad("The reports of the last syncs could not be read; the service's log says why.")}
	}
	return noticesOf(runs, now)
}

func (s *Server) evidence(w http.ResponseWriter, r *http.Request) error {
	m, err := s.moment(r)
	if err != nil {
		return err
	}
	g, err := s.goal(r.Context(), r.PathValue("id"), m)
	if err != nil {
		return err
	}
	f := s.figuresFrame(r, g.Status.Name, "goals", m, "the goal as it stood on")
	s.page(w, r, http.StatusOK, s.pages.goal, newEvidence(f, g, s.now(), newClock(s.engine.Zone()), s.issueURL))
	return nil
}

func (s *Server) syncs(w http.ResponseWriter, r *http.Request) error {
	runs, at, m, err := s.runsAsked(r)
	if err != nil {
		return err
	}
	f := s.frame(r, "Syncs", "sync", m, "the syncs that had begun by")
	s.page(w, r, http.StatusOK, s.pages.sync, newSyncs(f, runs, at, newClock(s.engine.Zone()), s.issueURL))
	return nil
}

// runbooks shows README's section on alerts under README's own name, so that
// an alert's link to it leads somewhere wherever it is read.
func (s *Server) runbooks(w http.ResponseWriter, r *http.Request) {
	s.page(w, r, http.StatusOK, s.pages.runbooks, s.frame(r, "What to do", "", moment{}, ""))
}

// issueURL returns an issue's address in its Jira, "" where a browser should
// not be led there.
func (s *Server) issueURL(site, key string) string {
	link := s.engine.IssueURL(site, key)
	u, err := url.Parse(link)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	return link
}
