package jira

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/flow"
	"plumbline/internal/jirasim"
)

// aboves tells what lay directly above each issue, and from when on, by keys.
func aboves(issues map[flow.IssueID]flow.Issue) map[string][]string {
	all := make(map[string][]string, len(issues))
	for id := range issues {
		i := issues[id]
		var held []string
		last := "?"
		for span, st := range flow.NewTimeline(&i, nil).Spans() {
			if above := st.Above().Key; above != last {
				held = append(held, fmt.Sprintf("%s %s", span.From.Format(time.RFC3339), above))
				last = above
			}
		}
		all[i.Now.Key] = held
	}
	return all
}

func TestACloudWithEpicLinksOfOldTellsTheSameOfWhatLiesAboveAsOneWithParentsAlone(t *testing.T) {
	company := jirasim.NewCompany(1, time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC))
	w, err := jirasim.LoadDump(bytes.NewReader(bytes.Join(company.Issues, []byte("\n"))))
	if err != nil {
		t.Fatal(err)
	}
	var want map[string][]string
	for _, o := range []jirasim.Options{{}, {Flavour: jirasim.Cloud}, {Flavour: jirasim.Cloud, LegacyParents: true}} {
		c, _ := simulated(t, w, o, simAuth)
		issues, problems, err := read(c)
		if err != nil || len(problems) > 0 {
			t.Fatalf("%+v: %v, %+v", o, err, problems)
		}
		switch got := aboves(issues); {
		case want == nil:
			want = got
		default:
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("legacy %v: what lay above differs from Data Center's (-want +got):\n%.2000s", o.LegacyParents, diff)
			}
		}
	}
	moved := 0
	for _, held := range want {
		if len(held) > 1 {
			moved++
		}
	}
	if moved == 0 {
		t.Error("no issue was ever put below another: this world tells nothing")
	}
}

func TestAStoryThatBecomesASubtaskOnCloudEndsBelowItsStory(t *testing.T) {
	const gone = `{"field":"Epic Link","fieldtype":"custom","from":"5","fromString":"PAY-5","to":null,"toString":null}`
	const given = `{"field":"IssueParentAssociation","fieldtype":"jira","from":"5","fromString":"PAY-5","to":"7","toString":"PAY-7"}`
	for _, items := range []string{gone + "," + given, given + "," + gone} {
		d := testDecoder(nil)
		d.oneParent = true
		out := d.issue([]byte(issueJSON(`"parent":{"id":"7","key":"PAY-7"}`,
			`{"total":1,"histories":[{"id":"1","created":"2026-01-20T00:00:00.000+0000","items":[`+items+`]}]}`)))
		tl := flow.NewTimeline(&out.issue, nil)
		if len(tl.Defects) > 0 {
			t.Errorf("%s: defects %+v", items, tl.Defects)
		}
		want := []string{"2026-01-02T02:04:05Z PAY-5", "2026-01-20T00:00:00Z PAY-7"}
		if diff := cmp.Diff(want, aboves(map[flow.IssueID]flow.Issue{10: out.issue})["PAY-1"]); diff != "" {
			t.Errorf("%s: what lay above (-want +got):\n%s", items, diff)
		}
	}
}

func TestACloudIssueThatShowsAnEpicLinkAloneLiesBelowThatEpic(t *testing.T) {
	d := testDecoder(&fields{EpicLink: []fieldRef{{ID: "customfield_1"}}})
	d.oneParent = true
	out := d.issue([]byte(issueJSON(`"customfield_1":"PAY-5"`, "")))
	if got := out.issue.Now.Above(); got != (flow.Ref{Key: "PAY-5"}) || !out.issue.Now.Epic.IsZero() {
		t.Errorf("lies below %+v, with the epic %+v", got, out.issue.Now.Epic)
	}
}
