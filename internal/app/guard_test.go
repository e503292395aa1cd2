package app

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"plumbline/internal/config"
	"plumbline/internal/flow"
	"plumbline/internal/goal"
	"plumbline/internal/measure"
	"plumbline/internal/syncer"
)

func TestAPanicIsAFailureThatTheLogTellsWithItsStackByEveryPath(t *testing.T) {
	var log bytes.Buffer
	secret := "what a summary says"
	a := bare(Options{
		Settings: Settings{Config: config.Default(), Goals: &config.Goals{}}, Logger: slog.New(slog.NewTextHandler(&log, nil)),
		Now: func() time.Time { panic(secret) },
	})
	a.syncers["acme"] = nil // so that a sync of it panics, too
	a.names = []string{"acme"}
	a.figures.Store(&figures{}) // which are of no store
	for _, c := range []struct {
		name, want string
		do         func() error
	}{
		{"measuring", "measuring: the service made a mistake; its log says which", func() error { return a.Measure(t.Context()) }},
		{"a tick", "bringing the figures up to date: the service made a mistake; its log says which", a.Tick},
		{"a schedule", "", func() error { a.scheduled(t.Context(), "", syncer.Incremental); return nil }},
	} {
		t.Run(c.name, func(t *testing.T) {
			log.Reset()
			text := ""
			if err := c.do(); err != nil {
				text = err.Error()
			}
			if text != c.want {
				t.Errorf("error %q, want %q", text, c.want)
			}
			for _, part := range []string{"level=ERROR", "the service made a mistake", "stack=", "internal/app"} {
				if !strings.Contains(log.String(), part) {
					t.Errorf("the log has no %q:\n%s", part, log.String())
				}
			}
			if strings.Contains(log.String(), secret) {
				t.Errorf("the log tells the value of the panic:\n%s", log.String())
			}
		})
	}
}

func TestNoFiguresAreMadeForWhoeverHasGone(t *testing.T) {
	a := bare(Options{Settings: Settings{Config: config.Default(), Goals: &config.Goals{}}})
	a.figures.Store(&figures{}) // whose history would be missed
	gone, leave := context.WithCancel(t.Context())
	leave()
	_, snapshot := a.SnapshotAt(gone, time.Time{})
	_, explained := a.Explain(gone, "g", "", time.Time{})
	_, decisions := a.Decisions(gone, "", time.Time{})
	_, unlinked := a.Unlinked(gone, time.Time{})
	for _, err := range []error{snapshot, explained, decisions, unlinked} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	}
}

// goer is the context of somebody who goes as soon as figures are being made.
type goer struct {
	context.Context
	asked atomic.Bool
}

func (g *goer) Err() error {
	if g.asked.Swap(true) {
		return context.Canceled
	}
	return nil
}

func TestFiguresOfThePastAreNotMadeToTheEndForWhoeverGoes(t *testing.T) {
	a := bare(Options{Settings: Settings{Config: config.Default(), Goals: &config.Goals{}}})
	h, err := measure.Build(measure.Input{
		Goals: []goal.Goal{{ID: "g"}}, Settings: measure.DefaultSettings(),
		Issues: func(func(*flow.Issue) error) error { return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	a.figures.Store(&figures{history: h})
	if s, err := a.SnapshotAt(&goer{Context: t.Context()}, time.Unix(0, 0)); s != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, %v", s, err)
	}
}
