package app

import (
	"context"
	"time"

	"plumbline/internal/config"
	"plumbline/internal/measure"
)

// experience is what was learnt from the containers, and the goals in force, that
// have closed. It is made anew once a month, where the configuration was read
// again, and after a full sync: a month's model rests on what had happened before
// that month.
type experience struct {
	config *config.Config
	month  time.Time
	replay *measure.Replay
}

// experienced has the input rest on what can be learnt under the configuration.
// Where that is not known yet, it is learnt while the input is read.
func (a *App) experienced(ctx context.Context, c *config.Config, in *measure.Input) {
	now := a.now().UTC()
	if x := a.learnt.Load(); x != nil && x.config == c && x.month.Equal(monthOf(now)) {
		in.Experience = x.replay
		return
	}
	in.Learn = func(met *measure.Survey) (*measure.Past, error) {
		past, err := a.allPast(ctx, now, met)
		past.Prior = measure.ShippedPrior()
		return &past, err
	}
}

func monthOf(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC) }
