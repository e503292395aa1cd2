package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/common/model"

	"plumbline/internal/flow"
	"plumbline/internal/goal"
	"plumbline/internal/measure"
)

const (
	// outcomeEvery is how often an outcome is measured: it moves in weeks.
	// outcomeAgain is how soon one is asked for again that gave no answer.
	outcomeEvery = time.Hour
	outcomeAgain = 5 * time.Minute
	// outcomesWhole is for how long every value is kept, and not the last of
	// each day alone.
	outcomesWhole = 90 * 24 * time.Hour
	// outcomeWithin bounds a query, and outcomesWithin all of a run.
	outcomeWithin  = 30 * time.Second
	outcomesWithin = time.Minute
	// outcomeBytes bounds an answer: one sample is wanted.
	outcomeBytes = 1 << 20
)

// outcomes remembers when each outcome was asked for, so that none is asked
// for more often than is of use.
type outcomes struct {
	mu    sync.Mutex // held while they are asked for
	asked map[outcomeKey]asking
}

type outcomeKey struct{ goal, outcome, query string }

// asking is the last time that an outcome was asked for.
type asking struct {
	at     time.Time
	failed bool
}

// measureOutcomes asks Prometheus for the outcomes that are due and keeps what
// it says, and reports whether that was anything. What fails is logged, and
// asked for again before long: an outcome without a value is not known, and the
// rest goes on.
func (a *App) measureOutcomes(ctx context.Context) (news bool) {
	s := a.settings.Load()
	if s.Config.Prometheus.URL == "" || s.Goals == nil || !a.outcomes.mu.TryLock() {
		return false
	}
	defer a.outcomes.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, outcomesWithin)
	defer cancel()
	for _, key := range a.outcomes.due(s.Goals.List, a.now().UTC()) {
		if ctx.Err() != nil {
			break
		}
		now := a.now().UTC()
		err := a.measureOutcome(ctx, s.Config.Prometheus.URL, key, now)
		a.outcomes.asked[key] = asking{now, err != nil}
		if err != nil {
			a.log.Warn("an outcome could not be measured", "goal", key.goal, "outcome", key.outcome, "error", err)
			continue
		}
		news = true
	}
	return news
}

// due are the goals' outcomes that are to be asked for, those first that were
// asked for the longest ago: a few slow ones must not use up every run's time.
// What no goal has any more is forgotten.
func (o *outcomes) due(goals []goal.Goal, now time.Time) []outcomeKey {
	var due []outcomeKey
	asked := map[outcomeKey]asking{}
	for k := range goals {
		g := &goals[k]
		for _, one := range g.Outcomes {
			key := outcomeKey{g.ID, one.ID, one.Query}
			last, known := o.asked[key]
			if known {
				asked[key] = last
			}
			wait := outcomeEvery
			if last.failed {
				wait = outcomeAgain
			}
			if !known || now.Sub(last.at) >= wait || now.Before(last.at) {
				due = append(due, key)
			}
		}
	}
	o.asked = asked
	slices.SortStableFunc(due, func(a, b outcomeKey) int { return asked[a].at.Compare(asked[b].at) })
	return due
}

func (a *App) measureOutcome(ctx context.Context, base string, key outcomeKey, now time.Time) error {
	v, err := queryValue(ctx, base, key.query, now)
	if err != nil {
		return err
	}
	if err := a.store.RecordOutcome(key.goal, key.outcome, key.query, flow.Measured{At: now, Value: v}); err != nil {
		return err
	}
	return a.store.ThinOutcome(key.goal, key.outcome, key.query, now.Add(-outcomesWhole), a.Zone())
}

// measuredOutcomes returns what the goals' outcomes were measured at.
func (a *App) measuredOutcomes(goals []goal.Goal) ([]measure.OutcomeHistory, error) {
	var out []measure.OutcomeHistory
	for k := range goals {
		for _, o := range goals[k].Outcomes {
			values, err := a.store.Outcome(goals[k].ID, o.ID, o.Query)
			if err != nil {
				return nil, err
			}
			out = append(out, measure.OutcomeHistory{Goal: goals[k].ID, Outcome: o.ID, Values: values})
		}
	}
	return out, nil
}

// queryValue asks a Prometheus server for the one value that a query has at a
// moment.
func queryValue(ctx context.Context, base, query string, at time.Time) (float64, error) {
	ctx, cancel := context.WithTimeout(ctx, outcomeWithin)
	defer cancel()
	form := url.Values{"query": {query}, "time": {at.Format(time.RFC3339Nano)}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(base, "/")+"/api/v1/query", strings.NewReader(form.Encode()))
	if err != nil {
		return 0, fmt.Errorf("asking prometheus: %w", err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(r)
	if err != nil {
		return 0, fmt.Errorf("asking prometheus: %w", err)
	}
	defer func() { _ = answer.Body.Close() }() // it was only read
	body, err := io.ReadAll(io.LimitReader(answer.Body, outcomeBytes+1))
	if err != nil {
		return 0, fmt.Errorf("reading prometheus' answer: %w", err)
	}
	if len(body) > outcomeBytes {
		return 0, fmt.Errorf("prometheus' answer is larger than %d MiB: let the query give one value", outcomeBytes>>20)
	}
	v, err := valueOf(body)
	if err != nil {
		return 0, fmt.Errorf("prometheus answers %s: %w", answer.Status, err)
	}
	return v, nil
}

// valueOf reads the one number out of the answer to a query.
func valueOf(body []byte) (float64, error) {
	var answer struct {
		Status string `json:"status"`
		Error  string `json:"error"`
		Data   struct {
			Type   string          `json:"resultType"`
			Result json.RawMessage `json:"result"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return 0, errors.New("that is no answer of its query interface; check prometheus.url")
	}
	if answer.Status != "success" {
		return 0, fmt.Errorf("it refuses the query: %s", oneLine(answer.Error))
	}
	var value float64
	switch answer.Data.Type {
	case "scalar":
		var s model.Scalar
		if err := json.Unmarshal(answer.Data.Result, &s); err != nil {
			return 0, fmt.Errorf("the scalar can't be read: %w", err)
		}
		value = float64(s.Value)
	case "vector":
		var v model.Vector
		if err := json.Unmarshal(answer.Data.Result, &v); err != nil {
			return 0, fmt.Errorf("the vector can't be read: %w", err)
		}
		if len(v) != 1 || v[0] == nil {
			return 0, fmt.Errorf("the query gives %d series, and one is wanted", len(v))
		}
		value = float64(v[0].Value)
	default:
		return 0, errors.New("the query gives no single value; aggregate it to one, such as with avg or max")
	}
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return 0, errors.New("the query gives no number")
	}
	return value, nil
}
