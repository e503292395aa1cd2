package measure

import (
	"math"
	"slices"
	"sort"
)

// The kernel by which past cases count as like the present one (MEASURES
// §3.2), set by judgement there.
const (
	kernelLogit = 1.2
	kernelAge   = 1.5
	kernelFloor = 0.02 // what a case that is nothing like it still counts
	// otherClass is what a case of another class counts.
	otherClass = 0.25
)

// reference is a past case by what the kernel asks for, and by how far the
// truth lay from what each method made of it, on the logit scale. The method
// had not seen the reference's own container.
type reference struct {
	logit, size, age float64
	// residual is by method; that of byReference is byDelivered's.
	residual  [numMethods]float64
	weight    float64 // 1 over the cases of its container, times the class's weight
	container int32   // those of one container lie together
	class     int32   // into Model.classes
}

// containerClass is what containers are alike in that are called by one name.
type containerClass struct {
	kind Kind
	set  string
}

// classed returns the number of a class.
func (m *Model) classed(c containerClass) int32 {
	k := slices.Index(m.classes, c)
	if k < 0 {
		k = len(m.classes)
		m.classes = append(m.classes, c)
	}
	return int32(k)
}

// likeness is how much each reference is like a situation.
type likeness struct {
	model     *Model
	weights   []float64 // by reference
	total     float64
	effective float64 // n_eff of MEASURES §3.2: the containers that it rests on
	known     acquaintance
}

// room is for the weights of a likeness, so that nothing is left to collect.
// Where a prior has more references than there is room, it grows.
type room [(maxContainers+maxGoals)*thinned + priorRoom]float64

const priorRoom = 400

// like weighs the references by the kernel.
func (m *Model) like(v *vector, kind Kind, set string, room *room) likeness {
	l := likeness{model: m, known: m.acquaintance(set), weights: slices.Grow(room[:0], len(m.references))[:len(m.references)]}
	same := slices.Index(m.classes, containerClass{kind, set})
	var sum, squares, of float64 // of: the weight of one container
	for k := range m.references {
		r := &m.references[k]
		w := r.weight * r.kernel(v)
		if int(r.class) != same {
			w *= otherClass
		}
		l.weights[k] = w
		if k > 0 && r.container != m.references[k-1].container {
			sum, squares, of = sum+of, squares+of*of, 0
		}
		of += w
	}
	l.total = sum + of
	if squares += of * of; squares > 0 {
		l.effective = l.total * l.total / squares
	}
	return l
}

// kernel is how much like the situation a past case is.
func (r *reference) kernel(v *vector) float64 {
	l, n, a := (r.logit-v[featLogit])*(1/kernelLogit), r.size-v[featSize], (r.age-v[featAge])*(1/kernelAge)
	return math.Exp(-0.5*(l*l+n*n+a*a)) + kernelFloor
}

// quantiles returns the residuals of a method below which the shares low and
// high of the weight lie; high is no less than low.
func (l *likeness) quantiles(by method, low, high float64) (atLow, atHigh float64) {
	order := l.model.sorted[by]
	if len(order) == 0 {
		return 0, 0
	}
	n, sum := 0, 0.0
	to := func(q float64) float64 {
		for want := q * l.total; n < len(order); n++ {
			if next := sum + l.weights[order[n]]; next < want {
				sum = next
				continue
			}
			break
		}
		return l.model.references[order[min(n, len(order)-1)]].residual[by]
	}
	atLow = to(low)
	return atLow, to(high)
}

// below returns the weight of the references by whose residuals, around the
// center, the completion lies below a value.
func (l *likeness) below(by method, s *Situation, center, completion float64) float64 {
	order, references := l.model.sorted[by], l.model.references
	n := sort.Search(len(order), func(k int) bool {
		return s.completion(center+references[order[k]].residual[by]) >= completion
	})
	sum := 0.0
	for _, k := range order[:n] {
		sum += l.weights[k]
	}
	return sum
}

// part is the residuals of a method around a center, by their share in a
// predictive distribution.
type part struct {
	by            method
	center, share float64
}

// ensemble is the predictive distribution of the completion that the parts
// make up.
func (l *likeness) ensemble(s *Situation, parts ...part) ensemble {
	var e ensemble
	total := 0.0
	for _, p := range parts {
		total += l.total * p.share
	}
	at := make([]int, len(parts))
	sum, k := 0.0, 0
	for k < crpsMembers {
		eta, first := math.Inf(1), -1
		for n, p := range parts {
			if order := l.model.sorted[p.by]; at[n] < len(order) {
				if x := p.center + l.model.references[order[at[n]]].residual[p.by]; first < 0 || x < eta {
					eta, first = x, n
				}
			}
		}
		if first < 0 {
			break
		}
		p := &parts[first]
		sum += l.weights[l.model.sorted[p.by][at[first]]] * p.share
		at[first]++
		if sum < (float64(k)+0.5)/crpsMembers*total {
			continue
		}
		value := float32(s.completion(eta))
		for ; k < crpsMembers && sum >= (float64(k)+0.5)/crpsMembers*total; k++ {
			e[k] = value
		}
	}
	return e
}
