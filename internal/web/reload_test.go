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
			for _, target := range []string{"/", "/goals/search", "/sync"} {
				w := get(t, h, target)
				if w.Code != 200 || !strings.Contains(w.Body.String(), c.want) {
					t.Errorf("%s answers %d without %q:\n%s", target, w.Code, c.want, w.Body)
				}
				checkMarkup(t, w.Body.Bytes())
			}
			if w := get(t, h, "/?at=2026-10-15"); strings.Contains(w.Body.String(), "not in force") {
				t.Error("a view of the past speaks of the present")
			}
		})
	}
	if w := get(t, serve(t, newCompany()), "/"); strings.Contains(w.Body.String(), "not in force") {
		t.Error("a configuration that is right is told to be wrong")
	}
}
