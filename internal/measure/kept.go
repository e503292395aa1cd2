package measure

import (
	"time"

	"plumbline/internal/goal"
)

// kept is what a measuring leaves for the next one to go on from. Who reads the
// figures never looks at it. It is changed in place, and so belongs to the
// latest history alone, whose edition it has.
type kept struct {
	edition  int
	index    *goal.Index
	bulk     *bulkEdits
	words    *wordings
	origins  *origins
	people   people
	uses     map[projectAt]time.Time // not changed, but replaced
	blockers *blockers
	mentions *mentions
	decider  *decider
}

// rest lets go of what the last measuring was made with.
func (k *kept) rest(s *Settings) {
	own := *s
	k.blockers.links = nil
	k.decider.settings, k.decider.isLeaf, k.decider.belongs = &own, nil, nil
}

// Renewable reports whether the history can be renewed.
func (h *History) Renewable() bool { return h.kept != nil && h.kept.edition == h.edition }

// Settled returns the history without what a renewal would go on from: of
// issues that may have changed while they were read.
func (h *History) Settled() *History {
	known := *h
	known.kept = nil
	return &known
}
