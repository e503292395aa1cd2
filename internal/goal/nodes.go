package goal

import (
	"strings"

	"plumbline/internal/flow"
)

// nodes are the issues, numbered in the order in which they came.
type nodes struct {
	names  names
	sheets [][]node
	byID   table
	lives  map[uint32]*life   // of nodes that are lived
	direct map[uint32][]claim // of nodes that are claimed
	roots  map[uint32][]int   // of nodes that are rooted: the selectors and exclusions that name them
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
	lived                      // nodes.lives says more of it
	claimed                    // nodes.direct has claims on it
	rooted                     // nodes.roots has selectors that name it
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
	return nodes{names: newNames(), lives: map[uint32]*life{}, direct: map[uint32][]claim{}, roots: map[uint32][]int{}}
}

// site returns the number of the node's site.
func (ns *nodes) site(n *node) uint32 { return ns.names.projects[n.key.project].site }

func (at issueAt) hash() uint64 { return spread(uint64(at.id), uint64(at.site)) }

func (ns *nodes) hash(n uint32) uint64 { return issueAt{ns.site(ns.at(n)), ns.at(n).id}.hash() }

// sheetNodes is how many nodes lie together. Were all one list, it would be
// copied whole to grow.
const sheetNodes = 1 << 12

// at returns the node of a number below len.
func (ns *nodes) at(n uint32) *node { return &ns.sheets[n/sheetNodes][n%sheetNodes] }

func (ns *nodes) len() uint32 {
	last := len(ns.sheets) - 1
	if last < 0 {
		return 0
	}
	return uint32(last*sheetNodes + len(ns.sheets[last]))
}

func (ns *nodes) expect(issues int) {
	ns.byID.expect(issues, ns.hash)
}

// find returns the number of an issue's node.
func (ns *nodes) find(at issueAt) (uint32, bool) {
	return ns.byID.find(at.hash(), func(n uint32) bool {
		have := ns.at(n)
		return have.id == at.id && ns.site(have) == at.site
	})
}

// add numbers a new issue.
func (ns *nodes) add(n node) uint32 {
	number := ns.len()
	if number%sheetNodes == 0 {
		ns.sheets = append(ns.sheets, nil)
	}
	last := &ns.sheets[number/sheetNodes]
	*last = append(*last, n)
	ns.byID.put(number, ns.hash)
	return number
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
	is := KeyOf(key)
	name, number := is.Project, is.Number
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

// text returns the key as it is written.
func (ns *names) text(k keyNumber) string {
	return Key{ns.projects[k.project].name, k.number}.String()
}
