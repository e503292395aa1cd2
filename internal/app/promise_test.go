package app

import (
	"strings"
	"testing"
	"time"

	"plumbline/internal/flow"
	"plumbline/internal/goal"
	"plumbline/internal/store"
)

func promiseDay(t *testing.T, s string) flow.Date {
	t.Helper()
	if s == "" {
		return flow.Date{}
	}
	d, err := flow.ParseDate("2026-" + s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// targets reads "12-18@07-01, 11-27" as dates with the days of saying them.
func targets(t *testing.T, s string) (out []goal.Target) {
	t.Helper()
	for part := range strings.SplitSeq(s, ", ") {
		date, said, _ := strings.Cut(part, "@")
		out = append(out, goal.Target{Date: promiseDay(t, date), Said: promiseDay(t, said)})
	}
	return out
}

func TestAPromiseThatWasMovedUnseenStandsInItsHistory(t *testing.T) {
	for _, c := range []struct{ name, declared, seen, want string }{
		{"nothing was moved", "12-18", "12-18@07-01", "12-18"},
		{"everything was said", "11-27, 12-18@10-20", "11-27@07-01, 12-18@10-21", "11-27, 12-18@10-20"},
		{"moved unseen", "12-18", "11-27@07-01, 12-18@10-21", "11-27@07-01, 12-18@10-21"},
		{"moved and moved back", "11-27", "11-27@07-01, 12-18@10-21, 11-27@10-25", "11-27, 12-18@10-21, 11-27@10-25"},
		{"moved and moved back, with its day", "11-27@06-01", "11-27@07-01, 12-18@10-21, 11-27@10-25", "11-27@06-01, 12-18@10-21, 11-27@10-25"},
		{"moved and moved back, of which the store has not seen the end", "11-27@06-01", "11-27@07-01, 12-18@10-21", "11-27@06-01, 12-18@10-21, 11-27@10-21"},
		{"moved and moved back on one day", "11-27", "11-27@07-01, 12-18@07-01, 11-27@07-01", "11-27, 12-18@07-01, 11-27@07-01"},
		{"moved twice on one day", "12-24", "11-27@07-01, 12-18@07-01, 12-24@07-01", "11-27@07-01, 12-18@07-01, 12-24@07-01"},
		{"one of three was left out", "10-30, 12-18@10-20", "10-30@07-01, 11-27@08-01, 12-18@10-20", "10-30, 11-27@08-01, 12-18@10-20"},
		{"a goal that was removed and came back", "12-18@11-01", "11-27@07-01, 12-18@11-01", "11-27@07-01, 12-18@11-01"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var seen []store.SeenTarget
			for k, s := range targets(t, c.seen) {
				seen = append(seen, store.SeenTarget{Date: s.Date, Shown: s.Said.Start(time.UTC).Add(time.Duration(k) * time.Hour)})
			}
			var got []string
			for _, g := range withUnsaid(targets(t, c.declared), seen, time.UTC) {
				text := strings.TrimPrefix(g.Date.String(), "2026-")
				if !g.Said.IsZero() {
					text += "@" + strings.TrimPrefix(g.Said.String(), "2026-")
				}
				got = append(got, text)
			}
			if text := strings.Join(got, ", "); text != c.want {
				t.Errorf("got  %s\nwant %s", text, c.want)
			}
		})
	}
}
