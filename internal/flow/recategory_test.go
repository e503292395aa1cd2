package flow_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"plumbline/internal/flow"
	"plumbline/internal/flow/flowtest"
)

// recategorised is the catalogue of a site whose administrator counted reviews
// as done from February on.
func recategorised(t *testing.T) *flow.Catalog {
	c := flowtest.Catalog()
	review := c.Statuses[flowtest.Review]
	review.Category = flow.Done
	c.Statuses[flowtest.Review] = review
	c.Was = map[string][]flow.Categorised{flowtest.Review: {{Category: flow.InProgress, Until: flowtest.At(t, "2026-02-01")}}}
	return c
}

func TestAStatusHasTheCategoryThatItHadThen(t *testing.T) {
	left := flowtest.New(t, "PAY-1", "2026-01-05").Moves("2026-01-06", flowtest.Review).Moves("2026-01-20", flowtest.Doing).Issue()
	stays := flowtest.New(t, "PAY-2", "2026-01-05").Moves("2026-01-06", flowtest.Review).Issue()
	comes := flowtest.New(t, "PAY-3", "2026-01-05").Moves("2026-02-06", flowtest.Review).Issue()
	born := flowtest.New(t, "PAY-4", "2026-01-05").Issue()
	born.Now.Status, born.Now.Category = flow.Named{ID: flowtest.Review, Name: flowtest.Review}, flow.InProgress // read before February
	for _, c := range []struct {
		name  string
		issue *flow.Issue
		want  []string
	}{
		{"one that left it before", left, []string{"2026-01-05 To Do To Do", "2026-01-06 Review In Progress", "2026-01-20 Doing In Progress"}},
		{"one that stands in it", stays, []string{"2026-01-05 To Do To Do", "2026-01-06 Review In Progress", "2026-02-01 Review Done"}},
		{"one that comes to it later", comes, []string{"2026-01-05 To Do To Do", "2026-02-06 Review Done"}},
		{"one that was born in it, and not read since", born, []string{"2026-01-05 Review In Progress", "2026-02-01 Review Done"}},
	} {
		tl := flow.NewTimeline(c.issue, recategorised(t))
		var got []string
		for span, st := range tl.SpansOf(1 << flow.FieldStatus) {
			got = append(got, span.From.Format("2006-01-02")+" "+st.Status.Name+" "+st.Category.String())
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
		if len(tl.Defects) > 0 {
			t.Errorf("%s: a change of the workflow is no defect of the changelog: %v", c.name, tl.Defects)
		}
		for _, change := range tl.Changes() {
			if implied := change.History == 0; implied != change.Recategorised() || implied != change.Bot {
				t.Errorf("%s: %+v", c.name, change)
			}
		}
	}
}

func TestARecategorisationAfterAnIssueWasGoneIsNotOfItsLife(t *testing.T) {
	i := flowtest.New(t, "PAY-2", "2026-01-05").Moves("2026-01-06", flowtest.Review).Gone("2026-01-30").Issue()
	for span, st := range flow.NewTimeline(i, recategorised(t)).Spans() {
		if st.Category == flow.Done {
			t.Errorf("it is done from %s on", span.From)
		}
	}
}
