package syncer_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/flow"
	"plumbline/internal/syncer"
)

// hearingDesk is a desk whose goals report by a field of two epics, of which
// the site has one more under an older key.
func hearingDesk(t *testing.T, field string) (d *desk, asked *[]string) {
	t.Helper()
	d, asked = newDesk(t, newSite(1, 60)), new([]string)
	d.said = map[flow.IssueID][]flow.Saying{1003: {{At: d.now, Known: true, Value: 40}}}
	epics := []string{d.issues[1003].Now.Key, d.issues[1006].Now.Key, "GONE-1"}
	d.o.Reported = func() []syncer.Reported {
		return []syncer.Reported{{Field: field, Epics: epics, Goals: []string{"a", "b"}}}
	}
	d.fails = func(what string) error {
		if strings.HasPrefix(what, "hear") {
			*asked = append(*asked, what)
		}
		return nil
	}
	return d, asked
}

func (d *desk) saidBy(field string) map[flow.IssueID][]flow.Saying {
	d.tb.Helper()
	all, err := d.store.Said("acme", field)
	if err != nil {
		d.tb.Fatal(err)
	}
	out := map[flow.IssueID][]flow.Saying{}
	for _, s := range all {
		out[s.ID] = s.History
	}
	return out
}

func TestAFieldIsHeardOfTheEpicsThatHaveChanged(t *testing.T) {
	d, asked := hearingDesk(t, "Progress")
	d.must(syncer.Full)
	d.now = d.now.Add(time.Hour)
	d.must(syncer.Incremental)
	d.must(syncer.AgileOnly)
	if diff := cmp.Diff([]string{"hear Progress of [1003 1006]"}, *asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	want := map[flow.IssueID][]flow.Saying{1003: d.said[1003], 1006: nil}
	if diff := cmp.Diff(want, d.saidBy("Progress")); diff != "" {
		t.Errorf("said (-want +got):\n%s", diff)
	}
	*asked, d.said[1006] = nil, []flow.Saying{{At: d.now, Known: true, Value: 7, Percent: true}, {At: d.now.Add(time.Minute)}}
	d.edit(d.issues[1006])
	d.edit(d.issues[1009])
	d.must(syncer.Incremental)
	if diff := cmp.Diff([]string{"hear Progress of [1006]"}, *asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(d.said, d.saidBy("Progress")); diff != "" {
		t.Errorf("said (-want +got):\n%s", diff)
	}
}

func TestAFieldThatTheSiteDoesNotHaveMakesTheRunPartial(t *testing.T) {
	d, _ := hearingDesk(t, "Progres")
	for _, kind := range []syncer.Kind{syncer.Full, syncer.Incremental} {
		d.now = d.now.Add(time.Hour)
		r, err := d.sync(kind)
		want := []string{"the field by which goal a, b reports can't be read: there is no field Progres (mend reported.field in the goals file)"}
		if diff := cmp.Diff(want, r.Reasons); diff != "" || err != nil || r.Result != syncer.Partial {
			t.Errorf("%+v, %v:\n%s", r, err, diff)
		}
		if cp := d.checkpoint(); !cp.Watermark.Equal(d.now) || !cp.LastSuccess.Equal(d.now) {
			t.Errorf("the watermark is at %s and the last success at %s, want %s: every issue was read", cp.Watermark, cp.LastSuccess, d.now)
		}
	}
}

func TestAFailureOfAFieldIsTriedAgain(t *testing.T) {
	d, asked := hearingDesk(t, "Progress")
	note, broken := d.fails, errors.New("connection reset")
	d.fails = func(what string) error {
		if err := note(what); err != nil || !strings.HasPrefix(what, "hear") {
			return err
		}
		return broken
	}
	if r, err := d.sync(syncer.Full); !errors.Is(err, broken) || r.Result != syncer.Partial || r.New != 60 {
		t.Errorf("%+v, %v", r, err)
	}
	d.fails = note
	d.now = d.now.Add(time.Hour)
	d.must(syncer.Incremental)
	if len(*asked) != 2 || len(d.saidBy("Progress")) != 2 {
		t.Errorf("asked %v; said %v", *asked, d.saidBy("Progress"))
	}
}
