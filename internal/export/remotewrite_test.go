package export_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/export"
)

func remote(tb testing.TB, o export.RemoteOptions) *export.Remote {
	tb.Helper()
	if o.Backoff == 0 {
		o.Backoff = time.Millisecond
	}
	r, err := export.NewRemote(o)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

// deliver sends the last days to the receiver.
func deliver(tb testing.TB, o export.RemoteOptions, days, goals int) (*export.Delivery, export.Written, error) {
	tb.Helper()
	p, plan := lastDays(tb, days, goals)
	d := &export.Delivery{Remote: remote(tb, o)}
	q := export.Requests{Send: func(q export.Request) error { return d.Send(tb.Context(), q) }}
	w, err := q.Write(tb.Context(), p, plan)
	return d, w, err
}

func TestRemoteWriteSaysWhatTheTextSays(t *testing.T) {
	to := newReceiver(t, always)
	d, w, err := deliver(t, export.RemoteOptions{URL: to.URL}, 12, 300) // several requests a moment
	if err != nil {
		t.Fatal(err)
	}
	p, plan := lastDays(t, 12, 300)
	text, wrote := written(t, &export.Text{}, p, plan)
	if diff := cmp.Diff(wrote, w); diff != "" || d.Taken != w.Samples || d.Refused != 0 || d.Requests <= 12 {
		t.Errorf("%+v taken (-text +remote write):\n%s", d, diff)
	}
	want := pointsOf(t, text)
	for _, points := range want {
		for name, v := range points { // an empty label is none
			if plain := strings.ReplaceAll(name, `,parent=""`, ""); plain != name {
				delete(points, name)
				points[strings.ReplaceAll(plain, `,owner=""`, "")] = v
			}
		}
	}
	if diff := cmp.Diff(want, to.points); diff != "" {
		t.Errorf("points (-text +remote write):\n%s", diff)
	}
	if len(to.back) > 0 {
		t.Errorf("these series went back in time: %v", to.back)
	}
	for name, value := range map[string]string{
		"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy", "X-Prometheus-Remote-Write-Version": "0.1.0",
		"User-Agent": "plumbline", "Authorization": "",
	} {
		if got := to.got[0].Header.Get(name); got != value {
			t.Errorf("%s is %q, want %q", name, got, value)
		}
	}
}

func TestCredentialsAreSentAsAsked(t *testing.T) {
	for want, o := range map[string]export.RemoteOptions{
		"Bearer t0ken":         {Bearer: "t0ken"},
		"Basic bWU6cGFzcw==":   {User: "me", Password: "pass"},
		"Basic bWU6cGFzczp4eQ": {User: "me", Password: "pass:xy"},
	} {
		to := newReceiver(t, always)
		o.URL = to.URL
		if _, _, err := deliver(t, o, 1, 1); err != nil {
			t.Error(err)
		}
		if got := strings.TrimRight(to.got[0].Header.Get("Authorization"), "="); got != strings.TrimRight(want, "=") {
			t.Errorf("Authorization %q, want %q", got, want)
		}
	}
}

func TestABadAddressIsRefusedWithoutQuotingIt(t *testing.T) {
	for _, o := range []export.RemoteOptions{
		{URL: ""}, {URL: "prometheus:9090"}, {URL: "ftp://x/y"}, {URL: "http://"}, {URL: "http://me:s3cret@host/"}, {URL: "http://h\x00s3cret/"},
		{URL: "http://h/", Bearer: "s3cret", User: "me"},
	} {
		if _, err := export.NewRemote(o); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: %v", o.URL, err)
		}
	}
}

func TestWhatMayPassIsSentAgain(t *testing.T) {
	drop := func(n int, w http.ResponseWriter) bool {
		if n > 2 {
			return true
		}
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return false
		}
		_ = conn.Close()
		return false
	}
	for name, script := range map[string]func(int, http.ResponseWriter) bool{
		"the receiver is not well":  answering(500, 503, 502),
		"it asks to come later":     answering(429, 429),
		"it drops the line":         drop,
		"it is well from the start": always,
	} {
		t.Run(name, func(t *testing.T) {
			to := newReceiver(t, script)
			d, w, err := deliver(t, export.RemoteOptions{URL: to.URL}, 5, 2)
			if err != nil || d.Taken != w.Samples || d.Refused != 0 || d.Requests != 5 || len(to.points) != 5 {
				t.Errorf("%+v, %v; want all %d samples of 5 moments", d, err, w.Samples)
			}
		})
	}
}

func TestPausesGrowAreJitteredAndKeepToWhatTheReceiverAsks(t *testing.T) {
	later := func(n int, w http.ResponseWriter) bool {
		switch n {
		case 1, 2, 3, 4:
			http.Error(w, "busy", http.StatusServiceUnavailable)
		case 5:
			w.Header().Set("Retry-After", "1")
			http.Error(w, "busy", http.StatusTooManyRequests)
		default:
			return true
		}
		return false
	}
	to := newReceiver(t, later)
	var pauses []time.Duration
	r := remote(t, export.RemoteOptions{
		URL: to.URL, Backoff: 8 * time.Millisecond, MaxPause: 2 * time.Second,
		Notify: func(_ string, d time.Duration) { pauses = append(pauses, d) },
	}).Randomly(func() float64 { return 0.5 })
	if err := r.Send(t.Context(), export.Request{At: at, Samples: 1}); err != nil {
		t.Fatal(err)
	}
	ms := time.Millisecond
	if diff := cmp.Diff([]time.Duration{6 * ms, 12 * ms, 24 * ms, 48 * ms, time.Second}, pauses); diff != "" {
		t.Errorf("pauses (-want +got):\n%s", diff)
	}
}

