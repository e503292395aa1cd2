package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// runnerFunc is a service's commands as one function.
type runnerFunc func(ctx context.Context, command string, args url.Values, out io.Writer) error

func (f runnerFunc) Run(ctx context.Context, command string, args url.Values, out io.Writer) error {
	return f(ctx, command, args, out)
}

// exitError is an error with an exit code of its own.
type exitError struct{ code int }

func (e exitError) Error() string { return "project SHOP could not be seen:\n100 % of it · ünseen" }
func (e exitError) ExitCode() int { return e.code }

// socketPath returns a short path: a socket's may not be long.
func socketPath(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "plumb")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	return filepath.Join(folder, "plumbline.db.sock")
}

// served serves the runner on a socket until the test's end.
func served(t *testing.T, runner runnerFunc) (path string) {
	t.Helper()
	path = socketPath(t)
	s, err := ListenSocket(path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, runner, nil) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the socket's end: %v", err)
		}
		if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the socket is still there: %v", err)
		}
	})
	return path
}

func TestACommandRunsInTheService(t *testing.T) {
	path := served(t, func(_ context.Context, command string, args url.Values, out io.Writer) error {
		_, err := fmt.Fprintf(out, "%s %v\n", command, args)
		return err
	})
	var out bytes.Buffer
	args := url.Values{"at": {"-14d"}, "goal": {"a&b=ü", "c"}}
	if err := Call(t.Context(), path, "explain", args, &out); err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("explain %v\n", args); out.String() != want {
		t.Errorf("the output is %q, want %q", &out, want)
	}
}

func TestOutputComesAsItIsMade(t *testing.T) {
	seen := make(chan struct{})
	path := served(t, func(ctx context.Context, _ string, _ url.Values, out io.Writer) error {
		if _, err := io.WriteString(out, "first\n"); err != nil {
			return err
		}
		select { // the second line waits until the caller has the first
		case <-seen:
		case <-ctx.Done():
			return ctx.Err()
		}
		_, err := io.WriteString(out, "second\n")
		return err
	})
	r, w := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := Call(t.Context(), path, "sync", nil, w)
		_ = w.CloseWithError(err)
		ended <- err
	}()
	line := make([]byte, len("first\n"))
	if _, err := io.ReadFull(r, line); err != nil || string(line) != "first\n" {
		t.Fatalf("the first line is %q, %v", line, err)
	}
	close(seen)
	rest, err := io.ReadAll(r)
	if err != nil || string(rest) != "second\n" {
		t.Errorf("the rest is %q, %v", rest, err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestHowACommandEndsTravels(t *testing.T) {
	long := strings.Repeat("ü", maxErrorText)
	for _, c := range []struct {
		name string
		err  error
		want error
	}{
		{"well", nil, nil},
		{"with an error", errors.New("no such goal"), &RemoteError{1, "no such goal"}},
		{"with an exit code within a wrapped error", fmt.Errorf("sync acme: %w", exitError{3}), &RemoteError{3, "sync acme: " + exitError{}.Error()}},
		{"with an exit code that means nothing", exitError{0}, &RemoteError{1, exitError{}.Error()}},
		{"with an error without words", errors.New(""), &RemoteError{1, `"sync" failed with exit code 1`}},
		{"with an error as long as a book", errors.New(long), &RemoteError{1, long[:maxErrorText] + "…"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := served(t, func(_ context.Context, _ string, _ url.Values, out io.Writer) error {
				_, _ = io.WriteString(out, "half\n")
				return c.err
			})
			var out bytes.Buffer
			err := Call(t.Context(), path, "sync", nil, &out)
			if diff := cmp.Diff(c.want, err); diff != "" {
				t.Errorf("the error differs:\n%s", diff)
			}
			if out.String() != "half\n" {
				t.Errorf("the output is %q", &out)
			}
		})
	}
}

func TestAPanicEndsTheCommandAndNotTheService(t *testing.T) {
	path := served(t, func(_ context.Context, command string, _ url.Values, _ io.Writer) error {
		if command == "explain" {
			panic("nil goal")
		}
		return nil
	})
	var failed *RemoteError
	if err := Call(t.Context(), path, "explain", nil, io.Discard); !errors.As(err, &failed) || failed.Code != 1 || strings.Contains(failed.Text, "nil goal") {
		t.Errorf("the error is %v", err)
	}
	if err := Call(t.Context(), path, "goals", nil, io.Discard); err != nil {
		t.Errorf("the next command fails: %v", err)
	}
}

func TestAnOddCommandOrTooManyArgumentsAreRefused(t *testing.T) {
	path := served(t, func(context.Context, string, url.Values, io.Writer) error {
		t.Error("the command was run")
		return nil
	})
	for command, args := range map[string]url.Values{
		"../../goals": nil, "": nil, "Goals": nil, strings.Repeat("g", 65): nil,
		"goals": {"at": {strings.Repeat("9", maxArgs)}},
	} {
		var remote *RemoteError
		if err := Call(t.Context(), path, command, args, io.Discard); err == nil || errors.As(err, &remote) {
			t.Errorf("%.20q ends with %v", command, err)
		}
	}
}

func TestWhenTheCallerGoesTheCommandEnds(t *testing.T) {
	begun, ended := make(chan struct{}), make(chan error, 1)
	path := served(t, func(ctx context.Context, _ string, _ url.Values, _ io.Writer) error {
		close(begun)
		<-ctx.Done()
		ended <- ctx.Err()
		return ctx.Err()
	})
	ctx, leave := context.WithCancel(t.Context())
	called := make(chan error, 1)
	go func() { called <- Call(ctx, path, "sync", nil, io.Discard) }()
	<-begun
	leave()
	if err := <-called; !errors.Is(err, context.Canceled) {
		t.Errorf("the call ends with %v", err)
	}
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the command's context ends with %v", err)
	}
}

func TestWhenNobodyReadsTheCommandEnds(t *testing.T) {
	ended := make(chan struct{})
	path := served(t, func(ctx context.Context, _ string, _ url.Values, out io.Writer) error {
		defer close(ended)
		_, _ = io.WriteString(out, "a line\n")
		<-ctx.Done()
		return ctx.Err()
	})
	r, w := io.Pipe()
	_ = r.Close()
	if err := Call(t.Context(), path, "sync", nil, w); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("the call ends with %v", err)
	}
	<-ended
}

