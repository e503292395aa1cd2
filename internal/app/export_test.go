package app

import (
	"context"

	"plumbline/internal/measure"
	"plumbline/internal/store"
)

// Held is the store that the service holds, for tests that change it.
func (a *App) Held() *store.Store { return a.store }

// Figures is the history that is shown, and Renewed tells that it was made from
// the one before.
func (a *App) Figures() *measure.History { return a.figures.Load().history }
func (a *App) Renewed() bool             { return a.last.renewed }

// Anew measures the whole store again, and keeps nothing of it.
func (a *App) Anew(ctx context.Context) (*measure.History, error) {
	s := a.settings.Load()
	goals, err := a.promised(s.Goals.List)
	if err != nil {
		return nil, err
	}
	h, err := a.build(ctx, s.Config, goals)
	if err != nil {
		return nil, err
	}
	last, err := a.lastComplete()
	if err != nil {
		return nil, err
	}
	return h.SyncedAt(last, a.readEvery(a.now().UTC())), nil
}
