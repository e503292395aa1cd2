package measure

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// healthLetters spell days: on track, at risk, off track, stalled; done and
// unknown are facts.
const healthLetters = "orfsdu"

func healthOfLetter(letter byte) Health {
	return []Health{OnTrack, AtRisk, OffTrack, Stalled, Finished, HealthUnknown}[strings.IndexByte(healthLetters, letter)]
}

// shownOf returns what shows on each day of a goal that is judged so, and the
// day since which it does.
func shownOf(judged string) (shows string, since []int) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s := DefaultSettings()
	h := shown{state: NotStarted, since: start}
	for day := range len(judged) {
		h.take(start.AddDate(0, 0, day), healthOfLetter(judged[day]), &s.Thresholds)
		for k := range len(healthLetters) {
			if healthOfLetter(healthLetters[k]) == h.state {
				shows += healthLetters[k : k+1]
			}
		}
		since = append(since, int(h.since.Sub(start).Hours()/24))
	}
	return shows, since
}

func TestAHealthHoldsForItselfBeforeItShows(t *testing.T) {
	for _, c := range []struct{ name, judged, want string }{
		{"a worse one after two days", "orrrr", "ooorr"},
		{"a better one after five", "roooooo", "rrrrrro"},
		{"a still worse one after two days of its own", "orrsss", "ooorrs"},
		{"not a worse one that lasts for a day", "osososo", "ooooooo"},
		{"two days of at risk or worse are at risk, whichever they were", "osrr", "ooor"},
		{"a worse one that ends as it would show lets the other show, which has held as long", "ossrr", "ooorr"},
		{"to and fro between two worse ones is the better of them", "orfrfr", "ooorrr"},
		{"what is better than the one that shows is no worse one", "sfsfsf", "ssssss"},
		{"five days of at risk or better are at risk, of which one was on track", "sooorrooooo", "ssssssrrrrr"},
		{"and on track once that has held for five", "sooorroooooo", "ssssssrrrrro"},
		{"a day that is worse begins the better one's days anew", "rooosoooooo", "rrrrrrrrrro"},
		{"a better one that waits does not shorten the days of a worse one", "foooss", "ffffff"},
		{"a worse one shows though a better one waited before", "foooosss", "fffffffs"},
		{"a fact shows at once", "ordd", "oodd"},
		{"after a fact any judgement shows at once", "ousor", "ousss"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, _ := shownOf(c.judged); got != c.want {
				t.Errorf("judged %s, shows\n%s, want\n%s", c.judged, got, c.want)
			}
		})
	}
}

func TestNoHealthShowsThatHasNotHeldAndNoneThatHasIsHidden(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		judged := string(rapid.SliceOfN(rapid.SampledFrom([]byte(healthLetters)), 1, 40).Draw(t, "days"))
		shows, since := shownOf(judged)
		at := func(days string, k int) int { return strings.IndexByte("orfs", days[k]) } // below 0 for a fact
		for day := 1; day < len(judged); day++ {
			if shows[day] != shows[day-1] && since[day] != day || shows[day] == shows[day-1] && since[day] != since[day-1] {
				t.Fatalf("%s shows %s, on day %d since day %d", judged, shows, day, since[day])
			}
			now, before := at(shows, day), at(shows, day-1)
			if now < 0 || before < 0 {
				if shows[day] != judged[day] {
					t.Fatalf("%s shows %s: day %d is or follows a fact", judged, shows, day)
				}
				continue
			}
			long := 2
			if now < before {
				long = 5
			}
			for k := max(day-long, 0); now != before && k <= day; k++ {
				if j := at(judged, k); j < 0 || now > before && j < now || now < before && j > now {
					t.Fatalf("%s shows %s: on day %d %c has not held for %d days", judged, shows, day, shows[day], long)
				}
			}
		}
		if steady := judged[len(judged)-1:]; strings.HasSuffix(judged, strings.Repeat(steady, 6)) && !strings.HasSuffix(shows, steady) {
			t.Fatalf("%s shows %s after five days of %s", judged, shows, steady)
		}
	})
}
