package export

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/klauspost/compress/snappy"
)

// RemoteOptions are what a Remote is made of.
type RemoteOptions struct {
	URL string // required; without credentials
	// User and Password, or Bearer: how the receiver knows us. Both empty:
	// it asks nobody who they are.
	User, Password, Bearer string
	UserAgent              string

	Timeout  time.Duration // of one attempt; 0: 30 s
	Attempts int           // for one request; 0: 8
	Backoff  time.Duration // before the first repetition, doubled after each; 0: 500 ms
	// MaxPause is the longest wait before a repetition; 0: 1 minute. A
	// receiver that asks for a longer one gets nothing more.
	MaxPause time.Duration
	// Notify, if not nil, is told of every repetition.
	Notify func(why string, pause time.Duration)
}

// Remote sends requests to a receiver of Prometheus' remote write 1.0.
type Remote struct {
	o      RemoteOptions
	client *http.Client
	packed []byte
	random func() float64 // in [0, 1)
}

// NewRemote makes the sender and asks nobody anything.
func NewRemote(o RemoteOptions) (*Remote, error) {
	u, err := url.Parse(o.URL)
	switch {
	case err != nil:
		return nil, errors.New("the address for remote write can't be read: write it like http://127.0.0.1:9090/api/v1/write")
	case u.Scheme != "http" && u.Scheme != "https", u.Host == "":
		return nil, errors.New("the address for remote write must begin with http:// or https:// and a host, like http://127.0.0.1:9090/api/v1/write")
	case u.User != nil:
		return nil, errors.New("the address for remote write holds credentials: give them by file or environment")
	case o.Bearer != "" && (o.User != "" || o.Password != ""):
		return nil, errors.New("remote write takes a bearer token or a user with a password, not both")
	}
	o.Timeout = cmp.Or(o.Timeout, 30*time.Second)
	o.Attempts = cmp.Or(o.Attempts, 8)
	o.Backoff = cmp.Or(o.Backoff, 500*time.Millisecond)
	o.MaxPause = cmp.Or(o.MaxPause, time.Minute)
	return &Remote{
		o: o, random: rand.Float64,
		client: &http.Client{
			// A redirect would carry the credentials, and the figures, to an
			// address that nobody has named.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// RefusedError is a receiver's word that it does not take a request, however
// often it is sent.
type RefusedError struct {
	Status int
	Why    string // what the receiver says, one line
	// Final tells that it will take no other request either: the address or
	// the credentials are wrong.
	Final bool
}

// Error says what the receiver answered.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("refused with %d %s%s", e.Status, http.StatusText(e.Status), after(": ", e.Why))
}

func after(sep, s string) string {
	if s == "" {
		return ""
	}
	return sep + s
}

// Send sends the request, as often as is sensible: again where nobody answers
// or the receiver asks to come again (5xx, 429), later by its Retry-After or
// else by a growing, jittered pause. What it refuses is a *RefusedError.
func (r *Remote) Send(ctx context.Context, q Request) error {
	r.packed = snappy.Encode(r.packed[:cap(r.packed)], q.Body)
	for n := 1; ; n++ {
		pause, err := r.attempt(ctx)
		var refused *RefusedError
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.As(err, &refused):
			return err
		case n >= r.o.Attempts:
			return fmt.Errorf("%w (tried %d times)", err, n)
		case pause > r.o.MaxPause:
			return fmt.Errorf("%w (it asks to wait %s, longer than the %s that are waited for)", err, pause.Round(time.Second), r.o.MaxPause)
		case pause == 0:
			pause = min(r.o.Backoff<<min(n-1, 20), r.o.MaxPause)
			pause = pause/2 + time.Duration(r.random()*float64(pause)/2)
		}
		if r.o.Notify != nil {
			r.o.Notify(err.Error(), pause)
		}
		if err := wait(ctx, pause); err != nil {
			return err
		}
	}
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// attempt sends once. pause is how long the receiver asks to wait, 0 where it
// asks for nothing.
func (r *Remote) attempt(ctx context.Context) (pause time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, r.o.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.o.URL, bytes.NewReader(r.packed))
	if err != nil {
		return 0, r.transport(err)
	}
	req.Header.Set("Content-Type", "application/x-protobuf")
	req.Header.Set("Content-Encoding", "snappy")
	req.Header.Set("X-Prometheus-Remote-Write-Version", "0.1.0")
	req.Header.Set("User-Agent", cmp.Or(r.o.UserAgent, "plumbline"))
	switch {
	case r.o.Bearer != "":
		req.Header.Set("Authorization", "Bearer "+r.o.Bearer)
	case r.o.User != "" || r.o.Password != "":
		req.SetBasicAuth(r.o.User, r.o.Password)
	}
	resp, err := r.client.Do(req)
	if err != nil {
		return 0, r.transport(err)
	}
	defer func() { _ = resp.Body.Close() }()
	const most = 4 << 10
	body, _ := io.ReadAll(io.LimitReader(resp.Body, most)) // the status says enough
	return r.judge(resp, r.line(string(body)))
}

// transport puts into words why there is no answer. The address, which the
// library's error quotes, may hold a secret in its query.
func (r *Remote) transport(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		if u.Timeout() {
			return fmt.Errorf("no answer within %s", r.o.Timeout)
		}
		err = u.Err
	}
	return fmt.Errorf("no answer: %w", err)
}

func (r *Remote) judge(resp *http.Response, says string) (pause time.Duration, err error) {
	status := resp.StatusCode
	switch {
	case status/100 == 2:
		return 0, nil
	case status == http.StatusTooManyRequests, status/100 == 5:
		return retryAfter(resp.Header.Get("Retry-After"), time.Now()),
			fmt.Errorf("answered %d %s%s", status, http.StatusText(status), after(": ", says))
	case status/100 == 3:
		return 0, &RefusedError{Status: status, Why: "a redirect, which is not followed: give the address that it leads to", Final: true}
	}
	// A request that is malformed, too old or too large is refused for what is
	// in it; anything else would be said of the next one too.
	own := status == http.StatusBadRequest || status == http.StatusConflict ||
		status == http.StatusRequestEntityTooLarge || status == http.StatusUnprocessableEntity
	return 0, &RefusedError{Status: status, Why: says, Final: !own}
}

// retryAfter reads the header: seconds, or a date; 0 where it says neither.
func retryAfter(s string, now time.Time) time.Duration {
	const most = math.MaxInt64 / uint64(time.Second) // seconds that can be told
	n, err := strconv.ParseUint(strings.TrimSpace(s), 10, 64)
	if err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(min(n, most)) * time.Second
	}
	if at, err := http.ParseTime(s); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}

// line is the first line of what a receiver says, as it may be shown.
func (r *Remote) line(s string) string {
	for _, secret := range []string{
		r.o.Bearer, r.o.Password, base64.StdEncoding.EncodeToString([]byte(r.o.User + ":" + r.o.Password)),
	} {
		if len(secret) > 1 {
			s = strings.ReplaceAll(s, secret, "***")
		}
	}
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	s = strings.Map(func(c rune) rune {
		if unicode.IsPrint(c) {
			return c
		}
		return -1
	}, strings.ToValidUTF8(s, ""))
	const most = 200
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