func TestADeliveryEndsWhereTheReceiverStaysAwayAndSaysWhereToGoOn(t *testing.T) {
	hang := make(chan struct{})
	for _, c := range []struct {
		name, want string
		script     func(n int, w http.ResponseWriter) bool
	}{
		{"not well for good", "answered 503 Service Unavailable: because (tried 3 times)", answering(200, 200, 503, 503, 503)},
		{"slow", "no answer within 500ms (tried 3 times)", func(n int, w http.ResponseWriter) bool {
			if n > 2 {
				<-hang
			}
			return n <= 2
		}},
		{"asks to wait for an hour", "it asks to wait 1h0m0s, longer than the 1s", func(n int, w http.ResponseWriter) bool {
			if n > 2 {
				w.Header().Set("Retry-After", "3600")
				http.Error(w, "busy", http.StatusTooManyRequests)
			}
			return n <= 2
		}},
		{"asks to wait for more than a day", "it asks to wait 27h46m40s, longer than the 1s that are waited for", func(n int, w http.ResponseWriter) bool {
			if n > 2 {
				w.Header().Set("Retry-After", "100000")
				http.Error(w, "busy", http.StatusServiceUnavailable)
			}
			return n <= 2
		}},
		{"asks to wait for longer than can be told", "it asks to wait 2562047h47m16s, longer than the 1s", func(n int, w http.ResponseWriter) bool {
			if n > 2 {
				w.Header().Set("Retry-After", "99999999999999999999999")
				http.Error(w, "busy", http.StatusServiceUnavailable)
			}
			return n <= 2
		}},
		{"wants credentials", "refused with 401 Unauthorized: because", answering(200, 200, 401)},
		{"is somewhere else", "refused with 404 Not Found: because", answering(200, 200, 404)},
		{"leads elsewhere", "refused with 307 Temporary Redirect: a redirect, which is not followed", func(n int, w http.ResponseWriter) bool {
			if n > 2 {
				w.Header().Set("Location", "http://127.0.0.1:1/elsewhere")
				w.WriteHeader(http.StatusTemporaryRedirect)
			}
			return n <= 2
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			to, timeout := newReceiver(t, c.script), 10*time.Second
			if c.name == "slow" {
				timeout = 500 * time.Millisecond
				t.Cleanup(func() { close(hang) }) // before the receiver closes, which waits for its answers
			}
			d, _, err := deliver(t, export.RemoteOptions{URL: to.URL, Bearer: "s3cret", Attempts: 3, Timeout: timeout, MaxPause: time.Second}, 6, 1)
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
			_, plan := lastDays(t, 6, 1)
			if d.Requests != 2 || !d.Stopped.Equal(plan.Moments[2]) {
				t.Errorf("%d requests were taken and it stopped at %s; want 2 and %s", d.Requests, d.Stopped, plan.Moments[2])
			}
		})
	}
}

func TestNobodyAtTheAddressIsSaidWithoutTheAddress(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	_, _, err := deliver(t, export.RemoteOptions{URL: gone.URL + "/?token=s3cret", Attempts: 2}, 1, 1)
	if err == nil || !strings.Contains(err.Error(), "connection refused") || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("error %v", err)
	}
}

func TestWhatIsRefusedIsCountedAndTheRestGoesOn(t *testing.T) {
	to := newReceiver(t, func(n int, w http.ResponseWriter) bool {
		if n <= 2 || n == 4 {
			http.Error(w, "out of bounds\x1b[31m, Bearer s3cret said\nand more", http.StatusBadRequest)
			return false
		}
		return true
	})
	d, w, err := deliver(t, export.RemoteOptions{URL: to.URL, Bearer: "s3cret"}, 6, 1)
	if err != nil {
		t.Fatal(err)
	}
	_, plan := lastDays(t, 6, 1)
	want := []export.Refusal{{
		What: "refused with 400 Bad Request: out of bounds[31m, Bearer *** said", Samples: d.Refused, First: plan.Moments[0], Last: plan.Moments[3],
	}}
	if diff := cmp.Diff(want, d.Refusals); diff != "" {
		t.Errorf("refusals (-want +got):\n%s", diff)
	}
	if len(to.got) != 6 || d.Requests != 3 || d.Taken == 0 || d.Taken+d.Refused != w.Samples || !d.Stopped.IsZero() {
		t.Errorf("%d requests came in, %+v of %d samples", len(to.got), d, w.Samples)
	}
}

func TestRefusalsOfManyKindsStayFew(t *testing.T) {
	to := newReceiver(t, func(n int, w http.ResponseWriter) bool {
		http.Error(w, fmt.Sprint("reason ", n), http.StatusBadRequest)
		return false
	})
	d, w, err := deliver(t, export.RemoteOptions{URL: to.URL}, 20, 1)
	if err != nil || len(d.Refusals) > 5 || d.Refused != w.Samples {
		t.Errorf("%d refusals of %d samples, %v; %d were sent", len(d.Refusals), d.Refused, err, w.Samples)
	}
	sum := 0
	for _, x := range d.Refusals {
		sum += x.Samples
	}
	if sum != d.Refused {
		t.Errorf("the refusals are of %d samples, want %d", sum, d.Refused)
	}
}

func TestADeliveryEndsWithItsContext(t *testing.T) {
	to := newReceiver(t, answering(503))
	ctx, cancel := context.WithCancel(t.Context())
	r := remote(t, export.RemoteOptions{
		URL: to.URL, Backoff: time.Minute, Notify: func(string, time.Duration) { cancel() },
	})
	if err := r.Send(ctx, export.Request{At: at}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of the context", err)
	}
}
