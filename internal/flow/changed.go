package flow

// Changed is an issue that was stored anew: as it was held before, and as it
// is held now. Neither must be changed.
type Changed struct {
	Before *Issue // nil where the issue was not held before
	After  *Issue
}
