package jirasim_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"plumbline/internal/jirasim"
)

func FuzzAnyBodyIsAnsweredInJSON(f *testing.F) {
	for _, body := range []string{
		`{"jql":"project = KAN","maxResults":1,"fields":["*all"],"expand":"changelog,names"}`,
		`{"issueIdsOrKeys":["KAN-1","10002"],"fields":["-parent"],"expand":["changelog"]}`,
		`{"issueIdsOrKeys":["10002"],"fieldIds":["status"],"maxResults":1}`, `{"jql":null}`, `[]`, ``, `{"changelogIds":[1]}`,
	} {
		f.Add(body)
	}
	site := jirasim.New(load(f, cloudDump), jirasim.Options{Flavour: jirasim.Cloud})
	f.Fuzz(func(t *testing.T, body string) {
		for _, path := range []string{"/search/jql", "/search/approximate-count", "/issue/bulkfetch", "/changelog/bulkfetch", "/issue/10001/changelog/list"} {
			r := httptest.NewRequest(http.MethodPost, "/rest/api/3"+path, strings.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			site.ServeHTTP(w, r)
			if w.Code != http.StatusOK && w.Code != http.StatusBadRequest || !json.Valid(w.Body.Bytes()) {
				t.Errorf("%s %q: status %d: %s", path, body, w.Code, w.Body)
			}
		}
	})
}
