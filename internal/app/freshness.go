package app

import (
	"time"
)

// readByHand is how often sites are taken to be read where no service does it
// by schedule: by a person, or a job at night.
const readByHand = 24 * time.Hour

// lastComplete is when each site was last read completely, as far as it was:
// by our clock or by the site's, whichever is later, since every change before
// either is held.
func (a *App) lastComplete() (map[string]time.Time, error) {
	last := map[string]time.Time{}
	for _, site := range a.store.Sites() {
		c, err := a.store.Checkpoint(site)
		if err != nil {
			return nil, err
		}
		last[site] = c.LastSuccess
		if !c.LastSuccess.IsZero() && c.Watermark.After(c.LastSuccess) {
			last[site] = c.Watermark
		}
	}
	return last, nil
}

// readEvery is how often the sites are meant to be read.
func (a *App) readEvery(now time.Time) time.Duration {
	if !a.serving.Load() {
		return readByHand
	}
	s := a.settings.Load().Config.Schedule
	first, ok := s.Incremental.Next(now, s.Zone)
	if !ok {
		return readByHand
	}
	second, ok := s.Incremental.Next(first, s.Zone)
	if !ok {
		return readByHand
	}
	return second.Sub(first)
}
