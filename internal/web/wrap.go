package web

import (
	"context"
	"errors"
	"net/http"
	"time"

	"plumbline/internal/measure"
)

// wrap puts what every answer has in common around the handler: headers,
// limits, the log, and an answer for a panic.
func (s *Server) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		secure(w.Header())
		ctx, cancel := context.WithTimeout(r.Context(), answerWithin)
		defer cancel()
		r = r.WithContext(ctx)
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		a := &answer{ResponseWriter: w}
		defer func() {
			if p := recover(); p != nil {
				s.panicked(a, r, p)
			}
			s.log.Debug("answered", "method", r.Method, "path", r.URL.Path, "status", a.status,
				"bytes", a.bytes, "duration", time.Since(began))
		}()
		next.ServeHTTP(a, r)
	})
}

// secure lets a page load its stylesheet and send its form, and nothing else.
func secure(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'self'; "+
		"base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
}

// panicked answers for a handler that panicked. Where the answer has begun,
// all that is left is to break it off, so that nobody takes it for whole.
func (s *Server) panicked(a *answer, r *http.Request, p any) {
	if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(p)
	}
	what, stack := measure.Recovered(p)
	s.log.Error("a request made the service panic", "method", r.Method, "path", r.URL.Path, "panic", what, "stack", stack)
	if a.status != 0 {
		panic(http.ErrAbortHandler)
	}
	s.fail(a, r, failure{http.StatusInternalServerError, "the service made a mistake; its log says which"})
}

// answer notes what is sent.
type answer struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (a *answer) WriteHeader(status int) {
	if a.status == 0 && status >= 200 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	n, err := a.ResponseWriter.Write(b)
	a.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
