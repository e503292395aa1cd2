package jirasim_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"plumbline/internal/jirasim"
)

// troubled is a site with one fault.
type troubled struct {
	*site
	faults *jirasim.Faults
}

// trouble serves a world at the end of its history with the fault always on.
func trouble(t *testing.T, w *jirasim.World, flavour, fault string) troubled {
	t.Helper()
	faults := jirasim.NewFaults()
	s := serve(t, w, w.Last(), jirasim.Options{Flavour: flavour, Faults: faults, User: "bot@example.com", Password: "t"})
	s.header.Set("Authorization", basic("bot@example.com", "t"))
	if fault != "" {
		if err := faults.Set(fault, 1, 1); err != nil {
			t.Fatal(err)
		}
	}
	return troubled{s, faults}
}

// scanOrder is the query of most tests of pages.
const scanOrder = "created > 0 ORDER BY created ASC, key ASC"

func TestShortPagesLoseNothing(t *testing.T) {
	w := loadReal(t, "jira-aerogear.jsonl")
	order := ids(trouble(t, w, jirasim.Cloud, "").pages(scanOrder, 50, ""))
	pages := trouble(t, w, jirasim.Cloud, "short-pages").pages(scanOrder, 50, "")
	if ids(pages) != order || len(pages) <= 4 {
		t.Errorf("%d pages", len(pages))
	}
}

func TestAClampIsLoweredAfterTheFirstPage(t *testing.T) {
	w := loadReal(t, "jira-aerogear.jsonl")
	order := ids(trouble(t, w, jirasim.Cloud, "").pages(scanOrder, 50, ""))
	pages := trouble(t, w, jirasim.Cloud, "clamp-lowered").pages(scanOrder, 50, "")
	if len(pages) != 16 || len(pages[0].Issues) != 50 || len(pages[1].Issues) != 10 || ids(pages) != order {
		t.Errorf("%d pages of %d, %d", len(pages), len(pages[0].Issues), len(pages[1].Issues))
	}
	if p := trouble(t, w, jirasim.DataCenter, "clamp-lowered").search(map[string]any{"startAt": 20}); p.MaxResults != 10 || len(p.Issues) != 10 {
		t.Errorf("maxResults %d, %d rows", p.MaxResults, len(p.Issues))
	}
}

func TestRowsComeTwice(t *testing.T) {
	w := loadReal(t, "jira-aerogear.jsonl")
	rows := strings.Fields(ids(trouble(t, w, jirasim.Cloud, "duplicate-rows").pages(scanOrder, 50, "")))
	if len(rows) <= 200 {
		t.Errorf("%d rows", len(rows))
	}
	slices.Sort(rows)
	if n := len(slices.Compact(rows)); n != 200 {
		t.Errorf("%d issues", n)
	}
	s := trouble(t, w, jirasim.DataCenter, "duplicate-rows")
	first, second := s.search(map[string]any{"maxResults": 10}), s.search(map[string]any{"maxResults": 10, "startAt": 10})
	if !slices.ContainsFunc(first.Issues, func(i shown) bool { return i.ID == second.Issues[0].ID }) || len(second.Issues) != 10 {
		t.Errorf("the second page begins with %s", second.Issues[0].Key)
	}
}

func TestRowsChangePlaces(t *testing.T) {
	w := loadReal(t, "jira-aerogear.jsonl")
	order := ids(trouble(t, w, jirasim.Cloud, "").pages(scanOrder, 50, ""))
	for _, flavour := range []string{jirasim.Cloud, jirasim.DataCenter} {
		s := trouble(t, w, flavour, "reorder")
		var got []string
		if flavour == jirasim.Cloud {
			got = strings.Fields(ids(s.pages(scanOrder, 50, "")))
		} else {
			for _, i := range s.search(map[string]any{"jql": scanOrder, "maxResults": 200}).Issues {
				got = append(got, i.ID)
			}
		}
		if strings.Join(got, " ") == order || len(got) != 200 {
			t.Errorf("%s: %d rows in order", flavour, len(got))
		}
	}
}

func TestTiesChangePlacesUnlessAKeyBreaksThem(t *testing.T) {
	w := loadReal(t, "jira-aerogear.jsonl")
	s := trouble(t, w, jirasim.DataCenter, "reorder-ties")
	if s.keys("ORDER BY project") == s.keys("ORDER BY project") {
		t.Error("ties do not change places")
	}
	if s.keys("ORDER BY project, key") != s.keys("ORDER BY project, key") {
		t.Error("what is no tie changes places")
	}
}

func TestATokenIsRepeated(t *testing.T) {
	w := loadReal(t, "jira-aerogear.jsonl")
	s := trouble(t, w, jirasim.Cloud, "token-repeated")
	first := decodeJQL(t, s.jql(scanOrder, ""))
	second := decodeJQL(t, s.jql(scanOrder, `,"nextPageToken":"`+*first.Token+`"`))
	if *second.Token != *first.Token {
		t.Error("the cursor advanced")
	}
}

