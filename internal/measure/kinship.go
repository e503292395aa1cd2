package measure

// kinship tells which containers hold much of each other's work. An epic and a
// goal that maps it are the same work twice, and a goal of several epics holds
// that of each.
type kinship struct {
	same [][]int // by container: those with the same work
	kin  [][]int // by container: those that have much of its work, or it of theirs, the same among them
}

const (
	// sameWork is the share of the issues of both from which on two containers
	// are one piece of work, kindred that of the smaller one's issues from which
	// on what is known of the one tells much of the other. Both were set by
	// judgement.
	sameWork = 0.9
	kindred  = 0.5
)

// kinships compares the containers from the first on with all of them.
func kinships(all []*Container, first int) kinship {
	k := kinship{make([][]int, len(all)), make([][]int, len(all))}
	at := placed{}
	for n, c := range all {
		for i := range c.ledger.leaves {
			at.put(c.ledger.leaves[i].at(), place{n, i})
		}
	}
	at.sort()
	common := make([]int, len(all))
	for n := first; n < len(all); n++ {
		clear(common)
		leaves := all[n].ledger.leaves
		for i := range leaves {
			for _, p := range at.at(leaves[i].at()) {
				common[p.ledger]++
			}
		}
		for o, shared := range common {
			if o >= n || shared == 0 {
				continue // of two, the later one finds the earlier one
			}
			mine, theirs := len(leaves), len(all[o].ledger.leaves)
			if float64(shared) < kindred*float64(min(mine, theirs)) {
				continue
			}
			k.kin[n], k.kin[o] = append(k.kin[n], o), append(k.kin[o], n)
			if float64(shared) >= sameWork*float64(mine+theirs-shared) {
				k.same[n], k.same[o] = append(k.same[n], o), append(k.same[o], n)
			}
		}
	}
	return k
}

// families numbers the containers from the first on, so that those have one
// number that are kin, or kin of kin.
func (k *kinship) families(first int) []int {
	out := make([]int, len(k.kin)-first)
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
			for _, o := range k.kin[last+first] {
				if o >= first && out[o-first] < 0 {
					out[o-first] = next
					family = append(family, o-first)
				}
			}
		}
		next++
	}
	return out
}
