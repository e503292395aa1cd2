package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strings"

	"plumbline/internal/flow"
)

var (
	siteName     = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)
	variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,127}$`)
	fieldID      = regexp.MustCompile(`^customfield_[0-9]{1,10}$`)
)

// site reads a site. Its name must be unlike those before it.
func (d *decoder) site(n node, before []Site) Site {
	s := Site{Limits: DefaultLimits()}
	seen := d.mapping(n, keys{
		"name":                d.word(&s.Name, matching(siteName, "name of a site", "use at most 32 of a-z, 0-9 and -")),
		"url":                 d.siteURL(&s.URL),
		"auth":                nested(&s.Auth, d.auth),
		"scope":               d.prose(&s.Scope, notEmpty, jql()),
		"limits":              func(n node) { d.limits(n, &s.Limits) },
		"tls":                 func(n node) { d.mapping(n, keys{"ca_file": d.path(&s.CAFile, maybeEmpty)}) },
		"webhook_secret_file": d.path(&s.WebhookSecretFile, maybeEmpty),
		"fields":              nested(&s.Fields, d.fields),
	})
	d.require(n, seen, map[string]string{
		"name":  "name: with a short name for labels, such as acme",
		"url":   "url: with the address of Jira",
		"auth":  "auth: {pat_file: FILE}, or {email: ADDRESS, token_file: FILE}",
		"scope": "scope: with the JQL of all work to be seen, such as project in (PAY, SHOP)",
	})
	for i := range before {
		if s.Name != "" && s.Name == before[i].Name {
			d.fault(seen["name"], quoted(s.Name)+fmt.Sprintf(" is the name of sites[%d] already", i), "give each site a name of its own")
			break
		}
	}
	return s
}

// siteURL reads the address of Jira. Without TLS it is warned of, save on the
// machine itself: the credential is sent with every request.
func (d *decoder) siteURL(dst *string) reader {
	return func(n node) {
		if d.address(dst, notEmpty)(n); *dst == "" {
			return
		}
		u, err := url.Parse(*dst)
		if err != nil || u.Scheme != "http" {
			return
		}
		if ip := net.ParseIP(u.Hostname()); u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
			d.warn(n, "sends the credential in the clear", "use https://")
		}
	}
}

// jql refuses a JQL that can't stand inside parentheses, as each does that is
// asked of Jira.
func jql() check {
	return check{test: func(s string) *fault {
		var wrong *flow.JQLError
		if errors.As(flow.CheckJQL(s), &wrong) {
			return &fault{wrong.What, wrong.Mend}
		}
		return nil
	}}
}

func (d *decoder) limits(n node, l *Limits) {
	d.mapping(n, keys{
		"requests_per_second": d.number(&l.RequestsPerSecond, between(0.1, 100)),
		"in_flight":           d.whole(&l.InFlight, 1, 32),
	})
}

func (d *decoder) fields(n node) map[string][]string {
	fields := make(map[string][]string)
	known := make(keys)
	for _, meaning := range FieldMeanings() {
		known[meaning] = func(n node) {
			var ids []string
			d.words(&ids, 8, matching(fieldID, "custom field", "write the field's id, such as customfield_10016"))(n)
			if len(ids) > 0 {
				fields[meaning] = ids
			}
		}
	}
	d.mapping(n, known)
	return fields
}

// auth reads how a site is logged in to. No message repeats a value: people
// write secrets where the name of a file belongs.
func (d *decoder) auth(n node) Auth {
	var a Auth
	d.hide(n)
	known := keys{
		"email":         d.word(&a.Email, account()),
		"user":          d.word(&a.User, account()),
		"token_file":    d.path(&a.TokenFile, notEmpty),
		"token_env":     d.variable(&a.TokenEnv),
		"password_file": d.path(&a.PasswordFile, notEmpty),
		"password_env":  d.variable(&a.PasswordEnv),
		"pat_file":      d.path(&a.PATFile, notEmpty),
		"pat_env":       d.variable(&a.PATEnv),
		"expires":       d.date(&a.Expires),
		"scoped":        d.flag(&a.Scoped),
		"oauth":         d.refuses("OAuth is not taken by this version", "use a personal access token, or an account with a token"),
	}
	before := len(d.errs)
	seen := d.mapping(n, known)
	if d.describing {
		n.wants.oneWay()
	}
	if len(d.errs) == before {
		d.oneWay(n, seen)
	}
	if a.Scoped && len(d.errs) == before && (a.Email == "" || a.TokenFile == "" && a.TokenEnv == "") {
		d.fault(seen["scoped"], "only an API token of Jira Cloud has scopes", "write {email: ADDRESS, token_file: FILE, scoped: true}, or remove it")
	}
	return a
}

// oneWay makes a schema one of a single way to log in.
func (s *schema) oneWay() {
	account := needs().without("pat_file", "pat_env")
	account.OneOf = eachNeeds("token_file", "token_env", "password_file", "password_env")
	account.AnyOf = []*schema{needs("email").without("user"), needs("user").without("email")}
	token := needs().without("email", "user", "token_file", "token_env", "password_file", "password_env")
	token.OneOf = eachNeeds("pat_file", "pat_env")
	s.OneOf = []*schema{account, token}
}

func account() check {
	return check{form: `^[^\s:]([^:]*[^\s:])?$`, test: func(s string) *fault {
		if strings.Contains(s, ":") {
			return &fault{"holds a colon", "write the account's name alone; its token or password goes into a file"}
		}
		return nil
	}}
}

func (d *decoder) variable(dst *string) reader {
	return d.word(dst, check{form: variableName.String(), test: func(s string) *fault {
		if !variableName.MatchString(s) {
			return &fault{"is no name of an environment variable", "write the variable's name, such as JIRA_TOKEN, and not its value"}
		}
		return nil
	}})
}

// oneWay sees to it that there is exactly one way to log in.
func (d *decoder) oneWay(n node, seen map[string]node) {
	given := func(names ...string) (found []string) {
		for _, name := range names {
			if _, ok := seen[name]; ok {
				found = append(found, name)
			}
		}
		return found
	}
	accounts := given("email", "user")
	secrets := given("token_file", "token_env", "password_file", "password_env")
	pats := given("pat_file", "pat_env")
	all := append(append([]string{}, secrets...), pats...)
	const ways = "write {pat_file: FILE}, or {email: ADDRESS, token_file: FILE}, or {user: NAME, password_file: FILE}; each _file may be an _env"
	switch {
	case len(all) == 0:
		d.fault(n, "names no secret", ways)
	case len(all) > 1:
		d.fault(seen[all[1]], fmt.Sprintf("%s and %s are two ways to log in", all[0], all[1]), "keep one of them")
	case len(pats) == 1 && len(accounts) > 0:
		d.fault(seen[accounts[0]], fmt.Sprintf("%s does not go with %s", accounts[0], pats[0]), "remove it; a personal access token stands for its account")
	case len(pats) == 1:
	case len(accounts) == 0:
		d.fault(n, secrets[0]+" needs an account", "add email: (Cloud) or user: (Data Center)")
	case len(accounts) > 1:
		d.fault(seen["user"], "email and user are two accounts", "keep one of them")
	}
}
