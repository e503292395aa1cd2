package config_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plumbline/internal/config"
)

func withAuth(auth string) string {
	return strings.Replace(site, "{pat_env: JIRA_PAT}", auth, 1)
}

func TestThereIsExactlyOneWayToLogIn(t *testing.T) {
	const (
		at   = "f:4:11: sites[0].auth: "
		ways = "write {pat_file: FILE}, or {email: ADDRESS, token_file: FILE}, or {user: NAME, password_file: FILE}; each _file may be an _env"
	)
	for _, f := range []faulty{
		{"no way", "{expires: 2027-01-01}", at + "names no secret; " + ways},
		{"a token without an account", "{token_file: t}", at + "token_file needs an account; add email: (Cloud) or user: (Data Center)"},
		{"two secrets", "{email: a@b.c, token_file: t, token_env: T}", "f:4:52: sites[0].auth.token_env: token_file and token_env are two ways to log in; keep one of them"},
		{"two kinds", "{user: u, password_env: P, pat_file: p}", "f:4:48: sites[0].auth.pat_file: password_env and pat_file are two ways to log in; keep one of them"},
		{"an account with an access token", "{email: a@b.c, pat_file: p}", "f:4:19: sites[0].auth.email: email does not go with pat_file; remove it; a personal access token stands for its account"},
		{"two accounts", "{email: a@b.c, user: u, token_file: t}", "f:4:32: sites[0].auth.user: email and user are two accounts; keep one of them"},
		{"scopes of an access token", "{pat_file: p, scoped: true}", "f:4:33: sites[0].auth.scoped: only an API token of Jira Cloud has scopes; write {email: ADDRESS, token_file: FILE, scoped: true}, or remove it"},
		{"scopes of a password", "{user: u, password_file: p, scoped: true}", "f:4:47: sites[0].auth.scoped: only an API token of Jira Cloud has scopes; write {email: ADDRESS, token_file: FILE, scoped: true}, or remove it"},
		{"scopes by name", "{email: a@b.c, token_file: t, scoped: [read]}", "f:4:49: sites[0].auth.scoped: wants true or false, has a list; write true or false, without quotes"},
		{"OAuth", "{oauth: {client_id: x}}", "f:4:19: sites[0].auth.oauth: OAuth is not taken by this version; use a personal access token, or an account with a token"},
	} {
		t.Run(f.name, func(t *testing.T) {
			_, err := config.Parse("f", []byte(withAuth(f.src)))
			f.check(t, err)
		})
	}
}

func TestNoMessageRepeatsASecret(t *testing.T) {
	const secret = "hunter2"
	for name, src := range map[string]string{
		"a token inline":               withAuth("{email: a@b.c, token: hunter2}"),
		"a password inline":            withAuth("{user: u, password: hunter2, colour: 1}"),
		"an access token inline":       withAuth("\n      pat: hunter2\n      zzz: 1"),
		"a quoted key":                 withAuth(`{"token": "hunter2"}`),
		"a block":                      withAuth("\n      token: |\n        hunter2\n      zzz: 1"),
		"a token as a variable's name": withAuth("{pat_env: hunter2/hunter2}"),
		"a token as a mapping":         withAuth("{pat: {hunter2: 1}}"),
		"a password in an address":     strings.Replace(site, "https://", "https://bot:hunter2@", 1),
		"a broken file":                withAuth("{token: hunter2") + "]\n",
		"a password like a block's":    withAuth("\n      password: |hunter2\n      user: u"),
		"a password like a fold's":     withAuth("\n      password: >hunter2\n      user: u"),
		"a broken block":               withAuth("\n      token: |\n        hunter2\n    ] x: ["),
		"a token as a key":             withAuth("{hunter2hunter2hunter2hunter2hunter2: 1}"),
		"a fault before a secret":      "sites: [{name: A b, auth: {pat_env: hunter2/hunter2}, zzz: 1}]\n",
		"a secret of two lines":        withAuth("{pat_env: \"hunter2/\n      hunter2\", zzz: 1}"),
		"a password with an account":   withAuth("{user: \"bot:hunter2\", token_file: t}"),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := config.Parse("f", []byte(src))
			var errs config.Errors
			if !errors.As(err, &errs) {
				t.Fatalf("it was taken, or failed otherwise: %v", err)
			}
			var page bytes.Buffer
			if err := errs.Render(&page); err != nil {
				t.Fatal(err)
			}
			for _, text := range []string{err.Error(), page.String()} {
				if strings.Contains(text, secret) {
					t.Errorf("the message gives the secret away:\n%s", text)
				}
			}
		})
	}
	faulty{want: "f:4:26: sites[0].auth.token: a secret is not taken inline; put it into a file and name that with token_file, password_file or pat_file, or into the environment and name the variable with token_env, password_env or pat_env; then change the secret, because it stood here"}.
		check(t, second(config.Parse("f", []byte(withAuth("{email: a@b.c, token: hunter2}")))))
}

func second[T any](_ T, err error) error { return err }

func TestASecretIsReadWhenItIsNeeded(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	s := config.Site{Name: "acme", Auth: config.Auth{Email: "a@b.c", TokenFile: file}}
	write := func(text string, mode os.FileMode) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ written, want, err string }{
		{"s3cret\n", "s3cret", ""},
		{"s3cret\r\n", "s3cret", ""},
		{" with spaces ", " with spaces ", ""},
		{"two\n\n", "", "reading the secret file " + file + ": it holds a line break or another control character"},
		{"\n", "", "reading the secret file " + file + ": it is empty"},
		{"\xff", "", "reading the secret file " + file + ": it is not UTF-8 text"},
		{strings.Repeat("x", 64<<10+1), "", "reading the secret file " + file + ": it is larger than 64 KiB"},
	} {
		write(c.written, 0o600)
		got, err := s.Secret()
		if got != c.want || (err == nil) != (c.err == "") || err != nil && err.Error() != c.err {
			t.Errorf("%.20q: got %q, %v", c.written, got, err)
		}
	}
	if w := s.SecretWarning(); w != "" {
		t.Errorf("a file of the owner alone is warned of: %s", w)
	}
	write("x", 0o644)
	if want := "the secret file " + file + " is readable by everybody on this machine (mode 0644); take that away with chmod o-r"; s.SecretWarning() != want {
		t.Errorf("warned %q", s.SecretWarning())
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Secret(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file gives %v", err)
	}
}

func TestASecretComesFromTheEnvironment(t *testing.T) {
	s := config.Site{Name: "acme", Auth: config.Auth{PATEnv: "PLUMBLINE_TEST_PAT"}}
	if _, err := s.Secret(); err == nil || err.Error() != "reading the secret of site acme: the environment variable PLUMBLINE_TEST_PAT is not set" {
		t.Errorf("got %v", err)
	}
	t.Setenv("PLUMBLINE_TEST_PAT", "s3cret")
	if got, err := s.Secret(); got != "s3cret" || err != nil || !s.Auth.IsPAT() {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := (&config.Site{Name: "x"}).Secret(); err == nil {
		t.Error("a site without a secret has one")
	}
}
