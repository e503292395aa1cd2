package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"
)

const maxSecretBytes = 64 << 10

// Secret reads the site's token or password from its file or its environment
// variable. The service asks once, when it starts: a secret that was changed is
// in force after a restart. Errors name the file or the variable, never the
// value.
func (s *Site) Secret() (string, error) {
	a := &s.Auth
	for _, file := range []string{a.TokenFile, a.PasswordFile, a.PATFile} {
		if file != "" {
			return ReadSecret(file)
		}
	}
	for _, name := range []string{a.TokenEnv, a.PasswordEnv, a.PATEnv} {
		if name == "" {
			continue
		}
		v, err := SecretFromEnv(name)
		if err != nil {
			return "", fmt.Errorf("reading the secret of site %s: %w", s.Name, err)
		}
		return v, nil
	}
	return "", fmt.Errorf("reading the secret of site %s: the configuration names none", s.Name)
}

// SecretWarning says that the site's secret lies in a file which others than
// its owner may read; it is empty where all is well or there is no such file.
// Group access is not warned of: that is how Kubernetes mounts secrets.
func (s *Site) SecretWarning() string {
	for _, file := range []string{s.Auth.TokenFile, s.Auth.PasswordFile, s.Auth.PATFile} {
		if file == "" {
			continue
		}
		if info, err := os.Stat(file); err == nil && info.Mode().Perm()&0o004 != 0 {
			return fmt.Sprintf("the secret file %s is readable by everybody on this machine (mode %04o); take that away with chmod o-r", file, info.Mode().Perm())
		}
	}
	return ""
}

// SecretFromEnv reads a secret from the environment variable of that name.
func SecretFromEnv(name string) (string, error) {
	v, ok := os.LookupEnv(name)
	if !ok {
		return "", fmt.Errorf("the environment variable %s is not set", name)
	}
	if err := fitForHeader(v); err != nil {
		return "", fmt.Errorf("the environment variable %s: %w", name, err)
	}
	return v, nil
}

// ReadSecret reads a secret from a file of at most 64 KiB, less one line break
// at its end.
func ReadSecret(file string) (string, error) {
	info, err := os.Stat(file)
	if err != nil {
		return "", fmt.Errorf("reading the secret file: %w", err)
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("reading the secret file %s: %w", file, errNotRegular)
	}
	f, err := os.Open(file)
	if err != nil {
		return "", fmt.Errorf("reading the secret file: %w", err)
	}
	defer func() { _ = f.Close() }() // only read from
	b, err := io.ReadAll(io.LimitReader(f, maxSecretBytes+1))
	if err != nil {
		return "", fmt.Errorf("reading the secret file: %w", err)
	}
	if len(b) > maxSecretBytes {
		return "", fmt.Errorf("reading the secret file %s: it is larger than 64 KiB", file)
	}
	secret := strings.TrimSuffix(strings.TrimSuffix(string(b), "\n"), "\r")
	if err := fitForHeader(secret); err != nil {
		return "", fmt.Errorf("reading the secret file %s: %w", file, err)
	}
	return secret, nil
}

// fitForHeader refuses what cannot be sent in an HTTP header as it is.
func fitForHeader(secret string) error {
	switch {
	case secret == "":
		return errors.New("it is empty")
	case !utf8.ValidString(secret):
		return errors.New("it is not UTF-8 text")
	case strings.ContainsFunc(secret, unicode.IsControl):
		return errors.New("it holds a line break or another control character")
	}
	return nil
}
