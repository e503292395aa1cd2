package app

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"plumbline/internal/export"
)

const frameHead = 1 + 4

// writeFrame writes a frame at once.
func writeFrame(w io.Writer, kind frame, b []byte) error {
	if len(b) > maxFrame {
		return fmt.Errorf("a frame of a back-fill has %d bytes, more than the %d allowed", len(b), maxFrame)
	}
	whole := make([]byte, frameHead, frameHead+len(b))
	whole[0] = byte(kind)
	binary.BigEndian.PutUint32(whole[1:], uint32(len(b)))
	_, err := w.Write(append(whole, b...))
	return err
}

// requestHead is what stands before a WriteRequest in its frame.
const requestHead = 8 + 8

func requestFrame(q export.Request) []byte {
	b := make([]byte, requestHead, requestHead+len(q.Body))
	binary.BigEndian.PutUint64(b[0:], uint64(q.At.UnixMilli()))
	binary.BigEndian.PutUint64(b[8:], uint64(q.Samples))
	return append(b, q.Body...)
}

func parseRequestFrame(b []byte) (export.Request, error) {
	if len(b) < requestHead {
		return export.Request{}, fmt.Errorf("a request has %d bytes, fewer than its head", len(b))
	}
	samples := binary.BigEndian.Uint64(b[8:])
	if samples > export.MaxSeries {
		return export.Request{}, fmt.Errorf("a request says that it has %d samples", samples)
	}
	at := time.UnixMilli(int64(binary.BigEndian.Uint64(b))).UTC()
	return export.Request{At: at, Samples: int(samples), Body: b[requestHead:]}, nil
}

// BackfillReader takes the answer to the command "backfill" as it comes, in
// pieces of any size, and hands on what is in it. What a function takes it
// must not keep. An error of a function ends the back-fill.
type BackfillReader struct {
	Text     func([]byte) error
	Request  func(export.Request) error
	Progress func(export.Progress)
	// Report is the last of the answer; nil where it was broken off.
	Report *BackfillReport

	rest []byte
	err  error
}

// Write takes the next piece of the answer.
func (r *BackfillReader) Write(b []byte) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	r.rest = append(r.rest, b...)
	whole := r.rest
	for len(whole) >= frameHead {
		n := int(binary.BigEndian.Uint32(whole[1:]))
		if n > maxFrame {
			r.err = fmt.Errorf("reading the back-fill: a frame of %d bytes", n)
			return 0, r.err
		}
		if len(whole) < frameHead+n {
			break
		}
		if r.err = r.take(frame(whole[0]), whole[frameHead:frameHead+n]); r.err != nil {
			return 0, r.err
		}
		whole = whole[frameHead+n:]
	}
	r.rest = append(r.rest[:0], whole...)
	return len(b), nil
}

// Err is the error of a function, or of what could not be read.
func (r *BackfillReader) Err() error { return r.err }

func (r *BackfillReader) take(kind frame, b []byte) error {
	switch {
	case kind == frameText && r.Text != nil:
		return r.Text(b)
	case kind == frameRequest && r.Request != nil:
		q, err := parseRequestFrame(b)
		if err != nil {
			return fmt.Errorf("reading the back-fill: %w", err)
		}
		return r.Request(q)
	case kind == frameProgress:
		var p export.Progress
		if err := json.Unmarshal(b, &p); err != nil {
			return fmt.Errorf("reading the back-fill's progress: %w", err)
		}
		if r.Progress != nil {
			r.Progress(p)
		}
		return nil
	case kind == frameReport:
		r.Report = &BackfillReport{}
		if err := json.Unmarshal(b, r.Report); err != nil {
			return fmt.Errorf("reading the back-fill's report: %w", err)
		}
		return nil
	}
	return fmt.Errorf("reading the back-fill: there is no frame of kind %q here; is the service of another version?", byte(kind))
}
