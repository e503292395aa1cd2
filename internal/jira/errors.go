package jira

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"
	"unicode"
)

// What an error of this package can be at bottom, beside a mishap that may
// pass. Both stay until somebody changes something.
var (
	// ErrAuth: the site does not take us for the configured account, or that
	// account may not read.
	ErrAuth = errors.New("not authenticated")
	// ErrConfig: the address, the scope or another setting is wrong.
	ErrConfig = errors.New("wrong configuration")
)

// The two ways in which an error says that the run should end as partial and
// the next go on.
var (
	// ErrIncomplete: the site answered, but not with all that there is.
	// Nothing may be inferred from what was not seen.
	ErrIncomplete = errors.New("incomplete")
	// ErrYield: the site asks to be left alone for longer than the run's
	// budget allows.
	ErrYield = errors.New("yielded")
)

// APIError is a request that has failed for good. Its text has neither
// credentials nor whole answers in it.
type APIError struct {
	Site     string
	Endpoint string
	Status   int // HTTP status; 0 where no answer came
	// Messages are Jira's own words, shortened.
	Messages []string
	// What says what went wrong, Mend what to do about it; Mend may be empty.
	What, Mend string
	// RetryAfter is how long the site asked to be left alone, if it did.
	RetryAfter time.Duration
	// Until is when the site may be asked again, where the error is an
	// ErrYield.
	Until time.Time

	kind  error // ErrAuth, ErrConfig or nil
	cause error // ErrIncomplete and ErrYield among others
	again bool  // may be repeated
	// unreached: no connection to the site came about.
	unreached bool
	// denied: Jira itself refuses this one thing, in its own form of an error.
	denied bool
	// declared: it is what a goal's declaration says that Jira doesn't take.
	declared bool
}

// Error is one sentence, with the mend behind it.
func (e *APIError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "site %s: %s: ", e.Site, e.Endpoint)
	if e.Status != 0 {
		fmt.Fprintf(&b, "%d: ", e.Status)
	}
	b.WriteString(e.What)
	for k, m := range e.Messages {
		b.WriteString([]string{": ", "; "}[min(k, 1)])
		b.WriteString(m)
	}
	if e.Mend != "" {
		b.WriteString(" (" + e.Mend + ")")
	}
	return b.String()
}

// Unwrap gives the class (ErrAuth, ErrConfig) and the cause.
func (e *APIError) Unwrap() []error {
	return slices.DeleteFunc([]error{e.kind, e.cause}, func(err error) bool { return err == nil })
}

// Refused reports whether the same request will fail until somebody changes
// credentials, permissions or settings.
func (e *APIError) Refused() bool { return e.kind != nil }

// Incomplete returns what is missing, where the error is an ErrIncomplete;
// else nothing.
func (e *APIError) Incomplete() string {
	if errors.Is(e.cause, ErrIncomplete) {
		return e.What
	}
	return ""
}

// Rejected returns why Jira does not take the JQL of a Select or the field of a
// Hear, if possible in its own words; nothing where the error says something
// else.
func (e *APIError) Rejected() string {
	if !e.declared {
		return ""
	}
	return cmp.Or(strings.Join(e.Messages, "; "), e.What)
}

// Yielded reports whether the error is an ErrYield; Until says until when.
func (e *APIError) Yielded() bool { return errors.Is(e.cause, ErrYield) }

// incomplete says why not everything came that should have.
func (c *Client) incomplete(e endpoint, format string, args ...any) *APIError {
	return &APIError{Site: c.o.Site, Endpoint: string(e), What: fmt.Sprintf(format, args...), cause: ErrIncomplete}
}

// errorf says what is wrong with the site beyond a single request.
func (c *Client) errorf(kind error, format string, args ...any) *APIError {
	return &APIError{Site: c.o.Site, Endpoint: "identify", What: fmt.Sprintf(format, args...), kind: kind}
}

