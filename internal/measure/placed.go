package measure

import (
	"slices"
	"sort"

	"plumbline/internal/flow"
)

// placed tells where issues are leaves. Everything is put in first, then sorted,
// and after that only looked up: several readers may ask at once. Of a large
// company's issues it takes a fifth of the memory that a map would.
type placed map[string]*placedOf

// placedOf are the places of one site's issues: ids and places go together.
type placedOf struct {
	ids    []flow.IssueID
	places []place
}

func (p placed) put(at issueAt, places ...place) {
	of := p[at.site]
	if of == nil {
		of = &placedOf{}
		p[at.site] = of
	}
	for _, x := range places {
		of.ids, of.places = append(of.ids, at.id), append(of.places, x)
	}
}

// sort is quick where issues were put in by their ids.
func (p placed) sort() {
	for _, of := range p {
		if !slices.IsSorted(of.ids) {
			sort.Stable(of)
		}
	}
}

// at returns the places of an issue, in the order in which they were put in.
func (p placed) at(at issueAt) []place {
	of := p[at.site]
	if of == nil {
		return nil
	}
	from, _ := slices.BinarySearch(of.ids, at.id)
	return of.places[from:of.after(from, at.id)]
}

// each yields the places of every issue.
func (p placed) each(f func([]place)) {
	for _, of := range p {
		for from := 0; from < len(of.ids); {
			to := of.after(from, of.ids[from])
			f(of.places[from:to])
			from = to
		}
	}
}

// after is behind the places of an issue, which begin at from.
func (o *placedOf) after(from int, id flow.IssueID) int {
	for from < len(o.ids) && o.ids[from] == id {
		from++
	}
	return from
}

// Len, Less and Swap are sort.Interface.
func (o *placedOf) Len() int           { return len(o.ids) }
func (o *placedOf) Less(a, b int) bool { return o.ids[a] < o.ids[b] }
func (o *placedOf) Swap(a, b int) {
	o.ids[a], o.ids[b] = o.ids[b], o.ids[a]
	o.places[a], o.places[b] = o.places[b], o.places[a]
}
