package measure

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"time"
)

const (
	// otherStretch is k before any container of one's own has closed, where the
	// residuals are those of other organisations. MEASURES §3.2 has 1.2, because
	// leaving whole sets out 1 held 44 to 93 % by set.
	otherStretch = 1.2
	// priorWorth is how many containers of one's own count as much as the
	// prior's residuals; with more, the prior's fade.
	priorWorth = 12
	// priorTrust is how much of what two organisations taught is expected to
	// hold in a third; the rest is "trust Jira". Set by judgement: from so few
	// it cannot be measured.
	priorTrust = 0.5
	// maxFeature is where the edges lie, in deviations, while nothing has been
	// learnt.
	maxFeature = 2.0
	// priorCases is how many cases of one container a prior keeps.
	priorCases = 5
)

// Prior is what is known before there is any history of one's own.
type Prior struct {
	// Source says which containers it was fitted on.
	Source []string `json:"source"`
	// Fitted are the identities of those containers: they must not be judged
	// by it.
	Fitted []uint64 `json:"fitted"`
	// Beta is on the features standardised by the package's centres and scales.
	Beta   []float64 `json:"beta"`
	Finish []float64 `json:"finish"`
	// Low and High are its edges, by feature.
	Low  []float64 `json:"low"`
	High []float64 `json:"high"`
	// Stretch is k of MEASURES §3.2 while nothing is known of one's own.
	Stretch float64 `json:"stretch"`
	// References are cases by logit, log size and log age of the kernel, the
	// residuals of jira, delivered and regression, and the number of the
	// container.
	References [][7]float64 `json:"references"`
}

//go:embed prior.json
var shippedPrior []byte

// ShippedPrior returns the prior that was fitted on two public data sets alone:
// 59 epics and parents of Appcelerator and 7 versions and parents of AeroGear. `plumbline backtest --fit-prior FILE` made it.
func ShippedPrior() *Prior {
	p, err := ParsePrior(shippedPrior)
	if err != nil {
		return NeutralPrior() // a test holds the shipped one to its form
	}
	return p
}

// ParsePrior reads a prior that FitPrior made and that was written as JSON.
func ParsePrior(written []byte) (*Prior, error) {
	var p Prior
	if err := json.Unmarshal(written, &p); err != nil {
		return nil, fmt.Errorf("reading a prior: %w", err)
	}
	return &p, p.check()
}

const (
	// maxReferences and maxMagnitude bound what a prior may hold: what is
	// learnt from containers lies far below both.
	maxReferences = 10_000
	maxMagnitude  = 1000
	maxStretch    = 10.0
)

func (p *Prior) check() error {
	if why := p.flaw(); why != "" {
		return fmt.Errorf("the prior has %s: fit it anew with backtest --fit-prior", why)
	}
	return nil
}

// flaw says what is wrong with the prior; empty where nothing is.
func (p *Prior) flaw() string {
	for _, v := range []struct {
		name string
		is   []float64
		want int
	}{
		{"beta", p.Beta, int(numFeatures)}, {"finish", p.Finish, int(numFinish)},
		{"low", p.Low, int(numFeatures)}, {"high", p.High, int(numFeatures)},
	} {
		if len(v.is) != v.want {
			return fmt.Sprintf("%d numbers in %s, not %d", len(v.is), v.name, v.want)
		}
		if slices.ContainsFunc(v.is, absurd) {
			return fmt.Sprintf("a number beyond ±%d in %s", maxMagnitude, v.name)
		}
	}
	if n := len(p.References); n == 0 || n > maxReferences {
		return fmt.Sprintf("%d references, not 1 to %d", n, maxReferences)
	}
	for k, r := range p.References {
		if slices.ContainsFunc(r[:], absurd) || r[6] < 0 {
			return fmt.Sprintf("a number that cannot be in reference %d", k)
		}
	}
	if !(p.Stretch >= minStretch && p.Stretch <= maxStretch) {
		return fmt.Sprintf("a stretch of %v, not %v to %v", p.Stretch, minStretch, maxStretch)
	}
	for i, sign := range finishSigns() {
		if sign*p.Finish[i] < 0 {
			return fmt.Sprintf("finish %d by which more open work would raise the odds", i)
		}
	}
	if p.Beta[featLogit] < 0 || p.Beta[featSince] > 0 || p.Finish[finHorizon] < minHorizonSlope || p.Finish[finNoOpenH]+p.Finish[finHorizon] < 0.1 {
		return "coefficients by which less done work, or less time, would mean more"
	}
	for i := range p.Low {
		if p.Low[i] > p.High[i] {
			return fmt.Sprintf("edge %d upside down", i)
		}
	}
	return ""
}