// statusError puts an answer that is no success into words; said are Jira's own.
func statusError(e endpoint, status int, header http.Header, said []string, html bool) *APIError {
	err := &APIError{Status: status, Messages: said}
	switch {
	case status == http.StatusUnauthorized:
		err.kind, err.What = ErrAuth, "the credentials are not accepted"
		err.Mend = "check that the token or password is right and has not expired"
	case status == http.StatusForbidden:
		err.kind, err.What, err.denied = ErrAuth, "the account may not do this", len(err.Messages) > 0
		err.Mend = "give it the permission Browse Projects, and check that basic authentication is not switched off"
	case status == http.StatusNotFound && e == endpointTenant:
		err.kind, err.What = ErrConfig, "the site has no place at Atlassian's gateway, as Jira Cloud has"
		err.Mend = "remove auth.scoped, or check the url: scoped tokens are Jira Cloud's"
	case status == http.StatusNotFound && (html || e == endpointServerInfo):
		err.kind, err.What = ErrConfig, "there is no Jira at this address"
		err.Mend = "check the url, its context path above all: many sites live under /jira"
	case status == http.StatusNotFound:
		err.What = "not found, or the account may not see it"
	case status == http.StatusGone:
		err.kind, err.What = ErrConfig, "the site has removed this part of its interface"
		err.Mend = "a newer version of Plumbline may be needed"
	case status == http.StatusBadRequest && e == endpointSearch:
		err.kind, err.What = ErrConfig, "Jira refuses the query"
		err.Mend = "try the scope in Jira's own search as the same account: a project that it may not browse is an error too"
	case status == http.StatusTooManyRequests:
		err.again, err.What = true, "too many requests"
		err.Mend = "lower limits.requests_per_second"
	case transient(status):
		err.again, err.What = true, "Jira is overloaded, starting or under maintenance"
	default:
		err.What = "unexpected answer"
	}
	if captcha(header) {
		err.again, err.denied = false, false
		err.kind, err.What = ErrAuth, "Jira asks for a CAPTCHA after too many failed logins and does not even look at the credentials"
		err.Mend = "log in once with a browser as this account and solve it, or use a personal access token"
	}
	return err
}

// beyondLimit tells a search that reaches further than a site's search engine
// counts. That fails for good.
func beyondLimit(e *APIError) bool {
	return slices.ContainsFunc(e.Messages, func(m string) bool { return strings.Contains(m, "limit exceeded") })
}

// tooFar reports a refusal of the site to count results up to the offset.
func tooFar(err error) bool {
	var api *APIError
	return errors.As(err, &api) && api.Status == http.StatusInternalServerError && beyondLimit(api)
}

