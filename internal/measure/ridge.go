package measure

import "math"

// The constants of the regression, as MEASURES §3.2 has them. They were set by
// judgement before any of the data here was looked at.
const (
	huberK      = 0.5 // residuals beyond it count linearly, on the logit scale
	ridgeLambda = 4.0
	// ridgeIntercept is the share of the penalty that the intercept bears.
	ridgeIntercept = 0.3
	ridgeSteps     = 8
)

// observation is one row of a weighted regression.
type observation struct {
	x      vector
	y      float64
	weight float64
	group  int // rows of one group are left out together
}

// normal is the left and right side of the weighted normal equations.
type normal struct {
	a [numFeatures][numFeatures]float64
	b vector
}

func (n *normal) add(o *observation, weight float64) {
	for i := range o.x {
		wx := weight * o.x[i]
		n.b[i] += wx * o.y
		for j := range i + 1 {
			n.a[i][j] += wx * o.x[j]
		}
	}
}

// penalise pulls the solution towards prior.
func (n *normal) penalise(prior *vector, lambda float64) {
	for i := range prior {
		l := lambda
		if i == featOne {
			l *= ridgeIntercept
		}
		n.a[i][i] += l
		n.b[i] += l * prior[i]
	}
}

func (n *normal) solve() (x vector) {
	a := make([][]float64, numFeatures)
	for i := range a {
		a[i] = n.a[i][:]
	}
	copy(x[:], solve(a, n.b[:]))
	return x
}

// solve solves a·x = b by Cholesky's decomposition. Of a, which must be
// symmetric and positive definite, only the lower half is read; a penalty on
// every coefficient makes it so.
func solve(a [][]float64, b []float64) []float64 {
	n := len(b)
	l := make([]float64, n*n)
	for i := range n {
		for j := range i + 1 {
			sum := a[i][j]
			for k := range j {
				sum -= l[i*n+k] * l[j*n+k]
			}
			if i == j {
				l[i*n+i] = math.Sqrt(max(sum, minPivot))
			} else {
				l[i*n+j] = sum / l[j*n+j]
			}
		}
	}
	x := make([]float64, n)
	for i := range n {
		x[i] = b[i]
		for k := range i {
			x[i] -= l[i*n+k] * x[k]
		}
		x[i] /= l[i*n+i]
	}
	for i := n - 1; i >= 0; i-- {
		for k := i + 1; k < n; k++ {
			x[i] -= l[k*n+i] * x[k]
		}
		x[i] /= l[i*n+i]
	}
	return x
}

// minPivot keeps rounding from making a root of less than nothing.
const minPivot = 1e-9

// monotone bounds two coefficients so that more delivered work can't lower the
// estimate: it raises ℓ, and it shortens the time since the last delivery.
func monotone(beta vector) vector {
	beta[featLogit] = max(0, beta[featLogit])
	beta[featSince] = min(0, beta[featSince])
	return beta
}

// ridge minimises Σ w·huber(y − xᵀβ) + λ‖β − prior‖² by iterated weighting
// (MEASURES §3.2). It returns β; for each group, the β without that group, and
// without those that are its kin, under the weights of the last step; and the
// inverse of the normal matrix. kin is by group; nil where none has any.
func ridge(rows []observation, groups int, kin [][]int, prior *vector, lambda float64) (beta vector, without []vector, inverse [numFeatures]vector) {
	beta = *prior
	parts := make([]normal, groups)
	var all normal
	all.penalise(prior, lambda)
	for range ridgeSteps {
		clear(parts)
		for k := range rows {
			r := &rows[k]
			w := r.weight
			if e := math.Abs(r.y - dot(&r.x, &beta)); e > huberK {
				w *= huberK / e
			}
			parts[r.group].add(r, w)
		}
		all = normal{}
		for k := range parts {
			all.plus(&parts[k], 1)
		}
		all.penalise(prior, lambda)
		beta = all.solve()
	}
	for k := range parts {
		rest := all
		rest.plus(&parts[k], -1)
		if kin != nil {
			for _, o := range kin[k] {
				rest.plus(&parts[o], -1)
			}
		}
		without = append(without, monotone(rest.solve()))
	}
	for i := range inverse {
		unit := all
		unit.b = vector{}
		unit.b[i] = 1
		inverse[i] = unit.solve()
	}
	return monotone(beta), without, inverse
}

func (n *normal) plus(o *normal, sign float64) {
	for i := range numFeatures {
		n.b[i] += sign * o.b[i]
		for j := range i + 1 {
			n.a[i][j] += sign * o.a[i][j]
		}
	}
}

func dot(a, b *vector) float64 {
	sum := 0.0
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}
