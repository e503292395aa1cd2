package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"time"

	"plumbline/internal/export"
)

// BackfillReport says what a back-fill made, and what it had nothing for.
type BackfillReport struct {
	export.Written
	First  time.Time `json:"first"` // moment
	Last   time.Time `json:"last"`
	Before int       `json:"before"` // moments asked for before the first issue
	After  int       `json:"after"`  // moments asked for in the future
	// FirstIssue is when the first issue was created.
	FirstIssue time.Time `json:"first_issue"`
}

// runBackfill answers with the frames of a back-fill: of OpenMetrics text, or
// of requests for remote write. It never sends anything anywhere itself: the
// credentials are those of whoever asks.
func (a *App) runBackfill(ctx context.Context, args url.Values, out io.Writer) error {
	r, labels, err := backfillArgs(args)
	if err != nil {
		return codedError{err, ExitUsage}
	}
	if err := a.measured(ctx); err != nil {
		return err
	}
	h := a.figures.Load().history
	past := &export.Past{At: h.Snapshot, First: h.Began(), Now: a.now().UTC(), Zone: a.Zone()}
	plan, err := past.Plan(r)
	if err != nil {
		return codedError{err, ExitUsage}
	}
	report := BackfillReport{
		First: plan.Moments[0], Last: plan.Moments[len(plan.Moments)-1], Before: plan.Before, After: plan.After, FirstIssue: past.First,
	}
	frames := &frameWriter{w: out}
	if args.Get("as") == backfillText {
		text := export.Text{Dir: filepath.Dir(a.settings.Load().Config.Store.Path), Labels: labels, Progress: frames.progress}
		report.Written, err = text.Write(ctx, past, plan, frames.text())
	} else {
		requests := export.Requests{Labels: labels, Send: frames.request, Progress: frames.progress}
		report.Written, err = requests.Write(ctx, past, plan)
	}
	if err = errors.Join(err, frames.err); err != nil {
		return err
	}
	return frames.json(frameReport, report)
}

// The forms of a back-fill.
const (
	backfillText     = "text"
	backfillRequests = "requests"
)

// BackfillArgs are the arguments of the command "backfill".
func BackfillArgs(r export.Range, labels []string, remote bool) url.Values {
	args := url.Values{
		"from": {r.From.UTC().Format(time.RFC3339Nano)}, "to": {r.To.UTC().Format(time.RFC3339Nano)},
		"step": {r.Step.String()}, "label": labels, "as": {backfillText},
	}
	if remote {
		args.Set("as", backfillRequests)
	}
	return args
}

func backfillArgs(args url.Values) (r export.Range, labels []export.Label, err error) {
	for name, to := range map[string]*time.Time{"from": &r.From, "to": &r.To} {
		if *to, err = time.Parse(time.RFC3339Nano, args.Get(name)); err != nil {
			return r, nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	if r.Step, err = export.ParseStep(args.Get("step")); err != nil {
		return r, nil, err
	}
	if as := args.Get("as"); as != backfillText && as != backfillRequests {
		return r, nil, fmt.Errorf("as: %q is no form of a back-fill", as)
	}
	labels, err = export.ParseLabels(args["label"])
	return r, labels, err
}

// frame says what a frame of a back-fill's answer holds. A frame is its kind,
// the length of what it holds as four bytes, and that.
type frame byte

const (
	frameText     frame = 'T' // OpenMetrics text
	frameRequest  frame = 'W' // moment in Unix milliseconds and number of samples, 8 bytes each; a WriteRequest
	frameProgress frame = 'P' // export.Progress as JSON
	frameReport   frame = 'R' // BackfillReport as JSON; the last
)

// maxFrame bounds what a frame holds.
const maxFrame = 16 << 20

// frameWriter writes frames. progress can't fail, so it keeps its error.
type frameWriter struct {
	w    io.Writer
	said time.Time
	err  error
}

func (f *frameWriter) json(kind frame, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return writeFrame(f.w, kind, b)
}

// progressEvery bounds how often progress is told; the last is always.
const progressEvery = 100 * time.Millisecond

func (f *frameWriter) progress(p export.Progress) {
	if now := time.Now(); f.err == nil && (p.Done == p.Total || now.Sub(f.said) >= progressEvery) {
		f.said = now
		f.err = f.json(frameProgress, p)
	}
}

func (f *frameWriter) request(q export.Request) error {
	return writeFrame(f.w, frameRequest, requestFrame(q))
}

// text returns the writer that makes frames of text.
func (f *frameWriter) text() io.Writer { return textFrames{f.w} }

type textFrames struct{ w io.Writer }

func (t textFrames) Write(b []byte) (int, error) {
	if err := writeFrame(t.w, frameText, b); err != nil {
		return 0, err
	}
	return len(b), nil
}
