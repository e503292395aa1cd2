package jira

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// maxBody bounds an answer, unpacked.
const maxBody = 64 << 20

var errTooLarge = errors.New("the answer is larger than 64 MiB")

// request is one question to the site.
type request struct {
	endpoint endpoint
	method   string
	path     string // relative to the site's address
	body     any    // sent as JSON
	bare     bool   // asked of the site's own host, without credentials
}

// answer is a success.
type answer struct {
	header http.Header
	body   []byte
}

// call asks, and has the answer decoded. It keeps the site's limits,
// repeats what may pass, and puts into words what does not: an error is an
// *APIError or the context's own. All requests are reads, so that a repetition
// is harmless.
func (c *Client) call(ctx context.Context, r request, decode func([]byte) error) (http.Header, error) {
	for n := 0; ; n++ {
		if err := c.admit(ctx, r); err != nil {
			return nil, err
		}
		a, failed := c.attempt(ctx, r, n > 0)
		if failed == nil {
			failed = decodeError(decode(a.body))
		}
		if failed == nil {
			return a.header, nil
		}
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("site %s: %s: %w", c.o.Site, r.endpoint, err)
		}
		c.complete(failed, r)
		most, wait := repetitions, c.backOff
		switch {
		case !failed.unreached:
		case c.answered.Load():
			failed.kind = nil // the address was right a moment ago
		default:
			most, wait = firstRepetitions, c.briefly
		}
		if !failed.again || n == most {
			return nil, failed
		}
		if err := wait(ctx, r, failed, n); err != nil {
			return nil, err
		}
	}
}

// admit waits until a request may be made.
func (c *Client) admit(ctx context.Context, r request) error {
	for {
		left := c.gates.left(r.endpoint, c.now())
		if left == 0 {
			break
		}
		if err := c.throttled(ctx, r, left, http.StatusTooManyRequests); err != nil {
			return err
		}
	}
	if err := c.limiter.Wait(ctx); err != nil {
		return cmp.Or(ctx.Err(), err)
	}
	return nil
}

// throttled waits because the site wants it, counts the time, and does not
// even begin to wait for longer than the run's budget allows.
func (c *Client) throttled(ctx context.Context, r request, d time.Duration, status int) error {
	start := c.now()
	more, ok := c.waits.take(start, d, c.o.Budget)
	if !ok {
		until := start.Add(d).UTC().Round(time.Second)
		e := &APIError{
			Status: status, RetryAfter: d, Until: until, cause: ErrYield,
			What: "yielded: the site asked to wait until " + until.Format(time.RFC3339),
		}
		c.complete(e, r)
		return e
	}
	err := c.sleep(ctx, d)
	c.o.Metrics.throttled.WithLabelValues(c.o.Site).Add(max(min(more, c.now().Sub(start)-(d-more)), 0).Seconds())
	return err
}

// backOff waits before repetition n of a request that failed.
func (c *Client) backOff(ctx context.Context, r request, failed *APIError, n int) error {
	d := pause(c.o.Backoff, n, failed.RetryAfter, c.random())
	c.o.Logger.Debug("jira request will be repeated", "site", c.o.Site, "endpoint", failed.Endpoint,
		"status", failed.Status, "why", failed.What, "pause", d)
	if failed.Status == http.StatusTooManyRequests || failed.Status == http.StatusServiceUnavailable {
		return c.throttled(ctx, r, d, failed.Status)
	}
	return c.sleep(ctx, d)
}

// briefly waits before a site that cannot be reached is tried once more.
func (c *Client) briefly(ctx context.Context, _ request, _ *APIError, _ int) error {
	return c.sleep(ctx, firstPause)
}

// attempt makes the request once.
func (c *Client) attempt(ctx context.Context, r request, repeated bool) (answer, *APIError) {
	select {
	case c.inFlight <- struct{}{}:
		defer func() { <-c.inFlight }()
	case <-ctx.Done():
		return answer{}, transportError(ctx.Err())
	}
	ctx, cancel := context.WithTimeout(ctx, c.o.Timeout)
	defer cancel()
	to := c.connection()
	if r.bare {
		to = c.site
	}
	if to == nil {
		return answer{}, &APIError{What: "the site must be identified first"}
	}
	req, err := to.jira.NewRequestWithContext(ctx, r.method, r.path, r.body)
	if err != nil {
		return answer{}, &APIError{What: "making the request: " + err.Error(), cause: err}
	}
	if c.isCloud() { // names and words of errors in one language, whatever the account's is
		req.Header.Set("Accept-Language", "en")
		req.Header.Set("X-Force-Accept-Language", "true")
	}
	c.made.Add(1)
	if repeated {
		c.retried.Add(1)
	}
	start := c.now()
	resp, err := to.jira.Do(req, nil) // nil: the body stays ours, in every case
	if resp == nil {
		c.o.Metrics.answered(c.o.Site, r.endpoint, 0, c.now().Sub(start))
		return answer{}, transportError(err)
	}
	c.answered.Store(true)
	body, err := readBody(resp.Body)
	c.o.Metrics.answered(c.o.Site, r.endpoint, resp.StatusCode, c.now().Sub(start))
	return c.judge(r, to.base, resp.Response, body, err)
}

