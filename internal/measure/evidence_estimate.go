package measure

import (
	"fmt"
	"math"
	"time"
)

// The components of evidence that real completion and the forecasts lean on
// (MEASURES §8).
const (
	byReferences  = "reference"
	byCalibration = "calibration"
)

const (
	// priorBears is how far an estimate bears that leans on the containers of
	// others, referenceBears how many like containers of one's own bear half.
	priorBears     = 0.4
	referenceBears = 8
	// coverageMeant is what the interval should hold; calibration is worth
	// nothing coverageOff away from it.
	coverageMeant = 1 - 2*tail
	coverageOff   = 0.3
	// calibratedOver is how many of the last closed containers are looked at.
	calibratedOver = 20
)

// references is how many past containers an estimate leans on, and whose; nil
// where the goal has none.
func references(g *GoalStatus) *Component {
	switch e := g.Estimate; {
	case e == nil:
		return nil
	case e.FromPrior:
		return &Component{byReferences, priorBears, fmt.Sprintf("%d containers of work have closed here, so that other organisations' stand in", e.Own)}
	default:
		return &Component{byReferences, e.Reference / (e.Reference + referenceBears), fmt.Sprintf("the estimate leans on %.0f past containers like this one", e.Reference)}
	}
}

// calibration is how near the interval came to holding the truth four times in
// five; nil where the goal has no estimate, and while too few containers have
// closed to tell.
func (l *ledger) calibration(g *GoalStatus, at time.Time) *Component {
	if g.Estimate == nil {
		return nil
	}
	held, of, ok := l.experience.Model(at).losses.heldLately()
	if !ok {
		return nil
	}
	return &Component{
		byCalibration, 1 - min(1, math.Abs(held-coverageMeant)/coverageOff),
		fmt.Sprintf("the 80 %% interval held %s of the truths of the last %d closed containers", percent(&held), of),
	}
}

// heldLately is the share of the truths of the last closed containers that the
// interval held; false while too few have closed.
func (l *losses) heldLately() (share float64, of int, ok bool) {
	n := int(l.containers)
	if n < minScored {
		return 0, n, false
	}
	of = min(n, calibratedOver)
	for _, held := range l.lately[:of] {
		share += held / float64(of)
	}
	return share, of, true
}