func absurd(x float64) bool { return !(math.Abs(x) <= maxMagnitude) }

// NeutralPrior trusts Jira: coefficient 1 on the delivered share, 0 else
// (MEASURES §3.2). That the truth lies within about one on the logit scale,
// four times in five, is a guess that no data stands behind.
func NeutralPrior() *Prior {
	p := &Prior{Beta: make([]float64, numFeatures), Stretch: 1}
	p.Beta[featLogit] = 1
	p.Finish = lastsAsLongAgain()
	p.Finish[finPace] = priorPace
	p.Low, p.High = make([]float64, numFeatures), make([]float64, numFeatures)
	center, scale := scales()
	for i := range numFeatures {
		if bounded(i) {
			p.Low[i], p.High[i] = center[i]-maxFeature*scale[i], center[i]+maxFeature*scale[i]
		}
	}
	for k, r := range []float64{-1.5, -1, -0.5, -0.2, 0, 0.2, 0.5, 1, 1.5} {
		p.References = append(p.References, [7]float64{0, 2.5, 4.5, r, r, r, float64(k)})
	}
	return p
}

func (p *Prior) beta() (v vector) {
	copy(v[:], p.Beta)
	return v
}

func (p *Prior) finish() (v finishBeta) {
	copy(v[:], p.Finish)
	return v
}

// weighted returns the prior's references as they count beside n containers
// of one's own, and how many containers they are of. Those of one container lie
// together.
func (p *Prior) weighted(n int) ([]reference, int) {
	per := map[float64]float64{}
	for _, r := range p.References {
		per[r[6]]++
	}
	out := make([]reference, len(p.References))
	for k, r := range p.References {
		out[k] = reference{
			logit: r[0], size: r[1], age: r[2], container: int32(r[6]),
			residual: [numMethods]float64{byJira: r[3], byDelivered: r[4], byReference: r[4], byRegression: r[5]},
			weight:   priorWorth / float64(priorWorth+n) / per[r[6]],
		}
	}
	slices.SortStableFunc(out, func(a, b reference) int { return cmp.Compare(a.container, b.container) })
	return out, len(per)
}

// standardised brings features to a common scale, by round numbers near their
// means and deviations on the containers that the shipped prior was fitted on.
func standardised(v vector) vector {
	center, scale := scales()
	for i := featSize; i < numFeatures; i++ {
		v[i] = (v[i] - center[i]) / scale[i]
	}
	return v
}

func scales() (center, scale vector) {
	center = vector{featSize: 2.5, featAge: 4.5, featNew30: 0.1, featYounger: 0.3, featGrowth: 0.5, featSince: 3}
	scale = vector{featSize: 0.8, featAge: 1.2, featNew30: 0.2, featYounger: 0.25, featGrowth: 0.7, featSince: 1.3, featNoOpen: 1}
	return center, scale
}

func (p *Prior) edges() edges {
	var e edges
	copy(e.low[:], p.Low)
	copy(e.high[:], p.High)
	return e
}

// identity tells a container from all others.
func (c *Container) identity() uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s %s %d", c.Kind, c.Name, c.begun().Unix())
	return h.Sum64() >> 11 // JSON's numbers are exact to 53 bits
}

