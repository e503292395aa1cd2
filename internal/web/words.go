package web

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"plumbline/internal/flow"
	"plumbline/internal/measure"
	"plumbline/internal/syncer"
)

// state is a state as it is shown: never by colour alone.
type state struct {
	Name   string // for the stylesheet: "off_track"
	Symbol string
	Word   string
	rank   int // trouble first
}

// healthOf returns how a health is shown.
func healthOf(h measure.Health) state {
	name := string(h)
	if !slices.Contains(measure.HealthStates(), h) {
		name = string(measure.HealthUnknown)
	}
	return state{name, h.Sign(), h.Word(), h.Urgency()}
}

// resultOf returns how a sync's result is shown.
func resultOf(r syncer.Result) state {
	switch r {
	case syncer.Complete:
		return state{"on_track", "✓", "Complete", 2}
	case syncer.Partial:
		return state{"at_risk", "▲", "Partial", 1}
	case syncer.Failed:
		return state{"off_track", "✕", "Failed", 0}
	}
	return state{"unknown", "?", "Unknown", 3}
}

// figure is a figure as it is shown. Why tells why there is none.
type figure struct {
	Text   string
	Detail string
	Why    string
	// Nothing tells that it is known that there is none.
	Nothing bool
	Bar     int // of 100, where Ratio
	// Low and High are the ends of an interval around Bar; both 0 where there
	// is none.
	Low, High int
	Ratio     bool
}

// Band is the width of the interval within the bar.
func (f figure) Band() int { return max(f.High-f.Low, 1) }

// Mark is where the figure's mark begins within the bar.
func (f figure) Mark() int { return min(max(f.Bar-1, 0), 97) }

// percent stands behind a number, on the same line.
const percent = "\u00a0%"

// ratio shows a share in percent. What is not all is never shown as 100 %,
// nor what is something as 0 %.
func ratio(v *float64, why string) figure {
	if v == nil || math.IsNaN(*v) || math.IsInf(*v, 0) {
		return unknown(why)
	}
	n := int(math.Round(100 * min(max(*v, -10), 10)))
	text := strconv.Itoa(n) + percent
	switch {
	case n == 0 && *v > 0:
		text = "<\u00a01" + percent
	case n == 100 && *v < 1:
		text = ">\u00a099" + percent
	}
	return figure{Text: text, Bar: min(max(n, 0), 100), Ratio: true}
}

// number shows a sum of points without the noise of its last bits.
func number(v float64) string {
	return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64)
}

// unknown is a figure that is not there.
func unknown(why string) figure {
	if why == "" {
		why = "not known"
	}
	return figure{Why: why}
}

// nothing is a figure of which it is known that there is none.
func nothing(why string) figure { return figure{Why: why, Nothing: true} }

// ago tells a duration of the past as people do.
func ago(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "just now"
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min ago", int(d/time.Minute))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h ago", int(d/time.Hour))
	}
	return fmt.Sprintf("%d days ago", int(d/(24*time.Hour)))
}

// took tells how long something took.
func took(d time.Duration) string {
	switch {
	case d < 0:
		return "unknown"
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return fmt.Sprintf("%d min %02d s", int(d/time.Minute), int(d%time.Minute/time.Second))
}

// many counts things: "1 day", "2 days".
func many(n int, thing string) string {
	if n == 1 || n == -1 {
		return fmt.Sprintf("%d %s", n, thing)
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// clock writes moments in a zone.
type clock struct{ zone *time.Location }

func newClock(zone *time.Location) clock {
	if zone == nil {
		zone = time.UTC
	}
	return clock{zone}
}

func (c clock) moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(c.zone).Format("2006-01-02 15:04 MST")
}

func (c clock) day(t time.Time) flow.Date { return flow.DateOf(t.In(c.zone)) }

// instant is a moment for machines.
func instant(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// title writes a name such as "reported_completion" for people.
func title(name string) string { return capital(strings.ReplaceAll(name, "_", " ")) }

// capital begins a sentence.
func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}
