package app

import (
	"fmt"
	"time"

	"plumbline/internal/config"
)

// rareSyncs finds the schedules whose runs can be so far apart that the shipped
// alerts, whose times are fixed, say what is not so.
func (l *lint) rareSyncs(find finder) {
	const stale = "PlumblineSyncStale fires once a site was not read for 2 h, and GoalStalled and GoalDecisionOverdue are silent then"
	const partial = "PlumblineSyncPartial looks no further back than %s, and is over then though nothing is mended"
	s := &l.config.Schedule
	for _, c := range []struct {
		kind      string
		schedule  config.Cron
		most      time.Duration
		so, alter string
	}{
		{"incremental", s.Incremental, time.Hour, stale, "7200 and offset 2h"},
		{"agile", s.Agile, 2 * time.Hour, fmt.Sprintf(partial, "2 h"), "[2h]"},
		{"census", s.Census, 26 * time.Hour, fmt.Sprintf(partial, "26 h"), "[1d2h]"},
		{"full", s.Full, 8 * 24 * time.Hour, fmt.Sprintf(partial, "8 days"), "[8d]"},
	} {
		if gap := c.schedule.LongestGap(); gap > c.most {
			find(Finding{
				About: c.kind, place: l.config.Places.At("schedule." + c.kind),
				What: fmt.Sprintf("two runs of the %s sync can be %g h apart; %s", c.kind, gap.Hours(), c.so),
				Mend: fmt.Sprintf("let it run every %g h or more often, or raise %s in alerts.yaml and accept this with lint.accept", c.most.Hours(), c.alter),
			})
		}
	}
}