// readBody reads the whole answer up to maxBody, and drains a little more so
// that the connection can be used again.
func readBody(b io.ReadCloser) ([]byte, error) {
	defer func() { _ = b.Close() }() // a failure to close loses no data
	body, err := io.ReadAll(io.LimitReader(b, maxBody+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxBody {
		return nil, errTooLarge
	}
	return body, nil
}

// judge tells a success from all that is none.
func (c *Client) judge(r request, base *url.URL, resp *http.Response, body []byte, readErr error) (answer, *APIError) {
	status, html := resp.StatusCode, !isJSON(resp.Header)
	if failed := c.judgeIdentity(r, status, resp.Header); failed != nil {
		failed.Status = status
		return answer{}, failed
	}
	switch {
	case status >= 300 && status < 400:
		return answer{}, redirectError(base, status, resp.Header.Get("Location"))
	case status < 200 || status >= 300:
		return answer{}, c.failure(r, resp, body, html)
	case errors.Is(readErr, errTooLarge):
		return answer{}, &APIError{Status: status, What: readErr.Error(), cause: readErr}
	case readErr != nil:
		failed := transportError(readErr)
		failed.Status, failed.What = status, "the answer broke off: "+failed.What
		return answer{}, failed
	case html:
		return answer{}, pageError(r.endpoint, status)
	}
	return answer{header: resp.Header, body: body}, nil
}

// failure puts an answer that is no success into words, and closes the gates
// where the site wants to be left alone.
func (c *Client) failure(r request, resp *http.Response, body []byte, html bool) *APIError {
	var said []string
	if !html {
		said = messages(body, c.secrets)
	}
	status := resp.StatusCode
	failed := statusError(r.endpoint, status, resp.Header, said, html)
	if status == http.StatusInternalServerError && !beyondLimit(failed) {
		failed.again = true
	}
	if errors.Is(failed.kind, ErrAuth) {
		c.explain(failed, body)
	}
	if failed.RetryAfter = askedPause(status, resp.Header, c.now()); failed.RetryAfter > 0 {
		jitter := time.Duration(float64(c.o.Backoff) * c.random()) // so that not all who wait come at once
		c.gates.close(c.stops(r.endpoint, status, resp.Header), c.now().Add(failed.RetryAfter+jitter))
	}
	return failed
}

// judgeIdentity refuses an answer that was given to somebody else than the
// configured account.
func (c *Client) judgeIdentity(r request, status int, h http.Header) *APIError {
	if c.o.Auth.Anonymous || r.bare {
		return nil
	}
	if failed := stranger(status, h); failed != nil {
		c.explain(failed, nil)
		return failed
	}
	if status/100 != 2 {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.caller.same(h)
}

// pageError is a success that brings a web page instead of data.
func pageError(e endpoint, status int) *APIError {
	err := &APIError{
		Status: status, kind: ErrAuth, What: "the site answers with a web page where data was asked for, as a login page does",
		Mend: "check the credentials, and let requests with a token pass the single sign-on",
	}
	if e == endpointServerInfo || e == endpointTenant {
		err.kind, err.Mend = ErrConfig, "check the url, its context path above all, and whether a single sign-on stands before it"
	}
	return err
}

func isJSON(h http.Header) bool {
	kind, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	return err == nil && (kind == "application/json" || strings.HasSuffix(kind, "+json"))
}

// into decodes an answer as a whole.
func into(v any) func([]byte) error {
	return func(body []byte) error { return json.Unmarshal(body, v) }
}

// decodeError puts into words why an answer could not be decoded. One that
// ends too early was cut on the way and is asked for again.
func decodeError(err error) *APIError {
	if err == nil {
		return nil
	}
	failed := &APIError{Status: http.StatusOK, What: "the answer is not what Jira's documentation promises", cause: err}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) || errors.Is(err, errCut) {
		failed.What, failed.again = "the answer is no whole JSON", true
	}
	return failed
}

// complete puts what only the client knows into the error.
func (c *Client) complete(e *APIError, r request) {
	e.Site, e.Endpoint = c.o.Site, string(r.endpoint)
	if errors.Is(e, ErrAuth) {
		c.o.Metrics.known(c.o.Site, false)
	}
}
