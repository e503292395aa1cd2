package goal

import (
	"slices"

	"plumbline/internal/flow"
)

// refs are the references to issues that lie above others, by number, 0 being
// none: each says which node it means, and which nodes lie below it.
type refs struct {
	all   []ref
	byKey table    // the first of those with the key; next has the others
	byID  table    // the first of those with the id; like has the others
	loose []uint32 // whose nodes are still to be found
}

// ref is a reference as Jira's fields give it: by id and key, or by either.
type ref struct {
	id         flow.IssueID
	key        keyNumber
	next, like uint32
	node       uint32 // plus 1; 0 while it means none
	site       uint32
	below      []uint32
}

func newRefs() refs { return refs{all: make([]ref, 1)} }

// number returns the number of a reference.
func (x *Index) number(site uint32, name flow.Ref) uint32 {
	rs := &x.refs
	at, key := issueAt{site, name.ID}, x.nodes.names.key(site, name.Key)
	sameID, sameKey := rs.withID(at), uint32(0)
	if name.Key != "" {
		sameKey = rs.withKey(key)
	}
	for r := sameID; r != 0; r = rs.all[r].like {
		if rs.all[r].key == key {
			return r
		}
	}
	for r := sameKey; r != 0 && name.ID == 0; r = rs.all[r].next {
		if rs.all[r].id == 0 {
			return r
		}
	}
	n := uint32(len(rs.all))
	rs.all = append(rs.all, ref{id: name.ID, key: key, site: site})
	rs.loose = append(rs.loose, n)
	switch {
	case name.ID == 0:
	case sameID == 0:
		rs.byID.put(n, rs.hashID)
	default: // behind the first
		rs.all[n].like, rs.all[sameID].like = rs.all[sameID].like, n
	}
	switch {
	case name.Key == "":
	case sameKey == 0:
		rs.byKey.put(n, rs.hashKey)
	default:
		rs.all[n].next, rs.all[sameKey].next = rs.all[sameKey].next, n
	}
	return n
}

func (k keyNumber) hash() uint64 { return spread(uint64(k.number), uint64(k.project)) }

func (rs *refs) hashID(r uint32) uint64 { return issueAt{rs.all[r].site, rs.all[r].id}.hash() }

func (rs *refs) hashKey(r uint32) uint64 { return rs.all[r].key.hash() }

// withID returns the first reference with the id, 0 for none.
func (rs *refs) withID(at issueAt) uint32 {
	r, _ := rs.byID.find(at.hash(), func(r uint32) bool { return rs.all[r].id == at.id && rs.all[r].site == at.site })
	return r
}

// withKey returns the first reference with the key, 0 for none.
func (rs *refs) withKey(key keyNumber) uint32 {
	r, _ := rs.byKey.find(key.hash(), func(r uint32) bool { return rs.all[r].key == key })
	return r
}

// naming calls fn with each reference that names an issue by its id or by one
// of the keys.
func (rs *refs) naming(at issueAt, keys []keyNumber, fn func(r uint32)) {
	for r := rs.withID(at); r != 0; r = rs.all[r].like {
		fn(r)
	}
	for _, key := range keys {
		for r := rs.withKey(key); r != 0; r = rs.all[r].next {
			if rs.all[r].id != at.id {
				fn(r)
			}
		}
	}
}

// link puts the node below the reference, unlink takes it away.
func (rs *refs) link(r, n uint32) { rs.all[r].below = append(rs.all[r].below, n) }

func (rs *refs) unlink(r, n uint32) {
	b := rs.all[r].below
	if k := slices.Index(b, n); k >= 0 {
		b[k] = b[len(b)-1]
		rs.all[r].below = b[:len(b)-1]
	}
}

// resolve finds the nodes that the loose references mean: by id, else by any
// key that an issue has ever had. Of several issues that had it the one with
// the least id is meant.
func (x *Index) resolve() {
	rs := &x.refs
	byKey := map[keyNumber]bool{}
	for _, r := range rs.loose {
		rs.all[r].node = 0
		if n, ok := x.meant(r); ok {
			rs.all[r].node = n + 1
		} else {
			byKey[rs.all[r].key] = true
		}
	}
	rs.loose = nil
	if len(byKey) == 0 {
		return
	}
	for n := range x.nodes.len() {
		var buffer [1]keyNumber
		for _, key := range x.keys(n, &buffer) {
			if byKey[key] {
				x.offer(key, n)
			}
		}
	}
}

// meant returns the node with the id of the reference.
func (x *Index) meant(r uint32) (uint32, bool) {
	ref := &x.refs.all[r]
	if ref.id == 0 {
		return 0, false
	}
	return x.nodes.find(issueAt{ref.site, ref.id})
}

// offer lets the references by the key mean the node, unless they mean one by
// id, or one by key whose id is less.
func (x *Index) offer(key keyNumber, n uint32) {
	all := x.refs.all
	for r := x.refs.withKey(key); r != 0; r = all[r].next {
		if _, byID := x.meant(r); byID {
			continue
		}
		if all[r].node == 0 || x.nodes.at(n).id < x.nodes.at(all[r].node-1).id {
			all[r].node = n + 1
		}
	}
}

// keys returns every key that the node's issue has ever had.
func (x *Index) keys(n uint32, buffer *[1]keyNumber) []keyNumber {
	node := x.nodes.at(n)
	if node.has(lived) {
		if l := x.nodes.lives[n]; l.keys != nil {
			return l.keys
		}
	}
	buffer[0] = node.key
	return buffer[:]
}
