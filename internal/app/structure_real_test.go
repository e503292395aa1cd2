package app_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"plumbline/internal/config"
	"plumbline/internal/measure"
	"plumbline/internal/syncer"
)

func TestAeroGearStructureWorkedByHand(t *testing.T) {
	// Worked out from the raw file by a separate script: who was in the version
	// when, the visits of the two statuses, the assignees, and the types. No
	// label says debt there; Enhancements stand for it.
	s := openWith(t, aerogear(t), at(t, "2016-01-01 00:00"), func(c *config.Config) {
		c.Semantics.ActiveStatuses, c.Semantics.WaitingStatuses = []string{"Coding In Progress"}, []string{"Pull Request Sent"}
		c.Semantics.Debt = config.Match{IssueTypes: []string{"Enhancement"}}
	})
	s.sync(t, syncer.Full)
	for _, c := range []struct {
		goal, at      string
		efficiency    *float64
		time          *measure.FlowTime
		concentration *float64
		debt          measure.Parts
		created       measure.Windows
		retired       measure.Windows
	}{
		{
			// AEROGEAR-10 and 76 alone were ever in progress: nothing tells of which category "Pull Request Sent" was.
			"m2", "2012-02-24 00:00", ptr(1.0), &measure.FlowTime{Issues: 2, ActiveSeconds: 124827, Coverage: 1},
			nil, measure.Parts{ToDo: 2}, measure.Windows{Days28: 2, Days90: 2}, measure.Windows{},
		},
		{
			// AEROGEAR-23 lay open again for 3.8 days of its 9.7.
			"m1", "2012-02-01 00:00", ptr(1.0),
			&measure.FlowTime{Issues: 4, ActiveSeconds: 639040, UnknownSeconds: 326978, Coverage: 639040.0 / (639040 + 326978)},
			nil, measure.Parts{}, measure.Windows{}, measure.Windows{},
		},
		{
			// AEROGEAR-71, 163 and 195 waited two weeks each for their pull request. Five people hold all of 21.
			"m3", "2012-05-01 00:00", ptr(608471.0 / (608471 + 3852883)),
			&measure.FlowTime{Issues: 5, ActiveSeconds: 608471, WaitingSeconds: 3852883, UnknownSeconds: 2971287, Coverage: 4461354.0 / (4461354 + 2971287)},
			ptr(12.0 / 21), measure.Parts{Delivered: 7}, measure.Windows{Days90: 7}, measure.Windows{Days28: 5, Days90: 7},
		},
	} {
		t.Run(c.goal, func(t *testing.T) {
			snapshot, err := s.SnapshotAt(t.Context(), at(t, c.at))
			if err != nil {
				t.Fatal(err)
			}
			g, _ := snapshot.Goal("aerogear-1-0-0-" + c.goal)
			whole := cmpopts.EquateApprox(0, 3) // seconds: Jira counts in thousandths
			if d := cmp.Diff(c.time, g.FlowTime, whole); d != "" {
				t.Errorf("time (-want +got):\n%s", d)
			}
			if d := cmp.Diff([]*float64{c.efficiency, c.concentration}, []*float64{g.FlowEfficiency, g.Concentration}, cmpopts.EquateApprox(0, 1e-5)); d != "" {
				t.Errorf("flow efficiency and concentration (-want +got):\n%s", d)
			}
			if g.Debt == nil || g.Debt.Issues != c.debt || g.Debt.Created != c.created || g.Debt.Retired != c.retired {
				t.Errorf("debt is %+v, want %+v, created %+v, retired %+v", g.Debt, c.debt, c.created, c.retired)
			}
		})
	}
}
