package app

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"time"

	"plumbline/internal/measure"
	"plumbline/internal/web"
)

// Decisions returns the register of decisions as of the moment; with a goal,
// of that goal alone.
func (a *App) Decisions(ctx context.Context, goal string, at time.Time) (*measure.DecisionRegister, error) {
	f, err := a.latest(ctx)
	if err != nil {
		return nil, err
	}
	r, ok := f.history.Decisions(goal, at)
	if !ok {
		return nil, f.noGoal(goal)
	}
	return r, nil
}

func (a *App) runDecisions(ctx context.Context, args url.Values, out io.Writer) error {
	at, err := a.asOf(ctx, args)
	if err != nil {
		return err
	}
	r, err := a.Decisions(ctx, args.Get("goal"), at)
	if errors.Is(err, web.ErrNoGoal) {
		return codedError{err, ExitUsage}
	}
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(r)
}
