package web

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// ReloadFailed says that the company's configuration is right.
func (c *company) ReloadFailed() (time.Time, error) { return time.Time{}, nil }

// misconfigured is a company whose last change of the configuration is wrong.
type misconfigured struct {
	*company
	why error
}

func (m misconfigured) ReloadFailed() (time.Time, error) {
	return testNow().Add(-5 * time.Minute), m.why
}

func TestEveryPageOfThePresentTellsThatTheLastChangeIsNotInForce(t *testing.T) {
	const wrong = `goals/a.yaml:3:9: goals[0].id: "A <b>" is no id of a goal; use at most 63 of a-z, 0-9 and -`
	for _, c := range []struct{ name, why, want string }{
		{"one finding", wrong, "is not in force, since it is not right (2026-11-23 08:25 UTC): goals/a.yaml:3:9: goals[0].id: &#34;A &lt;b&gt;&#34; is no id of a goal; use at most 63 of a-z, 0-9 and -. The earlier ones stay in force"},
		{"three findings", wrong + "\nx\ny", "and - (and 2 more findings). The earlier ones stay in force"},
		{"a long finding", strings.Repeat("é", 500), strings.Repeat("é", 400) + "…. The earlier"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := serve(t, misconfigured{newCompany(), errors.New(c.why)})
			for target, code := range map[string]int{
				"/": 200, "/goals/search": 200, "/decisions": 200, "/unlinked": 200, "/sync": 200, "/README.md": 200, "/goals/none": 404,
			} {
				w := get(t, h, target)
				if w.Code != code || !strings.Contains(w.Body.String(), c.want) {
					t.Errorf("%s answers %d without %q:\n%s", target, w.Code, c.want, w.Body)
				}
				checkMarkup(t, w.Body.Bytes())
			}
			for _, target := range []string{"/", "/goals/search", "/decisions", "/unlinked", "/sync"} {
				w := get(t, h, target+"?at=2026-10-15")
				if body := w.Body.String(); strings.Contains(body, "not in force") || !strings.Contains(body, "You see the past: ") {
					t.Errorf("%s of the past answers %d and speaks of the present, or not of the past", target, w.Code)
				}
			}
		})
	}
	if w := get(t, serve(t, newCompany()), "/"); strings.Contains(w.Body.String(), "not in force") {
		t.Error("a configuration that is right is told to be wrong")
	}
}
