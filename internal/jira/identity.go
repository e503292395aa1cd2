package jira

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"time"

	"plumbline/internal/flow"
)

// expiryNotice is how many days before its end a token is warned of.
const expiryNotice = 30

// Expiry says that the token has ended or will soon, with the mend; "" where
// there is time, or no end is known.
func (a Auth) Expiry(now time.Time) string {
	if a.Expires.IsZero() {
		return ""
	}
	const mend = " (make a new one, put it in its place and change auth.expires)"
	switch days := a.Expires.Sub(flow.DateOf(now.UTC())); {
	case days < 0:
		return fmt.Sprintf("the token expired on %s%s", a.Expires, mend)
	case days == 0:
		return "the token expires today" + mend
	case days == 1:
		return "the token expires tomorrow" + mend
	case days <= expiryNotice:
		return fmt.Sprintf("the token expires in %d days, on %s%s", days, a.Expires, mend)
	}
	return ""
}

const scopedToken = "a Jira Cloud token that was made with scopes needs auth.scoped: true"

// explain says more about why the credentials were refused, as far as the
// answer, the way of authentication and the token's end tell it.
func (c *Client) explain(e *APIError, body []byte) {
	said := string(bytes.ToLower(body[:min(len(body), 64<<10)]))
	say := func(what, mend string) { e.What, e.Mend, e.denied = what, mend, false }
	switch {
	case strings.HasPrefix(e.What, "Jira asks for a CAPTCHA"):
	case strings.Contains(said, "scope does not match"):
		say("the token lacks a scope that this needs", "make a token with the scopes read:jira-work and read:jira-user, "+
			"and for sprints read:board-scope:jira-software, read:sprint:jira-software and read:project:jira")
	case strings.Contains(said, "basic auth") && strings.Contains(said, "disabled"):
		say("basic authentication is switched off at this site", "use a personal access token: auth.pat_file")
	case e.Status == http.StatusForbidden:
	case c.expired():
		say(e.What+fmt.Sprintf("; by auth.expires the token ended on %s", c.o.Auth.Expires),
			"make a new one, put it in its place and change auth.expires")
	case strings.Contains(said, "basic auth") && strings.Contains(said, "passwords"): // whatever is wrong with a token
		say("the credentials are not accepted", "check that it is an API token and no password, that it is right and has not expired; "+scopedToken)
	case c.o.Auth.Scoped:
		e.Mend = "check that the token belongs to this account, has not expired, and was made with scopes for Jira"
	case c.o.Auth.User != "" && !c.isServer():
		e.Mend += "; " + scopedToken
	}
}

func (c *Client) expired() bool {
	x := c.o.Auth.Expires
	return !x.IsZero() && x.Before(flow.DateOf(c.now().UTC()))
}

func (c *Client) isServer() bool {
	_, is := c.kind().(*server)
	return is
}

const headerAccount = "X-AACCOUNTID"

// callerID is whom the answers' headers say they are for: Data Center tells
// the user's name, Cloud the account's id. Neither leaves this package.
type callerID struct{ user, account string }

// same refuses an answer for somebody else than those before it. The first
// that names somebody is believed: myself confirms it.
func (id *callerID) same(h http.Header) *APIError {
	for _, who := range []struct {
		known *string
		told  string
	}{{&id.user, h.Get(headerUser)}, {&id.account, h.Get(headerAccount)}} {
		switch {
		case who.told == "" || who.told == *who.known:
		case *who.known == "":
			*who.known = who.told
		default:
			return &APIError{
				kind: ErrAuth, What: "the site takes us for another account than a moment ago",
				Mend: "check that no proxy mixes up sessions, and that nothing else changes the credentials",
			}
		}
	}
	return nil
}
