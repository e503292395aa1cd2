package app_test

import (
	"bytes"
	"io"
	"os"
	"testing"
	"time"

	"plumbline/internal/jirasim"
)

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func write(tb testing.TB, path, text string) {
	tb.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
}

// worldOf is the world that a dump of issues tells of.
func worldOf(t *testing.T, dump io.Reader) *jirasim.World {
	t.Helper()
	w, err := jirasim.LoadDump(dump)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// theCompany is the synthetic company as it stands at the moment, and its world.
func theCompany(t *testing.T, now time.Time) (*jirasim.Company, *jirasim.World) {
	t.Helper()
	c := jirasim.NewCompany(1, now)
	var dump bytes.Buffer
	if err := c.WriteDump(&dump); err != nil {
		t.Fatal(err)
	}
	return c, worldOf(t, &dump)
}
