package goal

import (
	"math"
	"strconv"
	"strings"

	"plumbline/internal/flow"
)

// nodes are the issues, numbered in the order in which they came.
type nodes struct {
	names  names
	all    []node
	lives  map[uint32]*life   // of nodes that are lived
	direct map[uint32][]claim // of nodes that are claimed
	slots  []uint32           // a hash table over site and id: the node's number plus 1
}

// node is what the index keeps of each issue. There are many: it has no
// pointers and no slices.
type node struct {
	id    flow.IssueID
	key   keyNumber // the present one
	born  int64     // ms since 1970
	since int64     // from when on the issue lies below above, for ever; ms since 1970
	above uint32    // a reference; 0 for none
	traits
}

// traits are what a node is.
type traits uint8

const (
	isLeaf  traits = 1 << iota // of a type that is work from its creation on
	isSub                      // a sub-task from its creation on
	lived                      // its life is told by nodes.lives, not here
	claimed                    // nodes.direct has claims on it
	rooted                     // selectors or exclusions name it
)

func (t traits) has(x traits) bool { return t&x != 0 }

func (t *traits) set(x traits, on bool) {
	if *t &^= x; on {
		*t |= x
	}
}

// issueAt names an issue: the site's number and the issue's id.
type issueAt struct {
	site uint32
	id   flow.IssueID
}

func newNodes() nodes {
	return nodes{names: newNames(), lives: map[uint32]*life{}, direct: map[uint32][]claim{}}
}

// site returns the number of the node's site.
func (ns *nodes) site(n *node) uint32 { return ns.names.projects[n.key.project].site }

func (ns *nodes) expect(issues int) {
	if issues > cap(ns.all) {
		ns.all = append(make([]node, 0, issues), ns.all...)
		ns.hash(issues)
	}
}

// find returns the number of an issue's node.
func (ns *nodes) find(at issueAt) (uint32, bool) {
	if len(ns.slots) == 0 {
		return 0, false
	}
	n := ns.slots[ns.slot(at)]
	return n - 1, n != 0
}

// slot returns the slot of the issue, or the one that is free for it.
func (ns *nodes) slot(at issueAt) uint64 {
	mask := uint64(len(ns.slots) - 1)
	k := spread(uint64(at.id)+uint64(at.site)<<48) & mask
	for n := ns.slots[k]; n != 0; n = ns.slots[k] {
		if have := &ns.all[n-1]; have.id == at.id && ns.site(have) == at.site {
			break
		}
		k = (k + 1) & mask
	}
	return k
}

// spread mixes the bits of a number (the finalizer of SplitMix64), so that
// numbers which follow one another, or were chosen to collide, do not.
func spread(v uint64) uint64 {
	v = (v ^ v>>30) * 0xbf58476d1ce4e5b9
	v = (v ^ v>>27) * 0x94d049bb133111eb
	return v ^ v>>31
}

// add numbers a new issue.
func (ns *nodes) add(n node) uint32 {
	if 4*(len(ns.all)+1) > 3*len(ns.slots) {
		ns.hash(len(ns.all) + 1)
	}
	ns.all = append(ns.all, n)
	ns.slots[ns.slot(issueAt{ns.site(&n), n.id})] = uint32(len(ns.all))
	return uint32(len(ns.all) - 1)
}

// hash makes a table with room for so many issues.
func (ns *nodes) hash(issues int) {
	size := max(16, len(ns.slots))
	for 4*issues > 3*size {
		size *= 2
	}
	ns.slots = make([]uint32, size)
	for k := range ns.all {
		ns.slots[ns.slot(issueAt{ns.site(&ns.all[k]), ns.all[k].id})] = uint32(k + 1)
	}
}

// names are the names of sites and projects by number.
type names struct {
	sites    []string
	projects []project
	bySite   map[string]uint32
	byName   map[project]uint32
	last     [2]uint32 // the projects that were asked for last
}

// project is the part of keys before their number; or a whole key that has none.
type project struct {
	site uint32
	name string
}

// keyNumber is a key of a site.
type keyNumber struct{ project, number uint32 }

// noNumber is the number of a key that does not end in one.
const noNumber = math.MaxUint32

func newNames() names { return names{bySite: map[string]uint32{}, byName: map[project]uint32{}} }

func (ns *names) site(name string) uint32 {
	n, ok := ns.bySite[name]
	if !ok {
		n = uint32(len(ns.sites))
		name = strings.Clone(name) // which may be a part of a text that need not be held on to
		ns.sites, ns.bySite[name] = append(ns.sites, name), n
	}
	return n
}

// key returns the number of a key.
func (ns *names) key(site uint32, key string) keyNumber {
	name, number := split(key)
	for k, n := range ns.last {
		if int(n) < len(ns.projects) && ns.projects[n].name == name && ns.projects[n].site == site {
			if k > 0 {
				ns.last[0], ns.last[1] = n, ns.last[0]
			}
			return keyNumber{n, number}
		}
	}
	n, ok := ns.byName[project{site, name}]
	if !ok {
		n = uint32(len(ns.projects))
		p := project{site, strings.Clone(name)}
		ns.projects, ns.byName[p] = append(ns.projects, p), n
	}
	ns.last[0], ns.last[1] = n, ns.last[0]
	return keyNumber{n, number}
}

// split returns the project and the number of a key that is written as Jira
// writes keys, else the whole and noNumber.
func split(key string) (string, uint32) {
	dash := strings.LastIndexByte(key, '-')
	digits := key[dash+1:]
	if dash < 0 || digits == "" || digits[0] == '0' {
		return key, noNumber
	}
	n, err := strconv.ParseUint(digits, 10, 32)
	if err != nil || n == noNumber {
		return key, noNumber
	}
	return key[:dash], uint32(n)
}

// text returns the key as it is written.
func (ns *names) text(k keyNumber) string {
	name := ns.projects[k.project].name
	if k.number == noNumber {
		return name
	}
	return name + "-" + strconv.FormatUint(uint64(k.number), 10)
}
