package jira

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"plumbline/internal/flow"
)

func TestEveryRuleOfTheToken(t *testing.T) {
	refuseAt := func(token string, times int) func(*sky) {
		return func(s *sky) {
			s.refuse = func(q *tokenSearch) (int, string) {
				if q.Token == token && times > 0 {
					times--
					return 400, `{"errorMessages":["The next page token is invalid or expired."],"errors":{}}`
				}
				return 0, ""
			}
		}
	}
	mangle := func(f func(n int, p map[string]any)) func(*sky) { return func(s *sky) { s.mangle = f } }
	tests := []struct {
		name       string
		change     func(*sky)
		searches   int
		incomplete string // the whole error
	}{
		{"a missing token ends", func(*sky) {}, 3, ""},
		{"a null token ends", mangle(func(_ int, p map[string]any) {
			if p["nextPageToken"] == nil {
				p["nextPageToken"] = nil
			}
		}), 3, ""},
		{"an empty token ends", mangle(func(_ int, p map[string]any) {
			if p["nextPageToken"] == nil {
				p["nextPageToken"] = ""
			}
		}), 3, ""},
		{"isLast is not needed", mangle(func(_ int, p map[string]any) { delete(p, "isLast") }), 3, ""},
		{"a token beside isLast is followed, and what it brings is read", mangle(func(_ int, p map[string]any) { p["isLast"] = true }), 3, ""},
		{"a token beside isLast is followed once where it brings nothing", mangle(func(n int, p map[string]any) {
			if n == 2 {
				p["nextPageToken"] = "30"
			}
			if n == 3 {
				p["nextPageToken"], p["isLast"] = "31", true
			}
		}), 4, ""},
		{"a token beside isLast that Jira does not take itself ends", func(s *sky) {
			refuseAt("bogus", 9)(s)
			s.mangle = func(n int, p map[string]any) {
				if n == 2 {
					p["nextPageToken"] = "bogus"
				}
			}
		}, 4, ""},
		{"empty pages with a token are put up with", mangle(func(n int, p map[string]any) {
			if n >= 1 && n <= 3 {
				p["issues"], p["nextPageToken"], p["isLast"] = []string{}, []string{"010", "0010", "00010"}[n-1], false
			}
		}), 3 + 3, ""},
		{"a rejected token begins another slice", refuseAt("20", 1), 3 + 2, ""},
		{"a repeated token begins another slice", mangle(func(n int, p map[string]any) {
			if n == 1 {
				p["nextPageToken"] = "10"
			}
		}), 2 + 2, ""},
		{"a lost token begins another slice", mangle(func(n int, p map[string]any) {
			if n == 1 {
				delete(p, "nextPageToken")
			}
		}), 2 + 2, ""},
		{"an early end that the count belies begins another slice", mangle(func(n int, p map[string]any) {
			if n == 1 {
				delete(p, "nextPageToken")
				p["isLast"] = true
			}
		}), 2 + 2, ""},
		{"a count that stays too high is said", func(s *sky) { s.count = 31 }, 3 + 1,
			"site acme: search: the search ends after 30 issues, and the site counts about 31"},
		{"a count that is not told is done without", func(s *sky) { s.count = -1 }, 3, ""},
		{"a token that never advances is said", mangle(func(_ int, p map[string]any) {
			p["nextPageToken"], p["isLast"] = "10", false
		}), 2 + 2 + 2, "site acme: search: the continuation token does not advance"},
		{"endless empty pages are said", mangle(func(n int, p map[string]any) {
			p["issues"], p["nextPageToken"], p["isLast"] = []string{}, fmt.Sprintf("%d", 1000+n), false
		}), 51 * 2, "site acme: search: 51 pages in a row bring nothing new"},
		{"a warning is said after everything was read", mangle(func(n int, p map[string]any) {
			if n == 0 {
				p["warnings"] = []any{map[string]any{"type": "CLAUSE_LIMIT_EXCEEDED", "message": "Too many operands.", "details": map[string]any{"limit": 1}}}
			}
		}), 3, "site acme: search: Jira warns that the result is not whole: CLAUSE_LIMIT_EXCEEDED Too many operands."},
		{"a warning of another form is one", mangle(func(n int, p map[string]any) {
			if n == 0 {
				p["warnings"] = "truncated"
			}
		}), 3, "site acme: search: Jira warns that the result is not whole: unknown"},
		{"no warnings are none", mangle(func(_ int, p map[string]any) { p["warnings"] = []any{} }), 3, ""},
		{"the same rows on another page come once", mangle(func(n int, p map[string]any) {
			if n == 1 {
				p["issues"] = append(p["issues"].([]json.RawMessage), skyOf(1).rows[0].json(nil, "", 0))
			}
		}), 3, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := skyOf(30)
			s.page = 10
			tt.change(s)
			got, err := scanSky(t, s, flow.Query{})
			if tt.incomplete == "" && err != nil {
				t.Fatal(err)
			}
			var api *APIError
			if tt.incomplete != "" && (!errors.Is(err, ErrIncomplete) || !errors.As(err, &api) || api.Incomplete() != api.What || err.Error() != tt.incomplete) {
				t.Errorf("error %v\nwant  %s", err, tt.incomplete)
			}
			if whole := !strings.Contains(tt.name, "never") && !strings.Contains(tt.name, "endless"); whole && !slices.Equal(got.ids, upTo(30)) {
				t.Errorf("issues %v", got.ids)
			}
			if len(s.searches) != tt.searches {
				t.Errorf("%d searches, want %d", len(s.searches), tt.searches)
			}
		})
	}
}

