package measure

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"plumbline/internal/flow"
	"plumbline/internal/goal"
)

// StallRecord says how often containers of a kind would have been called
// stalled, had somebody watched all along, and how rightly (MEASURES §7).
type StallRecord struct {
	Kind string `json:"kind"` // goal, epic or version
	// Containers are those that made at least the progress events asked for;
	// LeftOut began and made fewer.
	Containers int `json:"containers"`
	LeftOut    int `json:"left_out"`
	Alarms     int `json:"alarms"`
	// Months is how long the containers were under way in all: from the first
	// leaf in progress to the closing, or to the moment of the replay.
	// AwakeMonths are those of them in which none was stalled.
	Months      float64 `json:"container_months"`
	AwakeMonths float64 `json:"awake_container_months"`
	// PerMonth is Alarms ÷ Months; PerAwakeMonth is Alarms ÷ AwakeMonths,
	// since what is stalled can't begin to be. Nil without any months.
	PerMonth      *float64 `json:"alarms_per_container_month"`
	PerAwakeMonth *float64 `json:"alarms_per_awake_container_month"`
	// Short is the share of the alarms that ended, by progress or by the
	// closing, within three days. Remaining is the median time until they did
	// so, of those that did at all. Endless counts the others.
	Short     *float64 `json:"ending_within_3d"`
	Remaining *float64 `json:"median_remaining_silence_seconds"`
	Endless   int      `json:"never_ended"`
}

// The constants of a replay: the mean month, and how soon an alarm has to end
// to have been raised for little.
const (
	month     = time.Duration(365.25 / 12 * float64(day))
	shortLife = 3 * day
)

// Stalls replays every goal's stalls up to the moment. Goals that made fewer
// than least progress events are left out.
func (h *History) Stalls(kind string, at time.Time, least int) StallRecord {
	r := StallRecord{Kind: kind}
	var months, asleep float64 // together they can be more than a Duration holds
	var remaining []time.Duration
	for k := range h.ledgers {
		l := &h.ledgers[k]
		rhythm, begun := l.rhythm(at, &h.settings)
		switch {
		case !begun:
			continue
		case rhythm.events < least:
			r.LeftOut++
			continue
		}
		r.Containers++
		months += inMonths(l.awake(rhythm.begun, at))
		for _, s := range rhythm.stalls.Intersect(flow.Spans{{From: rhythm.begun, To: at}}) {
			asleep += inMonths(s.To.Sub(s.From))
		}
		r.Alarms += len(rhythm.alarms)
		for _, a := range rhythm.alarms {
			if end := l.moved(a, at); !end.IsZero() {
				remaining = append(remaining, end.Sub(a.since))
			}
		}
	}
	r.sum(months, asleep, remaining)
	return r
}

func perMonth(n int, months float64) *float64 {
	if months <= 0 {
		return nil
	}
	rate := float64(n) / months
	return &rate
}

func inMonths(d time.Duration) float64 { return float64(d) / float64(month) }

func (r *StallRecord) sum(months, asleep float64, remaining []time.Duration) {
	r.Months, r.PerMonth = months, perMonth(r.Alarms, months)
	r.AwakeMonths, r.PerAwakeMonth = months-asleep, perMonth(r.Alarms, months-asleep)
	r.Endless = r.Alarms - len(remaining)
	slices.Sort(remaining)
	within, _ := slices.BinarySearch(remaining, shortLife+1)
	r.Short = ratio(within, r.Alarms)
	if len(remaining) > 0 {
		median := quantile(remaining, 0.5).Seconds()
		r.Remaining = &median
	}
}

// moved is when something happened after an alarm: progress, or the closing of
// the container. The zero time where neither had by the moment.
func (l *ledger) moved(a alarm, at time.Time) time.Time {
	end := a.moved
	for _, s := range l.shut {
		if s.From.After(a.since) && !s.From.After(at) && (end.IsZero() || s.From.Before(end)) {
			end = s.From
		}
	}
	return end
}

// Containers returns a goal for each epic, and one for each version, that any
// of the issues has ever belonged to: what a company's stalls are replayed on
// beside its goals. It fails only where issues does.
func Containers(catalogs map[string]*flow.Catalog, issues func(each func(*flow.Issue) error) error) (epics, versions []goal.Goal, err error) {
	keys := map[string]bool{}
	used := map[goal.InProject]bool{}
	err = issues(func(i *flow.Issue) error {
		if i.Now.Type.Container() {
			keys[i.Now.Key] = true
		}
		name := func(id string) {
			if c := catalogs[i.Site]; c != nil && c.Versions[id].Name != "" {
				used[goal.InProject{Project: c.Versions[id].Project, Name: c.Versions[id].Name}] = true
			}
		}
		for _, id := range i.Now.FixVersions {
			name(id)
		}
		for k := range i.Changes {
			if c := &i.Changes[k]; c.Field == flow.FieldFixVersion {
				name(c.From.ID)
			}
		}
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("looking for epics and versions: %w", err)
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		epics = append(epics, goal.Goal{ID: key, Work: goal.Work{Epics: []string{key}}})
	}
	for v := range used {
		versions = append(versions, goal.Goal{ID: v.String(), Work: goal.Work{FixVersions: []goal.InProject{v}}})
	}
	slices.SortFunc(versions, func(a, b goal.Goal) int { return cmp.Compare(a.ID, b.ID) })
	return epics, versions, nil
}
