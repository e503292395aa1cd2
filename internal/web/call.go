package web

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// RemoteError is how a command ended that failed in the service.
type RemoteError struct {
	Code int // exit code for the calling process, at least 1
	Text string
}

// Error returns the text of the command's error.
func (e *RemoteError) Error() string { return e.Text }

// ExitCode returns the exit code for the calling process.
func (e *RemoteError) ExitCode() int { return e.Code }

// Call runs a command in the service behind the socket and copies its output
// to out as it comes. It returns nil where the command did, a *RemoteError
// where the command failed, and another error where the service could not be
// reached or went away. When ctx ends, so does the context of the command.
func Call(ctx context.Context, path, command string, args url.Values, out io.Writer) error {
	transport := &http.Transport{
		DisableKeepAlives:  true,
		DisableCompression: true,
		ReadBufferSize:     4 * maxErrorText, // trailers must fit, and escaping may treble the text
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", path)
		},
	}
	defer transport.CloseIdleConnections()
	// The host is never looked up: the socket is the address.
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://plumbline/run/"+url.PathEscape(command),
		strings.NewReader(args.Encode()))
	if err != nil {
		return fmt.Errorf("ask the service at %s: %w", path, err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return fmt.Errorf("ask the service at %s: %w", path, err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		why, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorText))
		return fmt.Errorf("ask the service at %s for %q: %s", path, command, strings.TrimSpace(string(why)))
	}
	if _, err := io.Copy(out, resp.Body); err != nil {
		return fmt.Errorf("copy what the service says on %q: %w", command, err)
	}
	return ended(command, resp.Trailer)
}

// ended reads how the command ended.
func ended(command string, trailer http.Header) error {
	code, err := strconv.Atoi(trailer.Get(codeTrailer))
	if err != nil || code < 0 {
		return fmt.Errorf("the service went away before %q ended", command)
	}
	if code == 0 {
		return nil
	}
	text, err := url.QueryUnescape(trailer.Get(errorTrailer))
	if err != nil || text == "" {
		text = fmt.Sprintf("%q failed with exit code %d", command, code)
	}
	return &RemoteError{Code: code, Text: text}
}