func TestATokenExpiresAfterThreePages(t *testing.T) {
	w := loadReal(t, "jira-aerogear.jsonl")
	s := trouble(t, w, jirasim.Cloud, "token-expired")
	token := ""
	for n := range 4 {
		a := s.jql(scanOrder, fmt.Sprintf(`,"nextPageToken":%q`, token))
		if want := map[bool]int{true: 400, false: 200}[n == 3]; a.status != want {
			t.Fatalf("page %d: status %d", n+1, a.status)
		}
		if n < 3 {
			token = *decodeJQL(t, a).Token
		}
	}
}

func TestHistoriesAreSplitOverPages(t *testing.T) {
	s := trouble(t, load(t, busyDump(5)), jirasim.Cloud, "history-split")
	if p := s.bulk(""); len(p.Logs) != 2 || p.Token == "" {
		t.Errorf("page %+v", p)
	}
}

func TestTheIndexLagsBehindTheIssues(t *testing.T) {
	for _, flavour := range []string{jirasim.Cloud, jirasim.DataCenter} {
		s := trouble(t, load(t, hierarchyDump), flavour, "index-lag")
		s.clock.at = date("2024-01-05").Add(30 * time.Second)
		find := func(rest string) string {
			if flavour == jirasim.DataCenter {
				return s.keys("status = Doing")
			}
			return ids([]jqlPage{decodeJQL(t, s.jql("status = Doing", rest))})
		}
		if got := find(""); got != "" {
			t.Errorf("%s: found %s already", flavour, got)
		}
		if a := s.get("/rest/api/2/issue/3?fields=status"); !strings.Contains(a.body, "Doing") {
			t.Errorf("%s: the issue itself lags: %s", flavour, a.body)
		}
		if got := find(`,"reconcileIssues":[3]`); flavour == jirasim.Cloud && got != "3" {
			t.Errorf("reconciled: %q", got)
		}
		s.clock.at = s.clock.at.Add(20 * time.Second)
		if find("") == "" {
			t.Errorf("%s: still not found", flavour)
		}
	}
}

func TestFaultsOfTheConnection(t *testing.T) {
	for _, flavour := range []string{jirasim.Cloud, jirasim.DataCenter} {
		body := func(s troubled) ([]byte, error) {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/rest/api/2/field", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header = s.header
			a, err := http.DefaultTransport.RoundTrip(r)
			if err != nil {
				return nil, err
			}
			defer a.Body.Close()
			return io.ReadAll(a.Body)
		}
		s := trouble(t, load(t, hierarchyDump), flavour, "truncated")
		if raw, err := body(s); err != nil || json.Valid(raw) || len(raw) == 0 {
			t.Errorf("truncated: %d bytes, valid %v, error %v", len(raw), json.Valid(raw), err)
		}
		s = trouble(t, load(t, hierarchyDump), flavour, "reset")
		if raw, err := body(s); !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("reset: %d bytes, error %v", len(raw), err)
		}
	}
}

func TestARedirectLeadsToAnotherHost(t *testing.T) {
	faults := jirasim.NewFaults()
	if err := faults.Set("redirect", 1, 1); err != nil {
		t.Fatal(err)
	}
	s := serve(t, load(t, hierarchyDump), date("2024-02-01"), jirasim.Options{Faults: faults, SSO: "https://login.example.org/sso"})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/rest/api/2/myself", nil)
	if err != nil {
		t.Fatal(err)
	}
	a, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	if a.StatusCode != http.StatusFound || a.Header.Get("Location") != "https://login.example.org/sso" {
		t.Errorf("status %d to %s", a.StatusCode, a.Header.Get("Location"))
	}
}

func TestFaultsStrikeBySeedAndRequest(t *testing.T) {
	run := func(seed uint64, rate float64) string {
		s := trouble(t, load(t, hierarchyDump), jirasim.Cloud, "")
		if err := s.faults.Set("503-html", seed, rate); err != nil {
			t.Fatal(err)
		}
		var struck strings.Builder
		for range 40 {
			struck.WriteString(map[bool]string{true: "x", false: "."}[s.get("/rest/api/3/serverInfo").status == 503])
		}
		return struck.String()
	}
	some := run(7, 0.5)
	if n := strings.Count(some, "x"); n < 8 || n > 32 || some != run(7, 0.5) || some == run(8, 0.5) {
		t.Errorf("seed 7: %s, again %s, seed 8: %s", some, run(7, 0.5), run(8, 0.5))
	}
	if never, always := run(7, 0), run(7, 1); strings.Contains(never, "x") || strings.Contains(always, ".") {
		t.Errorf("never %s, always %s", never, always)
	}
	s := trouble(t, load(t, hierarchyDump), jirasim.Cloud, "503-retry")
	if err := s.faults.Amount("503-retry", 9); err != nil {
		t.Fatal(err)
	}
	if a := s.get("/rest/api/3/serverInfo"); a.header.Get("Retry-After") != "9" {
		t.Errorf("Retry-After %s", a.header.Get("Retry-After"))
	}
	s.faults.Clear()
	if a := s.get("/rest/api/3/serverInfo"); a.status != http.StatusOK {
		t.Errorf("after all is well: status %d", a.status)
	}
	for _, err := range []error{s.faults.Set("gremlins", 1, 1), s.faults.Amount("502", 1)} {
		if err == nil {
			t.Error("no error for a fault that there is not")
		}
	}
}