func transient(status int) bool {
	switch status {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

const (
	headerLoginReason = "X-Seraph-LoginReason"
	headerDenied      = "X-Authentication-Denied-Reason"
	headerUser        = "X-AUSERNAME"
)

func captcha(h http.Header) bool {
	return strings.Contains(h.Get(headerDenied), "CAPTCHA") || strings.Contains(h.Get(headerLoginReason), "AUTHENTICATION_DENIED")
}

// stranger tells from an answer's headers that the site did not accept the
// credentials, whatever the status says: a success is then what anybody sees.
func stranger(status int, h http.Header) *APIError {
	reason := h.Get(headerLoginReason)
	switch {
	case captcha(h):
		return statusError("", http.StatusForbidden, h, nil, true)
	case strings.Contains(reason, "AUTHENTICATED_FAILED") && status != http.StatusUnauthorized: // which says so itself
		return &APIError{
			kind: ErrAuth, What: "the credentials are not accepted; the site answers as it would answer anybody",
			Mend: "check that the token or password is right and has not expired",
		}
	case status/100 == 2 && strings.EqualFold(h.Get(headerUser), "anonymous"):
		return &APIError{
			kind: ErrAuth, What: "the site takes us for an anonymous visitor",
			Mend: "check the credentials, and that no proxy removes the Authorization header",
		}
	}
	return nil
}

// redirectError puts a redirect into words. Redirects are never followed:
// the credentials would go along.
func redirectError(base *url.URL, status int, location string) *APIError {
	err := &APIError{
		Status: status, kind: ErrAuth, What: "the site sends us to another page, as a single sign-on does",
		Mend: "let requests with a token pass the sign-on, or use the address behind it",
	}
	to, perr := base.Parse(location)
	if location == "" || perr != nil {
		return err
	}
	if to.Host != base.Host {
		err.What = fmt.Sprintf("the site sends us to another host, %s, as a single sign-on does", to.Host)
		return err
	}
	if !strings.Contains(strings.ToLower(to.Path), "login") {
		err.kind, err.What = ErrConfig, "the site sends us to another address of its own"
		err.Mend = fmt.Sprintf("the url should probably begin with %s://%s and have the right context path", to.Scheme, to.Host)
	}
	return err
}

// transportError puts a failure without an answer into words.
func transportError(err error) *APIError {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err // the address stands in the configuration
	}
	e := &APIError{What: err.Error(), cause: err, again: true}
	var (
		dns       *net.DNSError
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
		verify    *tls.CertificateVerificationError
		record    tls.RecordHeaderError
	)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		e.What = "no complete answer in time"
	case errors.As(err, &dns) && dns.IsNotFound:
		e.kind = ErrConfig
		e.What, e.Mend = fmt.Sprintf("no such host: %s", dns.Name), "check the url, and the machine's name servers"
	case errors.As(err, &authority), errors.As(err, &host), errors.As(err, &invalid), errors.As(err, &verify):
		e.again, e.kind = false, ErrConfig
		e.What, e.Mend = "the site's certificate is not trusted: "+err.Error(), "name the company's certificate authority in tls.ca_file"
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		e.again, e.kind = false, ErrConfig
		e.What, e.Mend = "the site does not speak TLS at this address", "check whether the url begins with http:// or names another port"
	case errors.Is(err, syscall.ECONNREFUSED):
		e.What, e.Mend = "nothing answers at this address: "+err.Error(), "check the url, and whether the site is up"
	}
	var connecting *net.OpError
	e.unreached = errors.As(err, &connecting) && (connecting.Op == "dial" || connecting.Op == "proxyconnect")
	return e
}

// messages reads Jira's words from an error's body, in any of the forms that
// Jira and the gateways before it use. secrets replaces what a site may echo
// and nobody is to read: here, since JSON has many ways to write it.
func messages(body []byte, secrets *strings.Replacer) []string {
	var m struct {
		ErrorMessages []string          `json:"errorMessages"`
		Errors        map[string]string `json:"errors"`
		Message       string            `json:"message"`
		Title         string            `json:"title"`
		Detail        string            `json:"detail"`
	}
	_ = json.Unmarshal(body, &m) // a body in another form has no words for us
	var out []string
	add := func(s string) {
		if s = plain(secrets.Replace(s), 300); s != "" && len(out) < 5 {
			out = append(out, s)
		}
	}
	for _, s := range m.ErrorMessages {
		add(s)
	}
	fields := make([]string, 0, len(m.Errors))
	for f, s := range m.Errors {
		fields = append(fields, f+": "+s)
	}
	slices.Sort(fields)
	for _, s := range append(fields, m.Message, m.Title, m.Detail) {
		if !strings.HasSuffix(s, ": ") {
			add(s)
		}
	}
	return out
}

// plain makes foreign text fit for a log: one line, bounded, without signs that
// drive a terminal or turn the order of what is read.
func plain(s string, limit int) string {
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
	}), " ")
	s = strings.ToValidUTF8(s, "")
	if len(s) > limit {
		s = strings.ToValidUTF8(s[:limit], "") + "…"
	}
	return s
}
