package measure

import (
	"math"
	"slices"
)

// Scores say how well a group of containers was told (MEASURES §3.3). Errors
// are in points of completion over 100; each container weighs the same,
// however many snapshots it has, but for Overstated and Bands, where each
// snapshot does.
type Scores struct {
	Group      string `json:"group"`
	Containers int    `json:"containers"`
	Snapshots  int    `json:"snapshots"`

	Naive     Errors            `json:"naive"`
	Estimate  Errors            `json:"estimate"`
	ByMethod  map[string]Errors `json:"by_method"`
	MAERatio  Ranged            `json:"mae_ratio"`  // of the estimate's to the naive one
	RMSERatio Ranged            `json:"rmse_ratio"` // likewise
	// CRPS is over the naive MAE; CRPSDelivered over that of an interval
	// around the delivered share.
	CRPS          Ranged `json:"crps_ratio"`
	CRPSDelivered Ranged `json:"crps_to_delivered_ratio"`
	Coverage      Ranged `json:"coverage"`
	Width         Ranged `json:"width"`

	// BySnapshot is the same with each snapshot weighing the same.
	BySnapshot SnapshotScores `json:"by_snapshot"`
	// PIT says where in its predictive distribution the truth lay: the share
	// of the containers' snapshots in each tenth of it, which is a tenth where
	// the distributions are right (MEASURES §3.3).
	PIT []float64 `json:"pit"`

	Overstated Probability `json:"overstated"`
	Finish     []Horizon   `json:"finish"`
	Bands      []Band      `json:"bands"`
}

// SnapshotScores are scores over snapshots that all weigh the same.
type SnapshotScores struct {
	NaiveMAE  float64 `json:"naive_mae"`
	MAERatio  float64 `json:"mae_ratio"`
	RMSERatio float64 `json:"rmse_ratio"`
	Bias      float64 `json:"bias"`
	CRPS      float64 `json:"crps_ratio"`
	Coverage  float64 `json:"coverage"`
	Width     float64 `json:"width"`
}

// Errors are those of one way to tell.
type Errors struct {
	MAE  float64 `json:"mae"`
	RMSE float64 `json:"rmse"`
	Bias float64 `json:"bias"`
}

// Ranged is a figure with the 90 % interval that a bootstrap over the
// containers gives.
type Ranged struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// Probability scores one: against the base rate of the group itself.
type Probability struct {
	Cases int      `json:"cases"`
	Base  float64  `json:"base_rate"`
	Told  float64  `json:"told"` // mean of what was told
	Brier float64  `json:"brier"`
	Skill float64  `json:"brier_skill"`
	ECE   float64  `json:"ece"`
	AUC   *float64 `json:"auc,omitempty"` // nil where all came out the same way
}

// Horizon scores the probability to finish within so many days. Every container
// weighs the same, but for BySnapshot.
type Horizon struct {
	Days int `json:"days"`
	// Closed is over containers that have closed, before they had finished.
	Closed Probability `json:"closed"`
	// All is over those and over containers that are still open past the
	// horizon, which had not finished.
	All Probability `json:"all"`
	// BySnapshot is Closed with each snapshot weighing the same, so that a
	// container that slept for years weighs a hundred times one of a month.
	BySnapshot Probability `json:"closed_by_snapshot"`
	// ByMethod is Closed by every way to tell.
	ByMethod []FinishMethod `json:"by_method"`
}

// FinishMethod scores a way to tell the probability to finish.
type FinishMethod struct {
	Name string `json:"name"`
	Probability
}

// Band is how it came out where Jira showed between From and To.
type Band struct {
	From      float64 `json:"from"`
	To        float64 `json:"to"`
	Snapshots int     `json:"snapshots"`
	Truth     float64 `json:"truth"`  // mean
	Median    float64 `json:"median"` // mean estimate
	Coverage  float64 `json:"coverage"`
	// Over is the share in which the truth was more than 15 points lower.
	Over float64 `json:"over"`
}

// lifeError is what one container adds to a group's scores.
type lifeError struct {
	naive, estimate Errors // RMSE holds the mean square
	each            [numMethods]Errors
	crps, delivered float64
	coverage, width float64
	pit             [pitBins]float64
	snapshots       int
	family          int // of a goal; 0 for a container, which is its own
}

// pitBins are the bins of the histogram of the truth's place in what was told.
const pitBins = 10

func meanErrors(l *Life) lifeError {
	e := lifeError{snapshots: len(l.Told), family: l.family}
	n := float64(len(l.Told))
	for k := range l.Told {
		t := &l.Told[k]
		e.naive.add(t.Naive()-t.Truth, n)
		e.estimate.add(t.Estimate.Median-t.Truth, n)
		for m, x := range t.Estimate.each {
			e.each[m].add(x-t.Truth, n)
		}
		for k, share := range t.place {
			e.pit[k] += share / n
		}
		e.crps += t.CRPS / n
		e.delivered += t.CRPSDelivered / n
		e.width += (t.Estimate.Upper - t.Estimate.Lower) / n
		if t.Estimate.holds(t.Truth) {
			e.coverage += 1 / n
		}
	}
	return e
}

func (e *Errors) add(miss, n float64) {
	e.MAE += math.Abs(miss) / n
	e.RMSE += miss * miss / n
	e.Bias += miss / n
}

func (e *Errors) join(o Errors, weight float64) {
	e.MAE += o.MAE * weight
	e.RMSE += o.RMSE * weight
	e.Bias += o.Bias * weight
}

