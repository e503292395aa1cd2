package app

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"plumbline/internal/config"
	"plumbline/internal/export"
)

// Reload reads the configuration and the goals again. What is wrong with them
// leaves the old ones in force. The goals, the meanings of names, the calendar
// and the addresses take effect at once; sites, store, schedules and listening
// address at the next start, which the log says.
func (a *App) Reload(ctx context.Context) error {
	a.reloads.Lock() // the last to read has the last word
	defer a.reloads.Unlock()
	err := a.reload(ctx)
	a.metrics.reloaded(err)
	a.reloaded.Store(&reloadResult{err, a.now()})
	if err != nil {
		a.log.Error("the configuration could not be read again; the earlier one stays in force", "error", err)
		return err
	}
	s := a.settings.Load()
	a.log.Info("the configuration was read again", "goals", len(s.Goals.List))
	return nil
}

// reloadResult is how the last attempt to read the configuration ended.
type reloadResult struct {
	err error
	at  time.Time
}

// ReloadFailed returns when and why the last attempt to read the configuration
// failed; nil where it succeeded.
func (a *App) ReloadFailed() (at time.Time, why error) {
	if r := a.reloaded.Load(); r != nil && r.err != nil {
		return r.at, r.err
	}
	return time.Time{}, nil
}

func (a *App) reload(ctx context.Context) error {
	if a.options.Reread == nil {
		return errors.New("this service has no configuration file to read again")
	}
	next, err := a.options.Reread()
	if err != nil {
		return err
	}
	old := a.settings.Load()
	if later := needRestart(old.Config, next.Config); len(later) > 0 {
		a.log.Warn("some settings take effect at the next start", "settings", later)
	}
	a.settings.Store(&next)
	if err := a.Measure(ctx); err != nil {
		a.settings.Store(old)
		if errors.Is(err, export.ErrTooManySeries) { // then the pages show the new goals already
			err = errors.Join(err, a.Measure(ctx))
		}
		return err
	}
	a.announceAsks(old.Goals, next.Goals)
	return nil
}

// needRestart names the settings that differ and are read at the start alone.
func needRestart(old, next *config.Config) []string {
	var out []string
	for name, same := range map[string]bool{
		"sites":      slices.EqualFunc(old.Sites, next.Sites, sameSite),
		"store":      old.Store == next.Store,
		"schedule":   sameSchedule(old.Schedule, next.Schedule),
		"listen":     old.Listen == next.Listen,
		"web_config": old.WebConfig == next.WebConfig,
		"privacy":    old.Privacy == next.Privacy,
		"bots":       slices.Equal(old.Semantics.Bots, next.Semantics.Bots),
	} {
		if !same {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

func sameSite(a, b config.Site) bool {
	return a.Name == b.Name && a.URL == b.URL && a.Auth == b.Auth && a.Scope == b.Scope && a.Limits == b.Limits &&
		a.CAFile == b.CAFile && maps.EqualFunc(a.Fields, b.Fields, slices.Equal[[]string])
}

func sameSchedule(a, b config.Schedule) bool {
	return a.Incremental == b.Incremental && a.Agile == b.Agile && a.Census == b.Census && a.Full == b.Full &&
		a.Zone.String() == b.Zone.String()
}
