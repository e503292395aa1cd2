package measure

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
)

func TestWhatMayNotAskAsksNothing(t *testing.T) {
	s := DefaultSettings()
	s.Decisions.Classes = []DecisionClass{
		{Name: "architecture", Match: Match{IssueTypes: []string{"EPIC"}, Labels: []string{"ADR"}}},
		{Name: "approval", Match: Match{Statuses: []string{flowtest.Review}}},
		{Name: "impediment", Match: Match{Flagged: true}},
	}
	deeds := []func(*flowtest.Builder, string){
		func(b *flowtest.Builder, at string) { b.Moves(at, flowtest.Review) },
		func(b *flowtest.Builder, at string) { b.Moves(at, flowtest.Doing) },
		func(b *flowtest.Builder, at string) { b.Labelled(at, "adr", "x") },
		func(b *flowtest.Builder, at string) { b.Labelled(at, "x") },
		func(b *flowtest.Builder, at string) { b.Flagged(at, true) },
		func(b *flowtest.Builder, at string) { b.Flagged(at, false) },
		func(b *flowtest.Builder, at string) { b.BlockedBy(at, "PAY-9") },
		func(b *flowtest.Builder, at string) { b.Unblocked(at, "PAY-9") },
		func(b *flowtest.Builder, at string) { b.Becomes(at, flowtest.Epic(), "") },
		func(b *flowtest.Builder, at string) { b.Becomes(at, flowtest.Task(), "") },
		func(b *flowtest.Builder, at string) { b.Touched(at) },
	}
	nobody := func(string) bool { return false }
	rapid.Check(t, func(t *rapid.T) {
		b := flowtest.New(t, "PAY-2", "2026-01-01")
		for n := range rapid.IntRange(0, 6).Draw(t, "deeds") {
			at := time.Date(2026, 1, 2+n, 0, 0, 0, 0, time.UTC).Format("2006-01-02")
			deeds[rapid.IntRange(0, len(deeds)-1).Draw(t, "deed")](b, at)
		}
		a := newAsker(&s)
		tl := flow.NewTimeline(b.Issue(), flowtest.Catalog())
		if q := newInquiry(tl, a, nobody); q != nil && !a.mayAsk(tl.Issue) {
			t.Fatalf("it was passed over, and asks %+v", q)
		}
	})
}

func TestLinksThatHoldAnIssueUp(t *testing.T) {
	day := func(s string) time.Time { return flowtest.At(t, s) }
	made := func(at, sentence string) flow.Change {
		return flow.Change{At: day(at), Field: flow.FieldLink, To: flow.Named{ID: "PAY-9", Name: sentence}}
	}
	unmade := func(at, sentence string) flow.Change {
		return flow.Change{At: day(at), Field: flow.FieldLink, From: flow.Named{ID: "PAY-9", Name: sentence}}
	}
	link := func(phrase string) flow.Link { return flow.Link{Description: phrase, Other: flow.Ref{Key: "PAY-9"}} }
	for _, c := range []struct {
		name    string
		changes []flow.Change
		links   []flow.Link
		want    flow.Spans
	}{
		{"made and removed", []flow.Change{made("2026-01-03", "This issue is blocked by PAY-9"), unmade("2026-01-07", "This issue is blocked by PAY-9")}, nil,
			flow.Spans{{From: day("2026-01-03"), To: day("2026-01-07")}}},
		{"the other side blocks nothing here", []flow.Change{made("2026-01-03", "This issue blocks PAY-9")}, []flow.Link{link("blocks")}, nil},
		{"there from the creation on, since no item made it", nil, []flow.Link{link("Is blocked by")}, flow.Spans{{From: day("2026-01-01")}}},
		{"removed, and made before there was a changelog", []flow.Change{unmade("2026-01-07", "This issue is blocked by PAY-9")}, nil,
			flow.Spans{{From: day("2026-01-01"), To: day("2026-01-07")}}},
		{"made under the phrase that the link type had then",
			[]flow.Change{made("2026-01-03", "This issue relates to PAY-9"), made("2026-01-05", "This issue depends PAY-9")},
			[]flow.Link{link("relates to"), link("is blocked by")}, flow.Spans{{From: day("2026-01-05")}}},
		{"made twice and removed twice", []flow.Change{
			made("2026-01-03", "This issue is blocked by PAY-9"), made("2026-01-04", "This issue is blocked by PAY-9"),
			unmade("2026-01-05", "This issue is blocked by PAY-9"), unmade("2026-01-06", "This issue is blocked by PAY-9"),
		}, nil, flow.Spans{{From: day("2026-01-03"), To: day("2026-01-05")}}},
		{"another link", []flow.Change{made("2026-01-03", "This issue clones PAY-9")}, []flow.Link{link("clones")}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			i := &flow.Issue{Created: day("2026-01-01"), Changes: c.changes, Links: c.links}
			if d := cmp.Diff(c.want, heldBy(i)["PAY-9"]); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}
