package config_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"plumbline/internal/config"
)

func TestADurationIsReadAsPeopleWriteIt(t *testing.T) {
	for in, want := range map[string]time.Duration{
		"5d": 120 * time.Hour, "2w": 336 * time.Hour, "1w3d": 240 * time.Hour, "90m": 90 * time.Minute,
		"1d12h": 36 * time.Hour, "1h30m": 90 * time.Minute, "1.5h": 90 * time.Minute, "0s": 0, "0d": 0, "250ms": 250 * time.Millisecond,
	} {
		if got, err := config.ParseDuration(in); err != nil || got != want {
			t.Errorf("%q: got %v, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "5", "0", "-5d", "+1h", "d", "w", "5d5", "3d1w", "1.5d", "5 d", "5D", "1d-1h", "1dd", "200000d", "9999999999999999999d", "106751d24h", "5x", "é"} {
		if got, err := config.ParseDuration(in); err == nil {
			t.Errorf("%q was taken as %v", in, got)
		}
	}
}

func TestWeeksDaysAndTheRestAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, d := rapid.IntRange(0, 5000).Draw(t, "weeks"), rapid.IntRange(0, 50_000).Draw(t, "days")
		short := time.Duration(rapid.Int64Range(0, int64(100*time.Hour)).Draw(t, "short"))
		in := fmt.Sprintf("%dw%dd%s", w, d, short)
		got, err := config.ParseDuration(in)
		if want := time.Duration(7*w+d)*24*time.Hour + short; err != nil || got != want {
			t.Fatalf("%q: got %v, %v; want %v", in, got, err, want)
		}
	})
}

func TestOnlySchedulesThatRunAreTaken(t *testing.T) {
	for _, in := range []string{"@every 5m", "@daily", "*/5 * * * *", "0 0 29 2 *", "17 3 * * *", "0 4 * * sun", "@every 720h"} {
		c, err := config.ParseCron(in)
		if err != nil {
			t.Errorf("%q: %v", in, err)
			continue
		}
		from := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
		if next, ok := c.Next(from, time.UTC); !ok || !next.After(from) {
			t.Errorf("%q: next at %v, %v", in, next, ok)
		}
	}
	off, err := config.ParseCron("off")
	if _, runs := off.Next(time.Now(), time.UTC); err != nil || !off.Off() || runs {
		t.Errorf("off is %q, %v, and runs: %v", off, err, runs)
	}
	for _, in := range []string{"", "TZ=", "TZ=UTC", "CRON_TZ=UTC 0 0 * * *", "0 0 31 2 *", ", * * * *", "* * * *", "0 0 0 0 0", "@every", "@every 0s", "@every -5m", "@every 1ms", "@every 90000h", "@reboot", "61 * * * *"} {
		if c, err := config.ParseCron(in); err == nil {
			t.Errorf("%q was taken as %q", in, c)
		}
	}
}

func TestAScheduleRunsOnTheClockOfItsZone(t *testing.T) {
	zurich, err := time.LoadLocation("Europe/Zurich")
	if err != nil {
		t.Fatal(err)
	}
	next, ok := config.Cron("17 3 * * *").Next(time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC), zurich)
	if want := time.Date(2026, 7, 1, 1, 17, 0, 0, time.UTC); !ok || !next.Equal(want) {
		t.Errorf("next at %v, %v; want %v", next, ok, want)
	}
}

func TestAFaultIsShownUnderItsLine(t *testing.T) {
	_, err := config.ParseGoals(map[string][]byte{"g.yaml": []byte("goals:\n  - {id: a, name: Ä, owner: t, work: {epics: [pay-1]}}\r\n")})
	var errs config.Errors
	if !errors.As(err, &errs) || len(errs) != 1 {
		t.Fatalf("got %v", err)
	}
	var one *config.Error
	if !errors.As(err, &one) || one.Line != 2 {
		t.Errorf("the list does not unwrap to its errors: %v", one)
	}
	var page bytes.Buffer
	if err := errs.Render(&page); err != nil {
		t.Fatal(err)
	}
	want := `g.yaml:2:47: goals[0].work.epics[0]: "pay-1" is no issue key; did you mean "PAY-1"?
  2 |   - {id: a, name: Ä, owner: t, work: {epics: [pay-1]}}
    |                                               ^
`
	if page.String() != want {
		t.Errorf("got\n%swant\n%s", page.String(), want)
	}
}

