package store

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"plumbline/internal/flow"
)

func TestAnIssueIsReadAsItWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := newEncoder([]string{""})
		for range 3 {
			given := genIssue.Draw(t, "issue")
			data, err := e.encode(&given)
			mustDo(t, err)
			got, err := decodeIssue(data, given.Site, given.ID, e.names)
			mustDo(t, err)
			if diff := cmp.Diff(&given, got, cmpopts.EquateNaNs()); diff != "" {
				t.Fatalf("written (-) and read (+) differ:\n%s", diff)
			}
			again, err := e.encode(got)
			mustDo(t, err)
			if !bytes.Equal(again, slices.Clone(data)) {
				t.Fatal("the issue that was read is encoded otherwise")
			}
		}
	})
}

func TestNamesThatDoNotFitTheBookAreWrittenOut(t *testing.T) {
	long := strings.Repeat("long ", 60)
	i := anIssue(1, "PAY-1")
	i.Now.Status.Name = long
	i.Now.Labels = []string{long, long}
	e := newEncoder([]string{""})
	data, err := e.encode(&i)
	mustDo(t, err)
	if slices.Contains(e.names, long) {
		t.Error("the book took a name of 300 bytes")
	}
	if n := bytes.Count(data, []byte(long)); n != 1 {
		t.Errorf("the name is written %d times, want once", n)
	}
	got, err := decodeIssue(data, "acme", 1, e.names)
	mustDo(t, err)
	if diff := cmp.Diff(&i, got); diff != "" {
		t.Error(diff)
	}
}

func TestWhatCannotBeEncodedIsRefused(t *testing.T) {
	for name, change := range map[string]func(*flow.Issue){
		"a time beyond all calendars":  func(i *flow.Issue) { i.Created = time.UnixMilli(maxTime + 1) },
		"a presence that there is not": func(i *flow.Issue) { i.GoneAs = flow.Unconfirmed + 1 },
		"a field without a number":     func(i *flow.Issue) { i.Changes = []flow.Change{{Field: 32}} },
	} {
		t.Run(name, func(t *testing.T) {
			i := anIssue(7, "PAY-7")
			change(&i)
			if _, err := newEncoder([]string{""}).encode(&i); err == nil || !strings.Contains(err.Error(), "issue 7") {
				t.Errorf("got %v, want an error that names issue 7", err)
			}
		})
	}
}

func TestBrokenValuesAreRefusedWithTheirPlace(t *testing.T) {
	i := sampleIssue()
	e := newEncoder([]string{""})
	data, err := e.encode(&i)
	mustDo(t, err)
	whole := slices.Clone(data)
	for n := range whole {
		_, err := decodeIssue(whole[:n], "acme", 42, e.names)
		var bad *DecodeError
		if !errors.As(err, &bad) || bad.ID != 42 || bad.Offset > n {
			t.Fatalf("cut to %d of %d bytes: got %v, want an error at a byte of issue 42", n, len(whole), err)
		}
	}
	if _, err := decodeIssue(append(slices.Clone(whole), 0), "acme", 42, e.names); err == nil {
		t.Error("a byte too much was taken")
	}
	if _, err := decodeIssue(whole, "acme", 42, e.names[:2]); err == nil {
		t.Error("names that the store does not have were taken")
	}
	whole[0] = 9
	want := `read issue 42 of site "acme": byte 1: version 9 of the encoding is not known`
	if _, err := decodeIssue(whole, "acme", 42, e.names); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func FuzzDecodeIssue(f *testing.F) {
	e := newEncoder([]string{""})
	i := sampleIssue()
	data, err := e.encode(&i)
	mustDo(f, err)
	f.Add(slices.Clone(data))
	i.Gone, i.GoneAs = at("2026-07-01T00:00:00Z"), flow.OutOfScope
	data, err = e.encode(&i)
	mustDo(f, err)
	f.Add(slices.Clone(data))
	f.Add([]byte{codecVersion, 0})
	f.Add([]byte{codecVersion, 0xff, 0xff, 0xff, 0xff, 0x7f})
	names := slices.Clip(e.names)
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := decodeIssue(data, "acme", 1, names)
		held, headErr := decodeHeld(data, "acme", 1, names)
		if err != nil {
			if got != nil {
				t.Fatal("an error came with an issue")
			}
			return
		}
		if headErr != nil || held.Project != got.Now.Project || !held.Updated.Equal(got.Updated) || (held.As == flow.Present) != (got.Gone.IsZero() && got.GoneAs == 0) {
			t.Fatalf("its beginning reads as %+v, %v", held, headErr)
		}
		if len(got.Changes)+len(got.Links)+len(got.Now.Labels) > len(data) {
			t.Fatalf("%d bytes became %d changes", len(data), len(got.Changes))
		}
		// What was taken is an issue like any other.
		e := newEncoder(names)
		again, err := e.encode(got)
		mustDo(t, err)
		back, err := decodeIssue(again, "acme", 1, e.names)
		mustDo(t, err)
		if diff := cmp.Diff(got, back, cmpopts.EquateNaNs()); diff != "" {
			t.Fatal(diff)
		}
	})
}

