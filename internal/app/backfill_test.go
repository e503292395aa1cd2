package app_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/app"
	"plumbline/internal/export"
	"plumbline/internal/measure"
	"plumbline/internal/syncer"
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

// lines reads samples: value by series and, where the line has one, moment.
func lines(t *testing.T, text string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "#") || strings.HasPrefix(line, measure.MetricSnapshot) {
			continue
		}
		end := strings.LastIndexByte(line, '}')
		value, moment, _ := strings.Cut(strings.TrimSpace(line[end+1:]), " ")
		out[line[:end+1]+moment] = value
	}
	return out
}

func TestTheBackfillOfAeroGearSaysWhatScrapesOfThoseDaysSaid(t *testing.T) {
	w := aerogear(t)
	today := open(t, w, at(t, "2016-01-01 00:00"))
	today.sync(t, syncer.Full)
	ask := app.BackfillArgs(export.Range{From: at(t, "2011-10-01 00:00"), To: at(t, "2016-06-01 00:00"), Step: export.Day()}, nil, false)
	backfill := func() (string, *app.BackfillReport) {
		var text bytes.Buffer
		r := &app.BackfillReader{Text: func(b []byte) error { text.Write(b); return nil }}
		if err := today.Run(t.Context(), "backfill", ask, r); err != nil {
			t.Fatal(err)
		}
		return text.String(), r.Report
	}
	text, report := backfill()
	if again, _ := backfill(); again != text {
		t.Error("the same store and range made other bytes")
	}
	points := lines(t, text)
	if report.Samples != len(points) || report.Before == 0 || report.After == 0 || report.Moments < 1400 {
		t.Errorf("%+v, but there are %d points", report, len(points))
	}
	for _, day := range []string{"2011-12-05", "2012-02-15", "2012-06-19"} {
		then := open(t, w, at(t, day+" 00:00"))
		then.sync(t, syncer.Full)
		e := export.New(then.Zone())
		if err := e.Publish(then.Snapshot()); err != nil {
			t.Fatal(err)
		}
		page := httptest.NewRecorder()
		export.Handler(e).ServeHTTP(page, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		want := lines(t, page.Body.String())
		if len(want) < 200 {
			t.Fatalf("the scrape of %s has %d series", day, len(want))
		}
		moment := strconv.FormatInt(then.now.Unix(), 10)
		got := map[string]string{}
		for name, v := range points {
			if series, ok := strings.CutSuffix(name, "}"+moment); ok {
				got[series+"}"] = v
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-scrape of that day, +back-fill):\n%s", day, diff)
		}
	}
}