func TestNoMessageRepeatsAPersonsAddress(t *testing.T) {
	for name, goals := range map[string]string{
		"an owner":                    "goals:\n  - id: a\n    name: A\n    owner: jo@acme.com\n    work: {epics: [PAY-1]}\n",
		"an owner among other faults": "goals:\n  - {id: A b, name: 5, owner: jo@acme.com, zzz: 1}\n",
		"an authority": "goals:\n  - id: a\n    name: A\n    owner: t\n    work: {epics: [PAY-1]}\n" +
			"    decisions: [{id: d, class: c, asked: 2026-10-02, authority: jo@acme.com}]\n",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := config.ParseGoals(map[string][]byte{"g.yaml": []byte(goals)})
			var errs config.Errors
			if !errors.As(err, &errs) || !strings.Contains(err.Error(), "looks like a person's address") {
				t.Fatalf("got %v", err)
			}
			var page bytes.Buffer
			if err := errs.Render(&page); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(page.String()+err.Error(), "jo@") {
				t.Errorf("the message shows the address:\n%s", page.String())
			}
		})
	}
}

func TestAThousandFaultsAreToldInAHundredLines(t *testing.T) {
	var src bytes.Buffer
	for i := range 900 {
		fmt.Fprintf(&src, "key%d: 1\n", i)
	}
	_, err := config.Parse("f", src.Bytes())
	if err == nil {
		t.Fatal("it was taken")
	}
	lines := bytes.Split([]byte(err.Error()), []byte("\n"))
	if len(lines) != 101 || string(lines[100]) != "and 802 more" {
		t.Errorf("%d lines, the last %q", len(lines), lines[len(lines)-1])
	}
}

func TestASlipInANameIsToldFromAnotherName(t *testing.T) {
	for _, pair := range [][2]string{
		{"team-paymnets", "team-payments"}, {"team-payment", "team-payments"}, {"Team Payments", "team-payments"},
		{"team_payments", "team-payments"}, {"teampayments", "team-payments"}, {"taem-paymemts", "team-payments"},
	} {
		if !config.Slip(pair[0], pair[1]) || !config.Slip(pair[1], pair[0]) {
			t.Errorf("%q is taken for another name than %q", pair[0], pair[1])
		}
	}
	for _, pair := range [][2]string{
		{"team-a", "team-b"}, {"team-1", "team-2"}, {"team-ios", "team-sos"}, {"payments2", "payments3"}, {"team-payments", "team-payments"},
		{"team-search", "team-payments"}, {"", "x"}, {"--", "-"}, {"team", "team-payments"},
	} {
		if config.Slip(pair[0], pair[1]) {
			t.Errorf("%q is taken for a slip in %q", pair[0], pair[1])
		}
	}
}

func TestHowFarApartTheRunsOfAScheduleCanBe(t *testing.T) {
	const hour = time.Hour
	for s, want := range map[config.Cron]time.Duration{
		"": 0, "nonsense": 0, "@every 5m": 5 * time.Minute, "@every 6h": 6 * hour, "@hourly": hour, "@daily": 24 * hour,
		"*/5 * * * *": 5 * time.Minute, "*/5 8-18 * * *": 13*hour + 5*time.Minute, "*/5 8-18 * * 1-5": 61*hour + 5*time.Minute,
		"0 4 * * 0": 7 * 24 * hour, "0 0 1 * *": 28 * 24 * hour, "0 0 29 2 *": 4*365*24*hour + 24*hour,
	} {
		if got := s.LongestGap(); got != want {
			t.Errorf("the runs of %q can be %s apart, LongestGap() = %s", s, want, got)
		}
	}
}
