package jirasim

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

// limit is how a 429 is worded.
type limit struct {
	reason  string
	seconds int
	date    bool   // Retry-After is a date
	reset   string // the layout of X-RateLimit-Reset, in place of Retry-After
	bare    bool
}

func (c *call) limited(l limit) {
	h := c.w.Header()
	h.Del("Retry-After")
	h.Set("X-RateLimit-Remaining", "0")
	if l.bare {
		h.Del("X-RateLimit-Remaining")
		h.Set("X-Failure-Category", "FAILURE CLIENT RATE LIMITED")
		c.html(http.StatusTooManyRequests, "Too Many Requests", "Rate limit exceeded.")
		return
	}
	if l.reason != "" {
		h.Set("RateLimit-Reason", l.reason)
	}
	at := c.now().UTC().Add(time.Duration(l.seconds) * time.Second)
	switch {
	case l.reset != "":
		if l.reset == "2006-01-02T15:04Z" && !at.Equal(at.Truncate(time.Minute)) {
			at = at.Truncate(time.Minute).Add(time.Minute)
		}
		h.Set("X-RateLimit-Reset", at.Format(l.reset))
	case l.date:
		h.Set("Retry-After", at.Format(http.TimeFormat))
	default:
		h.Set("Retry-After", strconv.Itoa(l.seconds))
	}
	c.fault(http.StatusTooManyRequests, "Rate limit exceeded.")
}

func (c *call) outage(status int, title, words string, retryAfter int) {
	h := c.w.Header()
	for _, name := range []string{"Retry-After", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Interval-Seconds", "X-RateLimit-FillRate"} {
		h.Del(name) // what stands before Jira knows nothing of these
	}
	if retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(retryAfter))
	}
	c.html(status, title, words)
}

func (c *call) loginPage(blow) {
	c.html(http.StatusOK, "Log in - Jira", `</p><form action="/login.jsp" method="post"><input name="os_username"/><input name="os_password" type="password"/></form><p>`)
}

func (c *call) redirect(blow) {
	c.w.Header().Set("Location", c.options.SSO)
	c.html(http.StatusFound, "Found", "Please log in.")
}

func (c *call) refusedInText(blow) {
	c.w.Header().Set("Content-Type", "text/plain;charset=UTF-8")
	c.w.WriteHeader(http.StatusUnauthorized)
	// A caller that has gone away needs no answer.
	_, _ = io.WriteString(c.w, "Basic authentication with passwords is deprecated.")
}

func (c *call) captcha(blow) {
	h := c.w.Header()
	h.Set("X-Seraph-LoginReason", "AUTHENTICATION_DENIED")
	h.Set("X-Authentication-Denied-Reason", "CAPTCHA_CHALLENGE; login-url="+c.origin()+c.root+"/login.jsp")
	c.html(http.StatusForbidden, "Forbidden (403)", "Basic Authentication Failure - Reason : AUTHENTICATION_DENIED")
}

// spoil puts what spoils the body before the answer goes out. The function
// that it returns sends the body and must be called at the end.
func (c *call) spoil() func() {
	if c.calm {
		return func() {}
	}
	truncated, cut := c.suffers("truncated")
	_, reset := c.suffers("reset")
	slow, late := c.suffers("slow-body")
	if !cut && !reset && !late {
		return func() {}
	}
	held := &heldBody{ResponseWriter: c.w, status: http.StatusOK}
	c.w = held
	return func() {
		body := bytes.TrimSpace(held.body.Bytes())
		if cut && len(body) > 1 {
			body = body[:1+truncated.among(len(body)-1)]
		}
		switch {
		case reset:
			held.breakOff(body)
		case late:
			held.trickle(c.r, body, time.Duration(slow.amount)*time.Millisecond)
		default:
			held.ResponseWriter.WriteHeader(held.status)
			_, _ = held.ResponseWriter.Write(body)
		}
	}
}

// heldBody holds an answer back until it is known whole.
type heldBody struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (h *heldBody) WriteHeader(status int) { h.status = status }

func (h *heldBody) Write(p []byte) (int, error) { return h.body.Write(p) }

// breakOff sends half of the body and resets the connection.
func (h *heldBody) breakOff(body []byte) {
	h.Header().Set("Content-Length", strconv.Itoa(len(body)))
	h.ResponseWriter.WriteHeader(h.status)
	control := http.NewResponseController(h.ResponseWriter)
	_, _ = h.ResponseWriter.Write(body[:len(body)/2])
	if control.Flush() == nil {
		if conn, _, err := control.Hijack(); err == nil {
			if tcp, ok := conn.(*net.TCPConn); ok {
				_ = tcp.SetLinger(0) // a reset instead of an orderly end
			}
			_ = conn.Close()
			return
		}
	}
	panic(http.ErrAbortHandler)
}

// trickle sends the body in four parts with a pause between.
func (h *heldBody) trickle(r *http.Request, body []byte, pause time.Duration) {
	h.ResponseWriter.WriteHeader(h.status)
	control := http.NewResponseController(h.ResponseWriter)
	for part := range 4 {
		if part > 0 {
			select {
			case <-time.After(pause):
			case <-r.Context().Done():
				return
			}
		}
		if _, err := h.ResponseWriter.Write(body[part*len(body)/4 : (part+1)*len(body)/4]); err != nil || control.Flush() != nil {
			return
		}
	}
}
