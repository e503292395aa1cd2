package jirasim

import (
	"crypto/subtle"
	"net/http"
	"strings"
)

// identify finds out who asks. A wrong password is refused outright; a wrong
// or an expired token makes the caller an anonymous one, who sees what
// everybody sees: on a site with accounts, nothing.
func (c *call) identify() bool {
	if _, ok := c.suffers("anonymous"); ok {
		c.blind = true
		c.w.Header().Set("X-Seraph-LoginReason", "AUTHENTICATED_FAILED")
		c.w.Header().Set("X-AUSERNAME", "anonymous")
		return true
	}
	if c.options.Flavour == Cloud {
		return c.identifyCloud()
	}
	o := &c.options
	public := o.PAT == "" && o.User == "" && o.Password == ""
	header := c.r.Header.Get("Authorization")
	scheme, credential, _ := strings.Cut(header, " ")
	reason := ""
	switch {
	case header == "":
	case strings.EqualFold(scheme, "Bearer"):
		if o.PAT != "" && equal(strings.TrimSpace(credential), o.PAT) {
			c.account, reason = c.accountName(), "OK"
		} else {
			reason = "AUTHENTICATED_FAILED"
		}
	case strings.EqualFold(scheme, "Basic"):
		user, password, ok := c.r.BasicAuth()
		if !ok || o.User == "" || !equal(user, o.User) || !equal(password, o.Password) {
			c.wrongPassword()
			return false
		}
		c.account, reason = o.User, "OK"
	}
	if reason != "" {
		c.w.Header().Set("X-Seraph-LoginReason", reason)
	}
	if c.account == "" {
		c.w.Header().Set("X-AUSERNAME", "anonymous")
		c.blind = !public
	} else {
		c.w.Header().Set("X-AUSERNAME", c.account)
	}
	return true
}

// accountName is the account that the token stands for.
func (c *call) accountName() string {
	if c.options.User != "" {
		return c.options.User
	}
	return "plumbline-bot"
}

func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

func (c *call) wrongPassword() {
	h := c.w.Header()
	h.Set("X-AUSERNAME", "anonymous")
	h.Set("X-Seraph-LoginReason", "AUTHENTICATED_FAILED")
	h.Set("WWW-Authenticate", `OAuth realm="`+basePath(c.options.ContextPath)+`"`)
	c.html(http.StatusUnauthorized, "Unauthorized (401)", "Basic Authentication Failure - Reason : AUTHENTICATED_FAILED")
}

func basePath(context string) string {
	if context == "" {
		return "/"
	}
	return context
}

// identifyCloud finds out who asks a Cloud site. Whoever is nobody is refused
// at the gateway; at the site itself he is an anonymous caller, except with a
// token that is for the gateway.
func (c *call) identifyCloud() bool {
	o := &c.options
	public := o.PAT == "" && o.User == "" && o.Password == "" && o.ScopedToken == ""
	gateway := strings.HasPrefix(c.root, "/ex/jira/")
	scheme, credential, _ := strings.Cut(c.r.Header.Get("Authorization"), " ")
	secret := strings.TrimSpace(credential)
	known := strings.EqualFold(scheme, "Bearer")
	if user, password, ok := c.r.BasicAuth(); ok {
		known, secret = o.User != "" && equal(user, o.User), password
	}
	expected := o.PAT
	if !strings.EqualFold(scheme, "Bearer") {
		expected = o.Password
	}
	scoped := known && o.ScopedToken != "" && equal(secret, o.ScopedToken)
	switch {
	case known && expected != "" && equal(secret, expected), scoped && gateway:
		c.account = c.accountName()
		c.w.Header().Set("X-AACCOUNTID", AccountID(c.account))
	case scoped:
		c.fault(http.StatusUnauthorized, "Client must be authenticated to access this resource.")
		return false
	case gateway && !public:
		c.json(http.StatusUnauthorized, map[string]any{"code": http.StatusUnauthorized, "message": "Unauthorized"})
		return false
	default:
		c.blind = !public
		if scheme != "" {
			c.w.Header().Set("X-Seraph-LoginReason", "AUTHENTICATED_FAILED")
		}
	}
	return true
}
