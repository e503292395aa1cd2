package web

import (
	"strings"
	"testing"
	"time"

	"plumbline/internal/syncer"
)

func TestEveryKindOfSyncIsTakenAtItsLastWord(t *testing.T) {
	run := func(minutesAgo int, kind syncer.Kind, result syncer.Result) syncer.Report {
		at := testNow().Add(-time.Duration(minutesAgo) * time.Minute)
		return syncer.Report{Site: "acme", Kind: kind, Result: result, Reasons: []string{"why"}, Started: at, Finished: at}
	}
	const inc, full, census = syncer.Incremental, syncer.Full, syncer.CensusOnly
	for _, c := range []struct {
		name string
		runs []syncer.Report
		want string
	}{
		{"a partial census shows beside complete incremental runs, and after a complete one",
			[]syncer.Report{run(1, inc, syncer.Complete), run(60, census, syncer.Partial), run(1500, census, syncer.Complete)}, "The last census sync of acme, 60 min ago, was partial: why."},
		{"a census that was complete since mends it", []syncer.Report{run(1, census, syncer.Complete), run(60, census, syncer.Partial)}, ""},
		{"what an incremental run missed is read by the full one after it", []syncer.Report{run(1, full, syncer.Complete), run(9, inc, syncer.Failed)}, ""},
		{"not by the full one before it", []syncer.Report{run(1, inc, syncer.Failed), run(9, full, syncer.Complete)}, "The last incremental sync of acme, 1 min ago, failed: why."},
		{"nor by one that is partial", []syncer.Report{run(1, full, syncer.Partial), run(9, inc, syncer.Complete)}, "The last full sync of acme, 1 min ago, was partial: why."},
	} {
		t.Run(c.name, func(t *testing.T) {
			var texts []string
			for _, n := range noticesOf(c.runs, testNow()) {
				texts = append(texts, n.Text)
			}
			got := strings.Join(texts, "\n")
			if c.want == "" && got != "" || !strings.HasPrefix(got, c.want) || strings.Count(got, "\n") > 0 {
				t.Errorf("the pages say %q, want %q", got, c.want)
			}
		})
	}
}
