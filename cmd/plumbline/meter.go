package main

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/schollz/progressbar/v3"
)

// meter shows how far long work has come: as a bar with rate and time left on
// a terminal, as a line every few seconds elsewhere.
type meter struct {
	w           io.Writer
	unit        string
	bar         *progressbar.ProgressBar
	tty         bool
	began, said time.Time
}

// sayEvery is how often progress is told where there is no terminal.
const sayEvery = 5 * time.Second

// newMeter makes a meter of work that is counted in the unit.
func newMeter(w io.Writer, unit string) *meter {
	now := time.Now()
	return &meter{w: w, unit: unit, tty: terminal(w), began: now, said: now}
}

// at shows that done of total are done; a total below 0 is not known.
func (m *meter) at(what string, done, total int) {
	if !m.tty {
		if now := time.Now(); now.Sub(m.said) >= sayEvery {
			m.said = now
			fmt.Fprintf(m.w, "%s: %d of %s %s%s\n", what, done, count(total), m.unit, m.left(done, total, now))
		}
		return
	}
	if m.bar == nil {
		m.bar = progressbar.NewOptions(total, progressbar.OptionSetWriter(m.w), progressbar.OptionSetDescription(what),
			progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetItsString(m.unit),
			progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish(),
			progressbar.OptionSetPredictTime(true))
	}
	if total >= 0 {
		m.bar.ChangeMax(max(total, done))
	}
	_ = m.bar.Set(done) // a bar that cannot be drawn is no reason to stop
}

// left says how long the rest will take at the rate so far.
func (m *meter) left(done, total int, now time.Time) string {
	if done <= 0 || total < done {
		return ""
	}
	d := time.Duration(float64(now.Sub(m.began)) * float64(total-done) / float64(done))
	return fmt.Sprintf(", about %s left", d.Round(time.Second))
}

func count(n int) string {
	if n < 0 {
		return "?"
	}
	return strconv.Itoa(n)
}

func (m *meter) end() {
	if m.bar != nil {
		_ = m.bar.Finish()
	}
}
