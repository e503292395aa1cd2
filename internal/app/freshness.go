package app

import (
	"time"
)

// readByHand is how often sites are taken to be read where no service does it
// by schedule: by a person, or a job at night.
const readByHand = 24 * time.Hour

// lastComplete is when each site was last read completely, as far as it was:
// by our clock at the end of the reading, or by the site's at its start where
// that is ahead of ours. What was changed while a reading went on may be held
// only after the next; beside the intervals by which freshness is counted, that
// is little, but for a full run of hours.
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
