package jirasim

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"
)

func FuzzATokenIsReadOrRefused(f *testing.F) {
	f.Add(cursor{Query: 7, At: 1, Issued: 2, Page: 3, Last: 4, History: 5, HistoryAt: 6}.seal())
	f.Add("")
	f.Add("AAAAAAAAAAAA")
	f.Fuzz(func(t *testing.T, token string) {
		k, ok := unseal(token)
		if !ok {
			return
		}
		if again, ok := unseal(k.seal()); !ok || again != k {
			t.Errorf("token of %+v reads as %+v", k, again)
		}
	})
}

func FuzzASprintIsReadOrPassedOver(f *testing.F) {
	f.Add([]byte(`["com.atlassian.greenhopper.service.sprint.Sprint@1[id=1,rapidViewId=2,state=CLOSED,name=a, b=[c],startDate=<null>]"]`))
	f.Add([]byte(`[{"id":7,"name":"x","state":"active","boardId":3}]`))
	f.Add([]byte(`{"id":"8"}`))
	f.Add([]byte(`["com.atlassian.greenhopper.service.sprint.Sprint@[id=,id=]"]`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if !json.Valid(raw) {
			return
		}
		for _, s := range sprintsOf(raw) {
			if s.id == 0 || !json.Valid(encode(s.json(0, "boardId"))) {
				t.Errorf("sprint %+v", s)
			}
		}
	})
}

func FuzzAValueIsConverted(f *testing.F) {
	w := &World{byID: map[uint64]*issue{}, catalog: newCatalog(), fields: newFieldSet()}
	f.Add([]byte(`[{"displayName":"Mia","name":"mia","key":1},{"subtask":true,"id":7}]`))
	f.Add([]byte(`{"displayName":null,"accountId":[]}`))
	f.Add([]byte(`"a text\nin lines"`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if !json.Valid(raw) {
			return
		}
		c := newCloudShape(w, false)
		for _, made := range []json.RawMessage{c.convert(raw), adf(raw)} {
			if !json.Valid(made) {
				t.Errorf("%s became %s", raw, made)
			}
		}
		linkedKey(raw)
	})
}

// TestASprintSurvivesTheTextOfDataCenter: what a Data Center writes of a
// sprint is read back as it was.
func TestASprintSurvivesTheTextOfDataCenter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := sprint{
			id: rapid.Uint64Range(1, 1<<40).Draw(t, "id"), board: rapid.Uint64Range(1, 99).Draw(t, "board"), state: "active",
			name:  rapid.StringMatching(`[A-Za-z0-9 ,\[\]]{0,20}`).Draw(t, "name"),
			goal:  rapid.StringMatching(`[A-Za-z0-9 ,\[\]]{0,20}`).Draw(t, "goal"),
			start: 1700000000000, end: 1700000001000,
		}
		got := sprintsOf(encode([]string{s.text(1800000000000)}))
		if len(got) != 1 || got[0] != s {
			t.Errorf("got %+v, want %+v", got, s)
		}
	})
}
