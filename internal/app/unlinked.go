package app

import (
	"context"
	"encoding/json"
	"io"
	"net/url"
	"time"

	"plumbline/internal/measure"
)

// Unlinked returns the active work that no goal claims, as of the moment.
func (a *App) Unlinked(ctx context.Context, at time.Time) (*measure.Unlinked, error) {
	f, err := a.latest(ctx)
	if err != nil {
		return nil, err
	}
	return f.history.Unlinked(at), nil
}

func (a *App) runUnlinked(ctx context.Context, args url.Values, out io.Writer) error {
	at, err := a.asOf(ctx, args)
	if err != nil {
		return err
	}
	u, err := a.Unlinked(ctx, at)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(u)
}
