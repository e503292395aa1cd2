package measure

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
	container int
	kind      Kind
	set       string
}

// point is a value of a weighted distribution.
type point struct{ value, weight float64 }

// spread is a predictive distribution as weighted points in ascending order,
// and how many containers it rests on.
type spread struct {
	points    []point
	total     float64
	effective float64 // n_eff of MEASURES §3.2
}

func spreadOf(points []point, effective float64) spread {
	s := spread{points: points, effective: effective}
	for _, p := range points {
		s.total += p.weight
	}
	return s
}

// quantile returns the value below which the share q of the weight lies.
func (s *spread) quantile(q float64) float64 {
	if len(s.points) == 0 {
		return 0
	}
	want := q * s.total
	sum := 0.0
	for _, p := range s.points {
		if sum += p.weight; sum >= want {
			return p.value
		}
	}
	return s.points[len(s.points)-1].value
}

// below returns the share of the weight at values below x.
func (s *spread) below(x float64) float64 {
	sum := 0.0
	for _, p := range s.points {
		if p.value >= x {
			break
		}
		sum += p.weight
	}
	if s.total == 0 {
		return 0
	}
	return sum / s.total
}
