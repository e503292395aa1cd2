package measure

import (
	"cmp"
	"slices"
	"time"
)

// Model is what was learnt from the containers that had closed, grace and
// all, before a moment. It is immutable.
type Model struct {
	AsOf time.Time
	// Containers is how many closed containers it was fitted on: those whose
	// place a goal took among them.
	Containers int
	// Goals is how many closed goals it was fitted on; 0 while too few have.
	Goals int

	beta       vector
	references []reference
	edges      edges
	inverse    [numFeatures]vector // of the regression's normal matrix
	classes    []containerClass    // of the references
	sets       map[string]int      // from which it was fitted on so many
	stretch    float64             // k of MEASURES §3.2: how far the residuals are stretched
	champion   method
	losses     losses
	told       goalsTold
	finish     map[Kind]*finishModel
	endings    []pastFinish // what F0 rests on
	needs      []pastNeed
	mix        mixture
	sorted     [numMethods][]int32 // the references in the order of their residuals
}

// veteran is a container that has closed, or that was worked on when a model was
// fitted.
type veteran struct {
	*Container
	end Closing // zero where it was worked on
	// lessons are those of its cases that a model learns from, of so many
	// snapshots.
	lessons   []Case
	snapshots int
}

// maxContainers bounds what a model is fitted on: the containers that closed
// last. More would make it slower and older, not better.
const maxContainers = 120

// fit fits a model on the containers that had closed before the moment, in
// order of their closing; open are those that were still being worked on,
// which tell of finishing alone.
func fit(closed, open []veteran, prior *Prior, asOf time.Time) *Model {
	if n := len(closed); n > maxContainers {
		closed = closed[n-maxContainers:]
	}
	if n := len(open); n > maxContainers {
		open = open[n-maxContainers:]
	}
	m := fitCompletion(closed, prior)
	m.AsOf = asOf
	m.fitFinish(closed, open, prior)
	return m
}

// fitCompletion fits what completions are told by.
func fitCompletion(closed []veteran, prior *Prior) *Model {
	return fitKindred(closed, nil, len(closed), prior)
}

// fitKindred is fitCompletion where some of the closed are kin of others, and
// so many of them are containers.
func fitKindred(closed []veteran, kin [][]int, containers int, prior *Prior) *Model {
	m := &Model{Containers: containers, stretch: prior.Stretch, champion: byRegression, mix: priorMixture()}
	start := prior.beta()
	m.edges = edgesOf(closed, prior.edges()).blended(containers, prior.edges())
	rows := m.observe(closed)
	beta, without, inverse := ridge(rows, len(closed), kin, &start, ridgeLambda)
	m.beta, m.inverse = beta, inverse
	m.sets = map[string]int{}
	for g := range closed {
		m.sets[closed[g].Set]++
	}
	others, k := 0, 0
	m.references, others = prior.weighted(containers)
	m.classed(containerClass{}) // the prior's
	for g := range closed {
		class := m.classed(containerClass{closed[g].Kind, closed[g].Set})
		for i := range closed[g].lessons {
			r := m.referTo(&closed[g], i, &rows[k], &without[g])
			r.container, r.class = int32(others+g), class
			m.references = append(m.references, r)
			k++
		}
	}
	m.sort()
	m.endings = endings(closed)
	return m
}

// fitFinish fits what the finish is told by.
func (m *Model) fitFinish(closed, open []veteran, prior *Prior) {
	m.finish, m.needs = map[Kind]*finishModel{}, needs(closed, open, m.AsOf)
	general := fitFinish(closed, open, KindGoal, prior, m.AsOf)
	for _, kind := range []Kind{KindEpic, KindVersion, KindParent, KindGoal} {
		m.finish[kind] = general
		if here := func(p veteran) bool { return p.Kind == kind }; slices.ContainsFunc(closed, here) || slices.ContainsFunc(open, here) {
			m.finish[kind] = fitFinish(closed, open, kind, prior, m.AsOf)
		}
	}
}

func (m *Model) sort() {
	for by := range numMethods {
		if by == byReference { // whose residuals are byDelivered's
			m.sorted[by] = m.sorted[byDelivered]
			continue
		}
		order := make([]int32, len(m.references))
		for k := range order {
			order[k] = int32(k)
		}
		slices.SortStableFunc(order, func(a, b int32) int {
			return cmp.Compare(m.references[a].residual[by], m.references[b].residual[by])
		})
		m.sorted[by] = order
	}
}

// features returns those of the situation for this model, held at its edges.
func (m *Model) features(s *Situation) vector { return m.edges.hold(s.vector()) }

// observe makes the rows of the regression: each container weighs as much as
// any other.
func (m *Model) observe(closed []veteran) []observation {
	var rows []observation
	for g := range closed {
		weight := 1 / float64(len(closed[g].lessons))
		for k := range closed[g].lessons {
			c := &closed[g].lessons[k]
			rows = append(rows, observation{x: standardised(m.features(&c.Situation)), y: c.target(), weight: weight, group: g})
		}
	}
	return rows
}

func (m *Model) referTo(p *veteran, i int, row *observation, without *vector) reference {
	c := &p.lessons[i]
	v := m.features(&c.Situation)
	r := reference{
		logit: v[featLogit], size: v[featSize], age: v[featAge],
		weight: row.weight,
	}
	r.residual[byJira] = row.y - c.jiraLogit()
	r.residual[byDelivered] = row.y - v[featLogit]
	r.residual[byReference] = r.residual[byDelivered]
	r.residual[byRegression] = row.y - m.acquaintance(p.Set).believed(&c.Situation, &v, dot(&row.x, without))
	return r
}