// Knows reports whether the prior was fitted on any of the containers.
func (p *Prior) Knows(containers []Container) bool {
	return slices.ContainsFunc(containers, func(c Container) bool {
		return len(c.ledger.entries) > 0 && slices.Contains(p.Fitted, c.identity())
	})
}

// lastsAsLongAgain is what can be said of an end without any data: what has
// lasted so long lasts about as long again, P(T ≤ h) = h ÷ (h + a) (Gott 1993,
// after Lindy). How long it has lasted is told by the age and by the time since
// the last delivery, by their geometric mean: its logit is log h − ½·log age −
// ½·log since.
func lastsAsLongAgain() []float64 {
	beta := make([]float64, numFinish)
	beta[finHorizon], beta[finAge], beta[finSince] = 1, -0.5, -0.5
	beta[finOne] = math.Log(30) - 0.5*finAgeCenter - 0.5*finSinceCenter
	return beta
}

// priorPace is what the pace counts beside that rule, in units of finPaceScale:
// with 1, a third of its logit, as far as it is believed. It is chosen by the
// earlier half of Appcelerator's and AeroGear's containers, of 0, ½ and 1; that
// of a version counts nothing, which Appcelerator's versions say.
const priorPace = 1

// FitPrior fits a prior on all containers that have closed.
func (p *Past) FitPrior(source []string) *Prior {
	neutral := NeutralPrior()
	closed, open := p.replaying().known(p.Until)
	m := fit(closed, open, neutral, p.Until)
	beta := neutral.beta()
	for k := range beta {
		beta[k] += priorTrust * (m.beta[k] - beta[k])
	}
	finish := priorFinish(closed, open, neutral, p.Until)
	out := &Prior{Source: source, Stretch: otherStretch, Beta: rounded(beta[:]), Finish: rounded(finish[:])}
	own := m.references[len(neutral.References):]
	k := 0
	for g := range closed {
		out.Fitted = append(out.Fitted, closed[g].identity())
		n := len(closed[g].lessons)
		for _, i := range evenly(n, priorCases) {
			f := &own[k+i]
			out.References = append(out.References, [7]float64(rounded([]float64{f.logit, f.size, f.age,
				f.residual[byJira], f.residual[byDelivered], f.residual[byRegression], float64(g)})))
		}
		k += n
	}
	e := edgesOf(closed, neutral.edges())
	out.Low, out.High = rounded(e.low[:]), rounded(e.high[:])
	slices.Sort(out.Fitted)
	return out
}

const (
	// priorFinishLambda pulls the prior's regression towards what needs no data,
	// as what few organisations taught may not hold in the next one.
	priorFinishLambda = 20
	// priorGroup is what all containers of a kind and set weigh at most, so that
	// no organisation makes the prior alone.
	priorGroup = 30
)

func priorFinish(closed, open []veteran, start *Prior, until time.Time) finishBeta {
	type group struct {
		set  string
		kind Kind
	}
	var order []group
	by := map[group][2][]veteran{}
	for k, all := range [][]veteran{closed, open} {
		for _, p := range all {
			g := group{p.Set, p.Kind}
			if _, met := by[g]; !met {
				order = append(order, g)
			}
			of := by[g]
			of[k] = append(of[k], p)
			by[g] = of
		}
	}
	var rows []finishRow
	for _, g := range order {
		some := finishRows(by[g][0], by[g][1], KindGoal, until)
		total := 0.0
		for k := range some {
			total += some[k].w
		}
		for k := range some {
			some[k].w *= min(1, priorGroup/total)
		}
		rows = append(rows, some...)
	}
	return regressFinish(rows, start.finish(), priorFinishLambda)
}

func rounded(v []float64) []float64 {
	out := make([]float64, len(v))
	for k, x := range v {
		out[k] = math.Round(x*1000) / 1000
	}
	return out
}