// pool averages containers, each as often as it was drawn.
func pool(all []lifeError, drawn []int) lifeError {
	var e lifeError
	total := 0
	for _, n := range drawn {
		total += n
	}
	for k := range all {
		w := float64(drawn[k]) / float64(max(1, total))
		e.naive.join(all[k].naive, w)
		e.estimate.join(all[k].estimate, w)
		for m := range e.each {
			e.each[m].join(all[k].each[m], w)
		}
		for b := range e.pit {
			e.pit[b] += w * all[k].pit[b]
		}
		e.crps += w * all[k].crps
		e.delivered += w * all[k].delivered
		e.coverage += w * all[k].coverage
		e.width += w * all[k].width
	}
	return e
}

// scoreSnapshots pools containers by how many snapshots they have.
func scoreSnapshots(all []lifeError) SnapshotScores {
	drawn := make([]int, len(all))
	for k := range all {
		drawn[k] = all[k].snapshots
	}
	e := pool(all, drawn)
	r := e.ratios()
	return SnapshotScores{
		NaiveMAE: e.naive.MAE, MAERatio: r[0], RMSERatio: r[1], Bias: e.estimate.Bias, CRPS: r[2], Coverage: e.coverage, Width: e.width,
	}
}

func (e Errors) rooted() Errors { return Errors{e.MAE, math.Sqrt(e.RMSE), e.Bias} }

// ratios are the figures of Scores that have a range, in its order.
func (e *lifeError) ratios() [6]float64 {
	return [6]float64{
		over(e.estimate.MAE, e.naive.MAE), over(math.Sqrt(e.estimate.RMSE), math.Sqrt(e.naive.RMSE)),
		over(e.crps, e.naive.MAE), over(e.crps, e.delivered), e.coverage, e.width,
	}
}

// over is a ratio that is 1 where both are nothing.
func over(a, b float64) float64 {
	if b == 0 {
		if a == 0 {
			return 1
		}
		return math.MaxFloat32
	}
	return a / b
}

const (
	bootstraps    = 1000
	bootstrapSeed = 6
)

// Score scores the containers that have ended and that the group has.
func (r *Replay) Score(group string, has func(*Life) bool) Scores {
	s := Scores{Group: group, ByMethod: map[string]Errors{}}
	var all []lifeError
	var told []*Told
	for k := range r.Lives {
		l := &r.Lives[k]
		if l.End == nil || len(l.Told) == 0 || !has(l) {
			continue
		}
		all = append(all, meanErrors(l))
		for i := range l.Told {
			told = append(told, &l.Told[i])
		}
	}
	s.Containers, s.Snapshots = len(all), len(told)
	s.Finish = r.scoreFinish(has)
	if len(all) == 0 {
		return s
	}
	s.setErrors(all)
	s.Overstated = scoreProbability(told, nil, func(t *Told) (float64, bool) {
		return t.Estimate.Overstated, overstated(t.Naive(), t.Truth)
	})
	s.Bands = bands(told)
	return s
}

func (s *Scores) setErrors(all []lifeError) {
	once := make([]int, len(all))
	for k := range once {
		once[k] = 1
	}
	e := pool(all, once)
	s.PIT = e.pit[:]
	s.BySnapshot = scoreSnapshots(all)
	s.Naive, s.Estimate = e.naive.rooted(), e.estimate.rooted()
	for m := range numMethods {
		s.ByMethod[m.String()] = e.each[m].rooted()
	}
	families := familiesOf(all)
	var draws [6][]float64
	random := splitMix(bootstrapSeed)
	for range bootstraps {
		clear(once)
		for range families {
			for _, k := range families[random.below(len(families))] {
				once[k]++
			}
		}
		drawn := pool(all, once)
		for k, v := range drawn.ratios() {
			draws[k] = append(draws[k], v)
		}
	}
	for k, into := range []*Ranged{&s.MAERatio, &s.RMSERatio, &s.CRPS, &s.CRPSDelivered, &s.Coverage, &s.Width} {
		slices.Sort(draws[k])
		*into = Ranged{e.ratios()[k], draws[k][bootstraps/20], draws[k][bootstraps-1-bootstraps/20]}
		if len(families) == 1 { // of whose like nothing is known
			into.Low, into.High = 0, mostOf(k)
		}
	}
}

// mostOf is the most that the k-th of the ratios can be: those to another error
// know no bound.
func mostOf(k int) float64 {
	if k < 4 {
		return math.MaxFloat32
	}
	return 1
}

// familiesOf lists what is drawn together: each container by itself, goals with
// those whose work is in part their own.
func familiesOf(all []lifeError) [][]int {
	var out [][]int
	at := map[int]int{}
	for k := range all {
		n, met := at[all[k].family]
		if all[k].family == 0 || !met {
			n = len(out)
			out, at[all[k].family] = append(out, nil), n
		}
		out[n] = append(out[n], k)
	}
	return out
}

// bands answers "is 70 % really 70 %?".
func bands(told []*Told) []Band {
	edges := []float64{0, 0.3, 0.5, 0.65, 0.8, 0.95, 1.01}
	var out []Band
	for k := range len(edges) - 1 {
		b := Band{From: edges[k], To: min(1, edges[k+1])}
		for _, t := range told {
			if x := t.Naive(); x < edges[k] || x >= edges[k+1] {
				continue
			}
			b.Snapshots++
			b.Truth += t.Truth
			b.Median += t.Estimate.Median
			if t.Estimate.holds(t.Truth) {
				b.Coverage++
			}
			if overstated(t.Naive(), t.Truth) {
				b.Over++
			}
		}
		if n := float64(b.Snapshots); n > 0 {
			b.Truth, b.Median, b.Coverage, b.Over = b.Truth/n, b.Median/n, b.Coverage/n, b.Over/n
			out = append(out, b)
		}
	}
	return out
}
