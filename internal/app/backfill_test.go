package app_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/app"
	"plumbline/internal/export"
)

// frameOf is a frame as the answer to "backfill" has it.
func frameOf(kind byte, body string) []byte {
	b := binary.BigEndian.AppendUint32([]byte{kind}, uint32(len(body)))
	return append(b, body...)
}

// taken is what a reader handed on.
type taken struct {
	Text     string
	Requests []export.Request
	Progress []export.Progress
}

func reader(to *taken) *app.BackfillReader {
	return &app.BackfillReader{
		Text: func(b []byte) error { to.Text += string(b); return nil },
		Request: func(q export.Request) error {
			q.Body = bytes.Clone(q.Body)
			to.Requests = append(to.Requests, q)
			return nil
		},
		Progress: func(p export.Progress) { to.Progress = append(to.Progress, p) },
	}
}

func TestTheAnswerToABackfillIsReadInPiecesOfAnySize(t *testing.T) {
	var answer []byte
	answer = append(answer, frameOf('P', `{"at":"2026-11-01T00:00:00Z","done":1,"total":2}`)...)
	answer = append(answer, frameOf('T', "one\n")...)
	answer = append(answer, frameOf('T', "")...)
	answer = append(answer, frameOf('T', "two\n")...)
	head := binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, 1793491200000), 7)
	answer = append(answer, frameOf('W', string(head)+"body")...)
	answer = append(answer, frameOf('R', `{"moments":2,"samples":7}`)...)
	at := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	want := taken{
		Text: "one\ntwo\n", Requests: []export.Request{{At: at, Samples: 7, Body: []byte("body")}},
		Progress: []export.Progress{{At: at, Done: 1, Total: 2}},
	}
	for size := 1; size <= len(answer); size++ {
		var got taken
		r := reader(&got)
		for rest := answer; len(rest) > 0; rest = rest[min(size, len(rest)):] {
			if _, err := r.Write(rest[:min(size, len(rest))]); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" || r.Report == nil || r.Report.Moments != 2 || r.Report.Samples != 7 {
			t.Fatalf("in pieces of %d bytes: report %+v (-want +got):\n%s", size, r.Report, diff)
		}
	}
}

func TestAnAnswerThatIsNoBackfillIsRefused(t *testing.T) {
	for name, b := range map[string][]byte{
		"a frame of no kind":           frameOf('X', ""),
		"a request without its head":   frameOf('W', "short"),
		"a request of too many":        frameOf('W', strings.Repeat("\xff", 16)),
		"progress that is no JSON":     frameOf('P', "{"),
		"a report that is no JSON":     frameOf('R', "[]"),
		"a frame larger than is sent":  {'T', 0xff, 0xff, 0xff, 0xff},
		"the text of another protocol": []byte("HTTP/1.1 200 OK\r\n\r\n"),
	} {
		t.Run(name, func(t *testing.T) {
			r := reader(&taken{})
			if _, err := r.Write(b); err == nil || r.Err() == nil || !strings.Contains(err.Error(), "reading the back-fill") {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestAReaderEndsWithTheErrorOfWhatItHandsOn(t *testing.T) {
	why := errors.New("no room")
	r := &app.BackfillReader{Text: func([]byte) error { return why }}
	if _, err := r.Write(frameOf('T', "x")); !errors.Is(err, why) || !errors.Is(r.Err(), why) {
		t.Errorf("error %v, %v", err, r.Err())
	}
	if _, err := r.Write(frameOf('T', "x")); !errors.Is(err, why) {
		t.Errorf("after it: %v", err)
	}
}

func FuzzBackfillReader(f *testing.F) {
	f.Add(frameOf('T', "text"), 1)
	f.Add(frameOf('R', "{}"), 3)
	f.Add(frameOf('W', strings.Repeat("\x00", 20)), 7)
	f.Add([]byte{'T', 0, 0xff, 0xff, 0xff}, 2)
	f.Fuzz(func(t *testing.T, b []byte, size int) {
		if size < 1 {
			return
		}
		var whole, pieces taken
		a, c := reader(&whole), reader(&pieces)
		_, _ = a.Write(b) // what is wrong with it is compared below
		for rest := b; len(rest) > 0 && c.Err() == nil; rest = rest[min(size, len(rest)):] {
			_, _ = c.Write(rest[:min(size, len(rest))])
		}
		if (a.Err() == nil) != (c.Err() == nil) || a.Err() == nil && !cmp.Equal(whole, pieces) {
			t.Errorf("whole %v, in pieces %v: %s", a.Err(), c.Err(), cmp.Diff(whole, pieces))
		}
	})
}
