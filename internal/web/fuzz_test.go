package web

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
)

// FuzzRequests sends any path with any parameters: no answer but a good one
// or a refusal is right.
func FuzzRequests(f *testing.F) {
	for _, s := range [][2]string{{"/", "at=-14d"}, {"/goals/search", "at=2026-11-20"}, {"/api/v1/goals", "at=%zz"},
		{"/sync", "at=2026-11-20T09:00:00%2B01:00"}, {"//x/../y", "a;b"}} {
		f.Add(s[0], s[1])
	}
	e := newCompany()
	h := New(Options{Engine: e, Now: testNow, Metrics: http.NotFoundHandler()}).Handler()
	f.Fuzz(func(t *testing.T, path, query string) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.URL = &url.URL{Path: "/" + path, RawQuery: query}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Errorf("%q answers %d: %s", r.URL, w.Code, w.Body)
		}
		e.asked = nil
	})
}

// FuzzTrailers reads what a service that is none may say of an end.
func FuzzTrailers(f *testing.F) {
	f.Add("0", "")
	f.Add("3", "a%20text")
	f.Add("-1", "%zz")
	f.Fuzz(func(t *testing.T, code, text string) {
		err := ended("sync", http.Header{codeTrailer: {code}, errorTrailer: {text}})
		var remote *RemoteError
		if errors.As(err, &remote) && (remote.Code < 1 || remote.Text == "") {
			t.Errorf("exit code %q with %q is read as %+v", code, text, remote)
		}
	})
}
