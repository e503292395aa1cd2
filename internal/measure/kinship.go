package measure

import (
	"cmp"
	"slices"
	"strings"
)

// kinship tells what is the work of what. An epic and a goal that maps it are the
// same work twice, and a goal of several epics holds that of each.
type kinship struct {
	same [][]int // by piece of work: those that are the same
	kin  [][]int // by piece of work: those that have much of it, or it of theirs, the same among them
}

// piece is the work of a container that has closed: what it finally delivered,
// as leaves of its ledger. So who is kin hangs on nothing that came later.
type piece struct {
	ledger *ledger
	leaves []int
}

func piecesOf(all []veteran) []piece {
	out := make([]piece, len(all))
	for k := range all {
		out[k] = piece{all[k].ledger, all[k].end.Final}
	}
	return out
}

// relations are the kinship of all that had closed in some months, which most of
// them have in common. How two are related hangs on nothing but themselves.
type relations struct {
	kinship
	number map[closingOf]int
}

// closingOf names a container as it closed at a time: it may have done so again.
type closingOf struct {
	*Container
	ms int64
}

// relate relates what had closed in each of the months: the containers, and behind
// them the goals.
func relate(months [][]veteran) relations {
	r := relations{number: map[closingOf]int{}}
	var all []veteran
	add := func(some []veteran) {
		for _, p := range some {
			name := closingOf{p.Container, p.end.At.UnixMilli()}
			if _, met := r.number[name]; !met {
				r.number[name] = len(all)
				all = append(all, p)
			}
		}
	}
	for _, month := range months {
		add(month[:firstGoal(month)])
	}
	first := len(all)
	for _, month := range months {
		add(month[firstGoal(month):])
	}
	r.kinship = kinships(piecesOf(all), first)
	return r
}

// of is the number of a veteran.
func (r *relations) of(p *veteran) int { return r.number[closingOf{p.Container, p.end.At.UnixMilli()}] }

const (
	// sameWork is the share of the issues of both from which on two pieces are
	// one, kindred that of the smaller one's issues from which on what is known of
	// the one tells much of the other. Both were set by judgement.
	sameWork = 0.9
	kindred  = 0.5
)

// kinships compares the pieces from the first on with all those before them.
func kinships(all []piece, first int) kinship {
	k := kinship{make([][]int, len(all)), make([][]int, len(all))}
	common := sharedIssues(all, first)
	for n := first; n < len(all); n++ {
		for o, shared := range common[n-first][:n] {
			mine, theirs := len(all[n].leaves), len(all[o].leaves)
			if shared == 0 || float64(shared) < kindred*float64(min(mine, theirs)) {
				continue
			}
			k.kin[n], k.kin[o] = append(k.kin[n], o), append(k.kin[o], n)
			if float64(shared) >= sameWork*float64(mine+theirs-int(shared)) {
				k.same[n], k.same[o] = append(k.same[n], o), append(k.same[o], n)
			}
		}
	}
	return k
}

// sharedIssues counts, for the pieces from the first on, how many issues each has
// that each of all has, too.
func sharedIssues(all []piece, first int) [][]int32 {
	type has struct {
		issueAt
		piece int
	}
	var issues []has
	for n, p := range all {
		for _, leaf := range p.leaves {
			issues = append(issues, has{p.ledger.leaves.at(leaf), n})
		}
	}
	slices.SortFunc(issues, func(a, b has) int { // by what is quick to compare
		if c := cmp.Compare(a.id, b.id); c != 0 {
			return c
		}
		if c := strings.Compare(a.site, b.site); c != 0 {
			return c
		}
		return cmp.Compare(a.piece, b.piece)
	})
	common := make([][]int32, len(all)-first)
	for n := range common {
		common[n] = make([]int32, len(all))
	}
	for from := 0; from < len(issues); {
		to := from + 1
		for to < len(issues) && issues[to].issueAt == issues[from].issueAt {
			to++
		}
		for _, n := range issues[from:to] {
			for _, o := range issues[from:to] {
				if n.piece >= first {
					common[n.piece-first][o.piece]++
				}
			}
		}
		from = to
	}
	return common
}

// families numbers the pieces so that those have one number that are kin, or kin
// of kin.
func (k *kinship) families() []int {
	out := make([]int, len(k.kin))
	for n := range out {
		out[n] = -1
	}
	next := 0
	for n := range out {
		if out[n] >= 0 {
			continue
		}
		out[n] = next
		for family := []int{n}; len(family) > 0; {
			last := family[len(family)-1]
			family = family[:len(family)-1]
			for _, o := range k.kin[last] {
				if out[o] < 0 {
					out[o] = next
					family = append(family, o)
				}
			}
		}
		next++
	}
	return out
}
