package web

import (
	"encoding/json"
	"net/http"
	"time"

	"plumbline/internal/measure"
	"plumbline/internal/syncer"
)

const (
	// shownRuns is how many syncs are listed.
	shownRuns = 50
	// retryAfter is told to whoever comes before the first snapshot, in seconds.
	retryAfter = "5"
)

// apiGoal answers /api/v1/goals/{id}.
type apiGoal struct {
	At          time.Time           `json:"at"`
	Status      measure.GoalStatus  `json:"status"`
	Explanation measure.Explanation `json:"explanation"`
}

// apiSync answers /api/v1/sync.
type apiSync struct {
	At   time.Time       `json:"at"`
	Runs []syncer.Report `json:"runs"` // the latest begun first
}

// apiError answers whatever goes wrong under /api/.
type apiError struct {
	Error string `json:"error"`
}

func (s *Server) apiGoals(w http.ResponseWriter, r *http.Request) error {
	m, err := s.moment(r)
	if err != nil {
		return err
	}
	snap, err := s.snapshot(r.Context(), m)
	if err != nil {
		return err
	}
	all := *snap
	if all.Goals == nil {
		all.Goals = []measure.GoalStatus{}
	}
	s.json(w, r, http.StatusOK, all)
	return nil
}

func (s *Server) apiGoal(w http.ResponseWriter, r *http.Request) error {
	m, err := s.moment(r)
	if err != nil {
		return err
	}
	g, err := s.goal(r.Context(), r.PathValue("id"), m)
	if err != nil {
		return err
	}
	if g.Explanation.Measures == nil {
		g.Explanation.Measures = []measure.ExplainedMeasure{}
	}
	s.json(w, r, http.StatusOK, g)
	return nil
}

func (s *Server) apiSync(w http.ResponseWriter, r *http.Request) error {
	runs, at, _, err := s.runsAsked(r)
	if err != nil {
		return err
	}
	if runs == nil {
		runs = []syncer.Report{}
	}
	s.json(w, r, http.StatusOK, apiSync{at, runs})
	return nil
}

// runsAsked returns the syncs that had begun by the request's moment, the latest
// first, with that moment.
func (s *Server) runsAsked(r *http.Request) (runs []syncer.Report, at time.Time, m moment, err error) {
	if m, err = s.moment(r); err != nil {
		return nil, at, m, err
	}
	at = s.until(m)
	runs, err = s.engine.Runs(r.Context(), at, shownRuns)
	return runs, at, m, err
}

// until returns the moment itself, or now for the present.
func (s *Server) until(m moment) time.Time {
	if m.isPast() {
		return m.at
	}
	return s.now().UTC().Truncate(time.Millisecond)
}

// json answers with v; it is encoded before anything is sent.
func (s *Server) json(w http.ResponseWriter, r *http.Request, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		s.log.Error("an answer could not be encoded", "path", r.URL.Path, "error", err)
		status, body = http.StatusInternalServerError, []byte(`{"error":"the answer could not be made; the service's log says why"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n'))
}

// text answers with a line for machines and people.
func text(w http.ResponseWriter, status int, line string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(line + "\n"))
}
