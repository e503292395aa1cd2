package flow_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"plumbline/internal/flow"
)

func TestAnIDSetIsASet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ids := rapid.SliceOf(rapid.OneOf(rapid.Uint64Range(1000, 3000), rapid.Uint64())).Draw(t, "ids")
		s, m := make(flow.IDSet), map[uint64]bool{}
		for _, id := range ids {
			if fresh := s.Add(flow.IssueID(id)); fresh == m[id] {
				t.Fatalf("%d is new: %t", id, fresh)
			}
			m[id] = true
		}
		for _, id := range slices.Concat(ids, []uint64{0, 255, 256, 1023, 1024}) {
			if s.Has(flow.IssueID(id)) != m[id] {
				t.Fatalf("%d is in the set: %t", id, s.Has(flow.IssueID(id)))
			}
		}
	})
}
