package measure

import "time"

// Explanation says how a goal's figures came about.
type Explanation struct {
	Goal     string             `json:"goal"`
	At       time.Time          `json:"at"`
	Measures []ExplainedMeasure `json:"measures"`
}

// ExplainedMeasure is one figure with everything that it was made from.
type ExplainedMeasure struct {
	Measure string `json:"measure"` // one of Measures: "reported_completion"
	Value   string `json:"value"`   // as it is shown, with its unit; "unknown" with Why otherwise
	Why     string `json:"why,omitempty"`
	Formula string `json:"formula"`
	// Inputs are the numbers that went into the formula, in its order.
	Inputs []ExplainedInput `json:"inputs,omitempty"`
	// Counted are the issues and events behind the figure, LeftOut those that
	// one might expect and that were not counted, each with the reason.
	Counted []Evidence `json:"counted,omitempty"`
	LeftOut []Evidence `json:"left_out,omitempty"`
}

// ExplainedInput is one number of a formula.
type ExplainedInput struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Evidence is an issue, or something that happened to it.
type Evidence struct {
	Site string    `json:"site"`
	Key  string    `json:"key"` // the present key
	At   time.Time `json:"at"`  // when it happened; zero where a state is meant
	What string    `json:"what"`
	Via  string    `json:"via,omitempty"` // the selector by which the issue belongs to the goal
	// Also are the ids of the other goals that the issue belongs to; those
	// above and below the goal are not among them.
	Also []string `json:"also,omitempty"`
}
