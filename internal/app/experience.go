package app

import (
	"context"
	"time"

	"plumbline/internal/config"
	"plumbline/internal/measure"
)

// experience is what was learnt from the containers that have closed. It is
// made anew once a month, where the configuration was read again, and after a
// full sync: a month's model rests on what had happened before that month.
type experience struct {
	config *config.Config
	month  time.Time
	replay *measure.Replay
}

// experienced returns what can be learnt from the store under the
// configuration.
func (a *App) experienced(ctx context.Context, c *config.Config) (*measure.Replay, error) {
	now := a.now().UTC()
	month := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	if x := a.learnt.Load(); x != nil && x.config == c && x.month.Equal(month) {
		return x.replay, nil
	}
	past, err := a.allPast(ctx, now)
	if err != nil {
		return nil, err
	}
	past.Prior = measure.ShippedPrior()
	x := &experience{config: c, month: month, replay: past.Learn()}
	a.learnt.Store(x)
	return x.replay, nil
}