// sampleIssue has something of everything, and twelve changes.
func sampleIssue() flow.Issue {
	i := anIssue(4711, "PAY-123")
	i.Summary = "The checkout answers too slowly when the cart holds many positions"
	i.Updated = at("2026-06-01T10:11:12Z")
	i.Resolved = at("2026-06-01T10:11:12Z")
	s := &i.Now
	s.Status, s.Category = flow.Named{ID: "5", Name: "Done"}, flow.Done
	s.Resolution = flow.Named{ID: "1", Name: "Fixed"}
	s.Epic = flow.Ref{ID: 4000, Key: "PAY-12"}
	s.FixVersions, s.Labels = []string{"10300"}, []string{"latency", "p95"}
	s.Priority = flow.Named{ID: "3", Name: "Major"}
	s.Assignee = 0xdeadbeefcafe
	s.Estimate, s.Estimated = 3, true
	s.Due = flow.Date{Year: 2026, Month: 6, Day: 30}
	i.Links = []flow.Link{{Type: "Blocks", Description: "is blocked by", Other: flow.Ref{ID: 4712, Key: "PAY-124"}}}
	fields := []flow.Field{
		flow.FieldStatus, flow.FieldAssignee, flow.FieldFixVersion, flow.FieldRank, flow.FieldStatus, flow.FieldOther,
		flow.FieldPriority, flow.FieldEpic, flow.FieldLabels, flow.FieldStatus, flow.FieldStatus, flow.FieldResolution,
	}
	for n, f := range fields {
		c := flow.Change{
			At: i.Created.Add(time.Duration(n/2) * 31 * time.Hour), History: uint64(9_000_000 + 1_234*(n/2)), Item: n % 2,
			Author: flow.Pseudonym(0xabcdef00 + uint64(n%5)), Field: f,
		}
		switch f {
		case flow.FieldRank, flow.FieldOther:
		case flow.FieldEpic:
			c.To = flow.Named{ID: "4000", Name: "PAY-12"}
		case flow.FieldLabels:
			c.From.Name, c.To.Name = "p95", "latency p95"
		default:
			c.From, c.To = flow.Named{ID: "1", Name: "Open"}, flow.Named{ID: "3", Name: "In Progress"}
		}
		i.Changes = append(i.Changes, c)
	}
	i.Histories, i.Announced = 6, 6
	return i
}

func BenchmarkDecode(b *testing.B) {
	i := sampleIssue()
	e := newEncoder([]string{""})
	data, err := e.encode(&i)
	mustDo(b, err)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := decodeIssue(data, "acme", 4711, e.names); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(data)), "bytes/issue")
}

func BenchmarkEncode(b *testing.B) {
	i := sampleIssue()
	e := newEncoder([]string{""})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.encode(&i); err != nil {
			b.Fatal(err)
		}
	}
}