func TestWhenTheServiceStopsRunningCommandsEnd(t *testing.T) {
	path := socketPath(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	s, err := ListenSocket(path)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() {
		served <- s.Serve(ctx, runnerFunc(func(ctx context.Context, _ string, _ url.Values, _ io.Writer) error {
			stop()
			<-ctx.Done()
			return errors.New("the service is stopping")
		}), nil)
	}()
	var failed *RemoteError
	if err := Call(t.Context(), path, "sync", nil, io.Discard); !errors.As(err, &failed) || failed.Text != "the service is stopping" {
		t.Errorf("the call ends with %v", err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
	if Available(path) {
		t.Error("the socket is still answered")
	}
}

func TestAnAnswerThatBreaksOffIsNoSuccess(t *testing.T) {
	path := socketPath(t)
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	for _, c := range []struct{ name, answer string }{
		{"in the middle", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhalf\n\r\n"},
		{"before its end is told", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhalf\n\r\n0\r\n\r\n"},
		{"at once", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			go func() {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				_, _ = conn.Read(make([]byte, 4096))
				_, _ = io.WriteString(conn, c.answer)
				_ = conn.Close()
			}()
			if err := Call(t.Context(), path, "sync", nil, io.Discard); err == nil {
				t.Error("the call succeeds")
			}
		})
	}
}

func TestTheSocketIsTheUsersAlone(t *testing.T) {
	path := socketPath(t)
	s, err := ListenSocket(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode() != os.ModeSocket|0o600 {
		t.Errorf("the socket's mode is %v", info.Mode())
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestADeadSocketIsReplacedAndNothingElse(t *testing.T) {
	t.Run("one that a dead process left", func(t *testing.T) {
		path := socketPath(t)
		l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
		if err != nil {
			t.Fatal(err)
		}
		l.SetUnlinkOnClose(false)
		_ = l.Close()
		if Available(path) {
			t.Error("the dead socket is answered")
		}
		s, err := ListenSocket(path)
		if err != nil {
			t.Fatal(err)
		}
		if !Available(path) {
			t.Error("the new socket is not answered")
		}
		_ = s.Close()
	})
	t.Run("one that is answered", func(t *testing.T) {
		path := served(t, func(context.Context, string, url.Values, io.Writer) error { return nil })
		_, err := ListenSocket(path)
		if want := "make socket " + path + ": another process answers there"; err == nil || err.Error() != want {
			t.Errorf("the error is %v, want %s", err, want)
		}
		if err := Call(t.Context(), path, "goals", nil, io.Discard); err != nil {
			t.Errorf("the first socket has gone: %v", err)
		}
	})
	t.Run("a file of somebody", func(t *testing.T) {
		path := socketPath(t)
		if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := ListenSocket(path)
		if want := "make socket " + path + ": there is another file of this name"; err == nil || err.Error() != want {
			t.Errorf("the error is %v, want %s", err, want)
		}
	})
	t.Run("a path that no socket can have", func(t *testing.T) {
		path := "/" + strings.Repeat("x", maxSocketPath)
		err := ServeSocket(t.Context(), path, nil, nil)
		if err == nil || !strings.Contains(err.Error(), "put the store at a shorter path") {
			t.Errorf("the error is %v", err)
		}
	})
}

func TestNoServiceIsNotAvailable(t *testing.T) {
	path := socketPath(t)
	if Available(path) {
		t.Error("nobody answers, and is available")
	}
	if err := Call(t.Context(), path, "goals", nil, io.Discard); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the call ends with %v", err)
	}
}
