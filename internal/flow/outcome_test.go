package flow_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"plumbline/internal/flow"
)

func TestOutcomeOfAState(t *testing.T) {
	semantics := flow.NewSemantics(flow.DefaultDiscarded())
	for _, c := range []struct {
		name               string
		category           flow.Category
		status, resolution string
		want               flow.Outcome
	}{
		{"in progress without resolution it is open", flow.InProgress, "Doing", "", flow.Open},
		{"done with a resolution it is delivered", flow.Done, "Closed", "Done", flow.Delivered},
		{"done without a resolution it is delivered", flow.Done, "Closed", "", flow.Delivered},
		{"resolved although its status is not done it is terminal", flow.InProgress, "Verifying", "Fixed", flow.Delivered},
		{"a resolution that says no drops it", flow.Done, "Closed", "Won't Do", flow.Dropped},
		{"case, space and the shape of the apostrophe don't matter", flow.Done, "Closed", " won’t FIX ", flow.Dropped},
		{"a terminal status that says no drops it", flow.Done, "Cancelled", "", flow.Dropped},
		{"a status that says no while nothing is terminal leaves it open", flow.ToDo, "Rejected", "", flow.Open},
		{"a resolution nobody knows is delivered", flow.Done, "Closed", "Out of Date", flow.Delivered},
		{"an unknown category without resolution is open", flow.Unknown, "Vanished", "", flow.Open},
	} {
		t.Run(c.name, func(t *testing.T) {
			st := flow.State{Category: c.category, Status: flow.Named{Name: c.status}}
			if c.resolution != "" {
				st.Resolution = flow.Named{ID: "1", Name: c.resolution}
			}
			if got := semantics.Outcome(&st); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestNamesAreTheSameWhateverTheirCaseSpaceAndApostrophes(t *testing.T) {
	names := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
		"", " ", "Won't Do", "won’t do", "WON`T DO", " Won‘t Do\t", "Done", "DONE ", "done\x00", "Ähnlich", "ÄHNLICH", strings.Repeat("Won't ", 20),
	}))
	straight := strings.NewReplacer("’", "'", "‘", "'", "`", "'")
	folded := func(name string) string { return strings.ToLower(strings.TrimSpace(straight.Replace(name))) }
	rapid.Check(t, func(t *rapid.T) {
		one, other := names.Draw(t, "one"), names.Draw(t, "other")
		if got := flow.NewSemantics([]string{one}).Discards(other); got != (folded(one) == folded(other)) {
			t.Fatalf("%q where %q is given: %v", other, one, got)
		}
		if !flow.NewSemantics([]string{one}).Discards(one) {
			t.Fatalf("%q is not %q", one, one)
		}
	})
}

func TestDates(t *testing.T) {
	for _, bad := range []string{"", "2026-02-30", "2026-1-5", "05.01.2026", "2026-01-05T00:00"} {
		if d, err := flow.ParseDate(bad); err == nil {
			t.Errorf("%q is taken as %v", bad, d)
		}
	}
	d, err := flow.ParseDate("2026-03-29")
	if err != nil {
		t.Fatal(err)
	}
	zurich, err := time.LoadLocation("Europe/Zurich")
	if err != nil {
		t.Fatal(err)
	}
	if length := d.End(zurich).Sub(d.Start(zurich)); length != 23*time.Hour {
		t.Errorf("the day on which summer time begins has %v", length)
	}
	if got := d.AddDays(3).String(); got != "2026-04-01" {
		t.Errorf("three days later: %s", got)
	}
	if n := d.AddDays(400).Sub(d); n != 400 {
		t.Errorf("400 days later lies %d days away", n)
	}
}
