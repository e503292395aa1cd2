package app

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"time"

	"plumbline/internal/flow"
	"plumbline/internal/goal"
	"plumbline/internal/measure"
)

// StallReplay is what the service would have said of stalls all along: of the
// goals, and of every epic and version that the store holds.
type StallReplay struct {
	At time.Time `json:"at"`
	// Least is how many progress events a container must have made to be
	// replayed.
	Least   int                   `json:"least_progress_events"`
	Records []measure.StallRecord `json:"records"`
}

// Stalls replays the stalls up to the moment (MEASURES §7).
func (a *App) Stalls(ctx context.Context, at time.Time, least int) (*StallReplay, error) {
	r := &StallReplay{At: at, Least: least}
	if f := a.figures.Load(); f != nil {
		r.Records = append(r.Records, f.history.Stalls("goal", at, least))
	}
	catalogs, err := a.catalogs()
	if err != nil {
		return nil, err
	}
	epics, versions, err := measure.Containers(catalogs, func(each func(*flow.Issue) error) error { return a.store.Issues(ctx, "", each) })
	if err != nil {
		return nil, err
	}
	for _, of := range []struct {
		kind       string
		containers []goal.Goal
	}{{"epic", epics}, {"version", versions}} {
		h, err := a.build(ctx, a.settings.Load().Config, of.containers)
		if err != nil {
			return nil, fmt.Errorf("replaying %ss: %w", of.kind, err)
		}
		r.Records = append(r.Records, h.Stalls(of.kind, at, least))
	}
	return r, nil
}

func (a *App) runStalls(ctx context.Context, args url.Values, out io.Writer) error {
	at, err := a.at(args)
	if err != nil {
		return err
	}
	least, err := strconv.Atoi(args.Get("events"))
	if err != nil || least < 1 {
		return codedError{fmt.Errorf("events: %q is no number of progress events: give 1 or more", args.Get("events")), ExitUsage}
	}
	if err := a.measured(ctx); err != nil {
		return err
	}
	r, err := a.Stalls(ctx, at, least)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(r)
}
