package store

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/flow"
)

func TestWhatAFieldHasSaidIsKeptByIssue(t *testing.T) {
	s := openTemp(t)
	mustWrite(t, s, anIssue(1, "PAY-1"), anIssue(2, "PAY-2"), anIssue(300, "PAY-3"))
	mustMark(t, s, flow.Absence{ID: 300, As: flow.Deleted, Since: at("2026-03-01T08:00:00Z")})
	speakers := func() []flow.Speaker {
		t.Helper()
		all, err := s.Speakers("acme", "Progress %", []string{"PAY-1", "PAY-2", "PAY-3", "PAY-9"})
		mustDo(t, err)
		return all
	}
	if diff := cmp.Diff([]flow.Speaker{{ID: 1}, {ID: 2}}, speakers()); diff != "" {
		t.Errorf("before (-want +got):\n%s", diff)
	}
	history := []flow.Saying{
		{At: at("2026-01-05T08:00:00Z"), Known: true, Value: 0}, {At: at("2026-01-06T08:00:00Z")},
		{At: at("2026-01-07T08:00:00.123Z"), Known: true, Value: 70.5, Percent: true},
	}
	mustDo(t, s.Hear(t.Context(), "acme", "Progress %", []flow.Said{{ID: 1, History: history[:1]}}))
	mustDo(t, s.Hear(t.Context(), "acme", "Progress %", []flow.Said{{ID: 1, History: history}, {ID: 2}}))
	mustDo(t, s.Hear(t.Context(), "acme", "Progress", []flow.Said{{ID: 2, History: history[:1]}}))
	if diff := cmp.Diff([]flow.Speaker{{ID: 1, Heard: true}, {ID: 2, Heard: true}}, speakers()); diff != "" {
		t.Errorf("after (-want +got):\n%s", diff)
	}
	got, err := s.Said("acme", "Progress %")
	want := []flow.Said{{Site: "acme", Field: "Progress %", ID: 1, History: history}, {Site: "acme", Field: "Progress %", ID: 2}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("said (-want +got), %v:\n%s", err, diff)
	}
	if none, err := s.Said("nowhere", "Progress %"); err != nil || none != nil {
		t.Errorf("said at a site that is not known: %v, %v", none, err)
	}
}

func TestADamagedSayingIsFound(t *testing.T) {
	for name, damage := range map[string]struct{ key, value string }{
		"no JSON":                   {"0001 00000000000000000000000000000000 0000000000000001", "{"},
		"a saying without an issue": {"0001", "[]"},
	} {
		t.Run(name, func(t *testing.T) { mustFind(t, bucketSaid, unhex(t, damage.key), damage.value) })
	}
}
