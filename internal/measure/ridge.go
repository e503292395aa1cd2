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

// solve solves the equations by Cholesky's decomposition. The penalty keeps
// them positive definite.
func (n *normal) solve() vector {
	var l [numFeatures][numFeatures]float64
	for i := range numFeatures {
		for j := range i + 1 {
			sum := n.a[i][j]
			for k := range j {
				sum -= l[i][k] * l[j][k]
			}
			if i == j {
				l[i][i] = math.Sqrt(max(sum, 1e-9))
			} else {
				l[i][j] = sum / l[j][j]
			}
		}
	}
	var z, x vector
	for i := range numFeatures {
		z[i] = n.b[i]
		for k := range i {
			z[i] -= l[i][k] * z[k]
		}
		z[i] /= l[i][i]
	}
	for i := numFeatures - 1; i >= 0; i-- {
		x[i] = z[i]
		for k := i + 1; k < numFeatures; k++ {
			x[i] -= l[k][i] * x[k]
		}
		x[i] /= l[i][i]
	}
	return x
}

// ridge minimises Σ w·huber(y − xᵀβ) + λ‖β − prior‖² by iterated weighting
// (MEASURES §3.2). It returns β and, for each group, the β without that group
// under the weights of the last step.
func ridge(rows []observation, groups int, prior *vector, lambda float64) (beta vector, without []vector) {
	beta = *prior
	parts := make([]normal, groups)
	var all normal
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
		without = append(without, rest.solve())
	}
	return beta, without
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
