package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"plumbline/internal/measure"
)

// The socket speaks HTTP: POST /run/COMMAND with the arguments as a form. The
// body of the answer is the command's output, as it is made. How the command
// ended is known last and comes in trailers; an answer without them was
// broken off.
const (
	codeTrailer  = "Plumbline-Exit-Code"
	errorTrailer = "Plumbline-Error" // escaped as a query is

	// maxSocketPath is what every system takes for a Unix socket, in bytes.
	maxSocketPath = 103
	// maxCommand bounds a command's name, in bytes.
	maxCommand = 64
	// maxArgs bounds a command's arguments, in bytes.
	maxArgs = 1 << 20
	// maxErrorText bounds the text of a command's error, in bytes.
	maxErrorText = 16 << 10
	// socketGrace is how long running commands may take to end at shutdown.
	socketGrace = 5 * time.Second
)

// Runner runs a command in the service on behalf of another process.
type Runner interface {
	// Run runs the command and writes its output to out as it is made. The
	// context ends when the caller goes. An error with a method
	// ExitCode() int decides the exit code of the calling process; it is 1
	// otherwise.
	Run(ctx context.Context, command string, args url.Values, out io.Writer) error
}

// Socket is the listening end, for commands of the same user.
type Socket struct {
	path     string
	listener net.Listener
}

// ListenSocket makes the socket, open to the user alone. A socket that a dead
// process left behind is replaced; one that is answered, or any other file, is
// an error. The caller holds the store's lock, so no two processes do this at
// the same time for the same store.
func ListenSocket(path string) (*Socket, error) {
	if len(path) > maxSocketPath {
		return nil, fmt.Errorf("make socket %s: the path has %d bytes, a socket's may have %d: put the store at a shorter path",
			path, len(path), maxSocketPath)
	}
	if err := removeStale(path); err != nil {
		return nil, fmt.Errorf("make socket %s: %w", path, err)
	}
	// On Linux the file takes the mode of the socket, so that it is never
	// open to others, whatever the umask. Elsewhere chmod has to do.
	lc := net.ListenConfig{Control: restrict}
	l, err := lc.Listen(context.Background(), "unix", path)
	if err != nil {
		return nil, fmt.Errorf("make socket %s: %w", path, err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("make socket %s: %w", path, err), l.Close())
	}
	return &Socket{path: path, listener: l}, nil
}

func removeStale(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Mode()&fs.ModeSocket == 0:
		return errors.New("there is another file of this name")
	case Available(path):
		return errors.New("another process answers there")
	}
	return os.Remove(path)
}

// Available reports whether a process answers on the socket.
func Available(path string) bool {
	dialer := net.Dialer{Timeout: time.Second}
	conn, err := dialer.DialContext(context.Background(), "unix", path)
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

// ServeSocket makes the socket and serves it until the context ends.
func ServeSocket(ctx context.Context, path string, runner Runner, log *slog.Logger) error {
	s, err := ListenSocket(path)
	if err != nil {
		return err
	}
	return s.Serve(ctx, runner, log)
}

// Serve runs commands until the context ends, then ends those that run and
// removes the socket. It returns nil once that is done.
func (s *Socket) Serve(ctx context.Context, runner Runner, log *slog.Logger) error {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	mux := http.NewServeMux()
	mux.Handle("POST /run/{command}", &socketHandler{runner, log})
	server := &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: 5 * time.Second,
		MaxHeaderBytes:    maxHeader,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(s.listener) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve socket %s: %w", s.path, err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), socketGrace)
	defer cancel()
	err := server.Shutdown(grace) // closing the listener removes the file
	if err != nil {
		err = errors.Join(fmt.Errorf("end the commands on socket %s: %w", s.path, err), server.Close())
	}
	if e := <-ended; !errors.Is(e, http.ErrServerClosed) {
		err = errors.Join(err, e)
	}
	return err
}

// Close gives the socket up without serving it, and removes it.
func (s *Socket) Close() error { return s.listener.Close() }

type socketHandler struct {
	runner Runner
	log    *slog.Logger
}

func (h *socketHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	command := r.PathValue("command")
	if command == "" || len(command) > maxCommand || strings.Trim(command, "abcdefghijklmnopqrstuvwxyz-") != "" {
		http.Error(w, "no command has such a name", http.StatusBadRequest)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxArgs)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "read the arguments: "+err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Trailer", codeTrailer+", "+errorTrailer)
	w.Header().Set("Content-Type", "application/octet-stream")
	out := &flusher{w: w, c: http.NewResponseController(w)}
	out.flush() // the caller sees that the command has begun
	code, text := outcome(h.run(r.Context(), command, r.PostForm, out))
	w.Header().Set(codeTrailer, strconv.Itoa(code))
	w.Header().Set(errorTrailer, url.QueryEscape(text))
}

// run runs the command; a panic is a failure of it, not of the service.
func (h *socketHandler) run(ctx context.Context, command string, args url.Values, out io.Writer) (err error) {
	defer func() {
		if p := recover(); p != nil {
			what, stack := measure.Recovered(p)
			h.log.Error("a command made the service panic", "command", command, "panic", what, "stack", stack)
			err = errors.New("the service made a mistake; its log says which")
		}
	}()
	return h.runner.Run(ctx, command, args, out)
}

// outcome returns the exit code and the text of a command's error.
func outcome(err error) (code int, text string) {
	if err == nil {
		return 0, ""
	}
	code, text = 1, err.Error()
	var own interface{ ExitCode() int }
	if errors.As(err, &own) && own.ExitCode() > 0 {
		code = own.ExitCode()
	}
	if len(text) > maxErrorText {
		text = text[:maxErrorText] + "…"
	}
	return code, text
}

// flusher sends what is written at once.
type flusher struct {
	w io.Writer
	c *http.ResponseController
}

func (f *flusher) Write(b []byte) (int, error) {
	n, err := f.w.Write(b)
	if err != nil {
		return n, err
	}
	return n, f.c.Flush()
}

func (f *flusher) flush() { _ = f.c.Flush() }
