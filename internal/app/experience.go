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

// experienced has the input rest on what can be learnt under the configuration.
// Where that is not known yet, it is learnt while the input is read.
func (a *App) experienced(ctx context.Context, c *config.Config, in *measure.Input) {
	now := a.now().UTC()
	month := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	if x := a.learnt.Load(); x != nil && x.config == c && x.month.Equal(month) {
		in.Experience = x.replay
		return
	}
	in.Learn = func(met *measure.Survey) (*measure.Replay, error) {
		past, err := a.allPast(ctx, now, met)
		if err != nil {
			return nil, err
		}
		past.Prior = measure.ShippedPrior()
		x := &experience{config: c, month: month, replay: past.Learn()}
		a.learnt.Store(x)
		return x.replay, nil
	}
}