func TestARestartedScanGoesOnALittleBeforeWhereItStopped(t *testing.T) {
	s := skyOf(30)
	s.page = 10
	s.mangle = func(n int, p map[string]any) {
		if n == 1 {
			p["nextPageToken"] = "10"
		}
	}
	if _, err := scanSky(t, s, flow.Query{}); err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("created >= %d ORDER BY created ASC, key DESC", epoch.Add(18*time.Minute).UnixMilli())
	if s.searches[2].JQL != want || s.searches[2].Token != "" {
		t.Errorf("search %+v, want the jql %q without a token", s.searches[2], want)
	}
}

func TestAQueryThatJiraRefusesIsNoTroubleOfTheToken(t *testing.T) {
	s := skyOf(3)
	s.refuse = func(*tokenSearch) (int, string) {
		return 400, `{"errorMessages":["The value 'PAYY' does not exist for the field 'project'."],"errors":{}}`
	}
	_, err := scanSky(t, s, flow.Query{})
	const want = "site acme: search: 400: Jira refuses the query: The value 'PAYY' does not exist for the field 'project'. " +
		"(try the scope in Jira's own search as the same account: a project that it may not browse is an error too)"
	if !errors.Is(err, ErrConfig) || err.Error() != want {
		t.Errorf("error %v\nwant  %s", err, want)
	}
}

func TestPagesThatAreWarnedOfOrUnsortedDoNotClaimProgress(t *testing.T) {
	s := skyOf(30)
	s.page = 10
	s.rows[15], s.rows[3] = s.rows[3], s.rows[15]
	got, err := scanSky(t, s, flow.Query{})
	if err != nil || len(got.ids) != 30 {
		t.Fatalf("%d issues, %v", len(got.ids), err)
	}
	if !got.pages[0].CreatedTo.IsZero() || !got.pages[2].CreatedTo.IsZero() {
		t.Errorf("pages claim to be complete to %s and %s", got.pages[0].CreatedTo, got.pages[2].CreatedTo)
	}
}

func TestTooLargeAnAnswerIsAskedForInSmallerPages(t *testing.T) {
	s := skyOf(4)
	s.mangle = func(n int, p map[string]any) {
		if n == 0 {
			p["issues"] = strings.Repeat(" ", maxBody)
		}
	}
	got, err := scanSky(t, s, flow.Query{})
	if err != nil || len(got.ids) != 4 || s.searches[1].MaxResults != 50 {
		t.Errorf("issues %v, error %v", got.ids, err)
	}
}

func TestAFaultyCursorNeverEndsInSilence(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(0, 60).Draw(rt, "issues")
		s := skyOf(n)
		s.page = rapid.IntRange(1, 9).Draw(rt, "page")
		budget := rapid.IntRange(0, 8).Draw(rt, "faults")
		s.refuse = func(q *tokenSearch) (int, string) {
			if budget > 0 && q.Token != "" && rapid.IntRange(0, 3).Draw(rt, "refuse") == 0 {
				budget--
				return 400, `{"errorMessages":["token"]}`
			}
			return 0, ""
		}
		s.mangle = func(n int, p map[string]any) {
			if budget == 0 {
				return
			}
			fault := rapid.IntRange(0, 9).Draw(rt, "fault")
			if fault < 6 {
				budget--
			}
			switch fault {
			case 0:
				delete(p, "isLast")
			case 1:
				p["issues"] = []string{} // and with it rows that no token brings again
			case 2:
				delete(p, "nextPageToken")
				p["isLast"] = false
			case 3:
				delete(p, "nextPageToken")
				p["isLast"] = true
			case 4:
				p["nextPageToken"] = "0"
			case 5:
				p["isLast"] = true
			}
		}
		c, _ := testClient(t, s)
		got, err := scanCloud(c, flow.Query{})
		if err != nil && !errors.Is(err, ErrIncomplete) {
			rt.Fatalf("error %v", err)
		}
		slices.Sort(got.ids)
		if err == nil && !slices.Equal(got.ids, upTo(n)) {
			rt.Fatalf("the scan ends in silence with %v of %d", got.ids, n)
		}
	})
}
