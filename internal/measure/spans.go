package measure

import "plumbline/internal/flow"

// spansOf returns while the issue was in such a state, of which its outcome alone
// may be asked.
func spansOf(t *flow.Timeline, such func(*flow.State) bool) flow.Spans {
	var out flow.Spans
	for span, st := range t.SpansOf(flow.OutcomeFields) {
		if such(st) {
			out = out.Append(span)
		}
	}
	return out
}
