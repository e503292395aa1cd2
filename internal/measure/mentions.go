package measure

import (
	"cmp"
	"hash/maphash"
	"slices"

	"plumbline/internal/flow"
	"plumbline/internal/goal"
)

// mentions finds the issues that have, or had, a link to another, by the other's
// key. It finds a few too many: keys are told apart by their hashes, and a link
// that an issue no longer tells of is not forgotten.
type mentions struct {
	seed  maphash.Seed
	all   []mention // by hash, then by issue, once sorted
	later map[uint64][]issueAt
}

type mention struct {
	hash uint64
	by   issueAt
}

func newMentions() *mentions {
	return &mentions{seed: maphash.MakeSeed(), later: map[uint64][]issueAt{}}
}

// linked reports whether the issue has a link, or ever had one. Most have none,
// and it is quick.
func linked(t *flow.Timeline) bool { return len(t.Issue.Links) > 0 || t.Touched(1<<flow.FieldLink) }

// meet takes an issue of the first pass.
func (m *mentions) meet(t *flow.Timeline) {
	if !linked(t) {
		return
	}
	i := t.Issue
	at := issueAt{i.Site, i.ID}
	eachLinked(i, func(key string) { m.all = append(m.all, mention{m.hash(keyAt{i.Site, key}), at}) })
}

// sort makes ready to be asked, once every issue was met.
func (m *mentions) sort() {
	slices.SortFunc(m.all, func(a, b mention) int { return cmp.Or(cmp.Compare(a.hash, b.hash), a.by.compare(b.by)) })
	m.all = slices.Clip(slices.Compact(m.all))
}

// renew takes an issue that was stored anew.
func (m *mentions) renew(i *flow.Issue) {
	at := issueAt{i.Site, i.ID}
	eachLinked(i, func(key string) {
		if h := m.hash(keyAt{i.Site, key}); !slices.Contains(m.of(h), at) {
			m.later[h] = append(m.later[h], at)
		}
	})
}

// has reports whether any issue may have a link to the one with the key.
func (m *mentions) has(site string, key goal.Key) bool { return len(m.of(m.hashOf(site, key))) > 0 }

// by are the issues that may have had a link to the one with the key.
func (m *mentions) by(key keyAt) []issueAt { return m.of(m.hash(key)) }

func (m *mentions) of(hash uint64) []issueAt {
	k, _ := slices.BinarySearchFunc(m.all, hash, func(x mention, h uint64) int { return cmp.Compare(x.hash, h) })
	out := slices.Clone(m.later[hash])
	for ; k < len(m.all) && m.all[k].hash == hash; k++ {
		out = append(out, m.all[k].by)
	}
	return out
}

func (m *mentions) hash(key keyAt) uint64 { return m.hashOf(key.site, goal.KeyOf(key.key)) }

func (m *mentions) hashOf(site string, key goal.Key) uint64 {
	type of struct {
		site string
		goal.Key
	}
	return maphash.Comparable(m.seed, of{site, key})
}

// eachLinked yields the keys of the issues that one is, or ever was, linked to.
func eachLinked(i *flow.Issue, f func(key string)) {
	for k := range i.Links {
		f(i.Links[k].Other.Key)
	}
	for k := range i.Changes {
		if c := &i.Changes[k]; c.Field == flow.FieldLink {
			for _, key := range []string{c.From.ID, c.To.ID} {
				if key != "" {
					f(key)
				}
			}
		}
	}
}
