package jirasim

import "fmt"

// newLeaf writes a leaf of the stream down in the given week.
func (c *crew) newLeaf(n int) *ticket {
	at := c.in(n)
	if n == c.opens {
		at = c.early(n)
	}
	kind := c.kind()
	who := pick(c.dice, c.realm.team)
	t := c.tale.open(c.realm, kind, c.summary(kind, c.about), at, who)
	t.initial.one[traitPriority] = c.priority()
	t.initial.many[traitComponent] = []value{pick(c.dice, c.realm.components)}
	if c.chance(0.35) {
		t.initial.one[traitPoints] = c.points()
	}
	if r := c.realm.next(at); r != nil && c.chance(0.35*c.realm.versioned) {
		t.initial.many[traitVersion] = []value{r.version()}
	}
	for _, l := range c.labels() {
		t.initial.many[traitLabel] = append(t.initial.many[traitLabel], value{text: l})
	}
	if c.epic != nil {
		c.tale.leaves[c.epic] = append(c.tale.leaves[c.epic], t)
		if link := (value{ticket: c.epic}); c.chance(0.8) {
			t.initial.one[traitEpic] = link
		} else {
			t.do(at+moment(c.between(2, 40))*oneMinute, who, traitEpic, link)
		}
	}
	return t
}

// labels returns the labels that a leaf is born with.
func (c *crew) labels() []string {
	var names []string
	if c.label != "" {
		names = append(names, c.label)
	}
	if c.chance(0.08) {
		names = append(names, "tech-debt")
	}
	if c.chance(0.1) {
		names = append(names, "customer-request")
	}
	return names
}

func (c *crew) kind() value {
	mix := []value{typeStory, typeStory, typeStory, typeStory, typeTask, typeTask, typeBug}
	if c.about == "everyday" {
		mix = []value{typeStory, typeTask, typeTask, typeBug, typeBug, typeSupport}
	}
	return pick(c.dice, mix)
}

func (c *crew) priority() value {
	p := companyPriorities()
	return p[pick(c.dice, []int{0, 1, 1, 2, 2, 2, 2, 2, 2, 3, 3, 4})]
}

func (c *crew) points() value {
	return value{text: fmt.Sprint(pick(c.dice, []int{1, 2, 2, 3, 3, 3, 5, 5, 8, 13}))}
}

// split breaks a story down into sub-tasks on the day on which work begins.
func (c *crew) split(t *ticket, at moment, who value) {
	for i := range c.between(2, 3) {
		s := c.tale.open(t.realm, typeSubtask, c.summary(typeSubtask, c.about), at+moment(5+3*i)*oneMinute, who)
		s.parent, s.initial.one[traitPriority] = t, t.initial.one[traitPriority]
		s.do(s.born+2*oneMinute, who, traitAssignee, pick(c.dice, c.realm.team))
		if i == 0 {
			s.move(c.soon(s.born, oneHour), who, statusDoing)
		}
		t.subtasks = append(t.subtasks, s)
	}
}

// groom tells the small edits of a week on what is open.
func (c *crew) groom(n int) {
	for _, t := range c.todo {
		c.now(t, n, 0.2, traitRank)
		c.now(t, n, 0.08, traitDescription)
		c.now(t, n, 0.1, traitPoints)
		c.now(t, n, 0.03, traitPriority)
		c.now(t, n, 0.02, traitComponent)
	}
	for _, t := range c.doing {
		c.now(t, n, 0.25, traitRank)
		c.now(t, n, 0.25, traitDescription)
		c.now(t, n, 0.12, traitAttachment)
		c.now(t, n, 0.1, traitAssignee)
		c.now(t, n, 0.08, traitPoints)
		c.now(t, n, 0.05, traitPriority)
	}
}

// fidget tells the edits of a week on work that doesn't move: they keep
// everybody busy and end nothing.
func (c *crew) fidget(n int) {
	open := append(append([]*ticket(nil), c.doing...), c.todo...)
	if len(open) == 0 {
		return
	}
	ways := []trait{traitComment, traitComment, traitRank, traitRank, traitDescription, traitAttachment, traitPriority, traitAssignee}
	for range c.between(int(c.fuss)/2, 3*int(c.fuss)/2) {
		c.now(pick(c.dice, open), n, 1, pick(c.dice, ways))
	}
}

// now edits one trait of t in the given week, with probability p.
func (c *crew) now(t *ticket, n int, p float64, what trait) {
	if !c.chance(p) {
		return
	}
	at, who := c.in(n), pick(c.dice, c.realm.team)
	if at < t.born+oneHour {
		return
	}
	var to value
	switch what {
	case traitPriority:
		to = c.priority()
	case traitPoints:
		to = c.points()
	case traitAssignee:
		to = pick(c.dice, c.realm.team)
	case traitComponent:
		to = pick(c.dice, c.realm.components)
	}
	t.do(at, who, what, to)
}
