package jirasim

// crew works off one stream, week by week.
type crew struct {
	stream
	dice
	tale  *tale
	realm *realm
	epic  *ticket // nil: work without an epic
	todo  []*ticket
	doing []*ticket
	begun bool
	found tally // leaves that are due to be found
	ended tally // and to be finished
}

// usual rates, for streams that say nothing else.
const (
	usualDrop   = 0.08
	usualReopen = 0.025
)

// run tells the stream from its opening to its close or the story's end.
func (c *crew) run() {
	if c.stream.epic != "" {
		c.openEpic()
	}
	for n := c.opens; n <= lastWeek; n++ {
		c.write(n)
		switch {
		case c.closes != 0 && n == c.closes:
			c.closeEpic(n)
			return
		case c.stalls != 0 && n >= c.stalls:
			c.fidget(n)
		case c.starts == 0 || n >= c.starts:
			c.fill(n)
			c.finish(n)
			c.fill(n)
			c.tidy(n)
		}
		c.groom(n)
	}
}

// write adds the week's new leaves to the backlog.
func (c *crew) write(n int) {
	count := 0
	switch {
	case n == c.opens:
		count = c.first
	case c.growthUntil == 0 || n < c.growthUntil:
		count = c.count(&c.found, c.growth)
	default:
		count = c.count(&c.found, c.trickle)
	}
	for range count {
		c.todo = append(c.todo, c.newLeaf(n))
	}
}

// fill starts work until the crew's hands are full.
func (c *crew) fill(n int) {
	for len(c.todo) > 0 && len(c.doing) < int(c.pace*1.7)+1 {
		i := c.IntN(min(3, len(c.todo)))
		t := c.todo[i]
		c.todo = append(c.todo[:i:i], c.todo[i+1:]...)
		c.start(t, n)
	}
}

// finish ends as many leaves as the week's pace allows, the oldest first
// rather than strictly.
func (c *crew) finish(n int) {
	for range c.count(&c.ended, c.pace*c.realm.rush(n)) {
		i := 0
		if len(c.doing) > 1 && c.chance(0.35) {
			i = c.IntN(len(c.doing))
		}
		if i >= len(c.doing) || c.doing[i].busy.weekOf() > n {
			continue // nothing to finish, or it came back only next week
		}
		t := c.doing[i]
		c.doing = append(c.doing[:i:i], c.doing[i+1:]...)
		c.end(t, n)
	}
}

// when returns a moment of the week for the next deed on t.
func (c *crew) when(t *ticket, n int) moment {
	at := c.in(n)
	if at < t.busy+oneHour/2 {
		return c.soon(t.busy, oneHour/2)
	}
	return at
}

// start takes a leaf from the backlog into work.
func (c *crew) start(t *ticket, n int) {
	at, who := c.when(t, n), pick(c.dice, c.realm.team)
	if c.chance(0.75) {
		t.move(at, pick(c.dice, c.realm.team), statusSelected)
		c.plan(t, at)
		at = c.soon(at, 2*oneHour)
	}
	t.move(at, who, statusDoing)
	c.doing = append(c.doing, t)
	if c.chance(0.94) {
		t.do(at, who, traitAssignee, who)
	}
	c.beginEpic(at)
	if t.initial.one[traitType] == typeStory && c.chance(0.1) {
		c.split(t, at, who)
	}
	if c.chance(0.1) && (c.stalls == 0 || n < c.stalls-1) {
		c.block(t, who)
	}
}

// plan puts a leaf into the version that goes out next.
func (c *crew) plan(t *ticket, at moment) {
	if r := c.realm.next(at); r != nil && c.chance(c.realm.versioned) {
		t.do(at, pick(c.dice, c.realm.team[:2]), traitVersion, r.version())
	}
}

// block holds a leaf up for some days.
func (c *crew) block(t *ticket, who value) {
	at := c.soon(t.busy, oneDay)
	back := c.soon(at, moment(c.between(1, 6))*oneDay)
	if c.chance(0.6) {
		t.do(at, who, traitFlagged, flaggedImpediment)
		t.do(back, who, traitFlagged, value{})
	}
	t.move(at, who, statusBlocked)
	t.move(back, who, statusDoing)
}

// end takes a leaf from work to its end, delivered or not.
func (c *crew) end(t *ticket, n int) {
	at := c.when(t, n)
	who := t.at(at).one[traitAssignee]
	if who == (value{}) {
		who = pick(c.dice, c.realm.team)
	}
	if c.chance(orUsual(c.dropped, usualDrop)) {
		c.drop(t, at, who)
		return
	}
	if c.chance(0.85) {
		t.move(waiting(t.busy, at), who, statusReview)
		at = c.soon(at, 3*oneHour)
	}
	if c.chance(0.35) {
		t.move(at, pick(c.dice, c.realm.team), statusTest)
		at = c.soon(at, 2*oneHour)
	}
	if c.chance(0.08) && (c.stalls == 0 || n < c.stalls-1) {
		t.move(at, who, statusApproval)
		at = c.soon(at, moment(c.between(1, 6))*oneDay)
	}
	c.deliver(t, at, who)
}

// waiting returns since when a leaf that is seen to at a moment has waited for
// it: two fifths of the time since it was last worked on, in whole days.
func waiting(worked, at moment) moment {
	for days := (at - worked) / oneDay * 2 / 5; days > 0; days-- {
		since := at - days*oneDay
		if weekday := (since - weekStart(since.weekOf())) / oneDay; weekday < 5 {
			return since
		}
	}
	return at
}

// deliver closes a leaf as done, which doesn't always last.
func (c *crew) deliver(t *ticket, at moment, who value) {
	how := resolvedDone
	if t.initial.one[traitType] == typeBug {
		how = resolvedFixed
	}
	for _, s := range t.subtasks {
		if s.open(at - oneHour/2) {
			s.close(max(at-oneHour/2, s.busy+oneMinute), who, resolvedDone)
		}
	}
	t.close(at, who, how)
	if c.chance(0.01) { // the wrong button
		t.move(at+4*oneMinute, who, statusReview)
		t.do(at+4*oneMinute, who, traitResolution, value{})
		t.close(at+16*oneMinute, who, how)
	}
	back := c.soon(at, moment(c.between(1, 9))*oneDay)
	if c.chance(orUsual(c.reopened, usualReopen)) && (c.closes == 0 || back.weekOf() < c.closes) {
		by := pick(c.dice, c.realm.team)
		t.move(back, by, statusDoing)
		t.do(back, by, traitResolution, value{})
		c.doing = append(c.doing, t)
	}
}

// drop closes a leaf without delivering it.
func (c *crew) drop(t *ticket, at moment, who value) {
	how := resolvedWontDo
	if c.chance(0.3) {
		how = resolvedDuplicate
	}
	for _, s := range t.subtasks {
		if s.open(at) {
			s.close(max(at, s.busy+oneMinute), who, resolvedWontDo)
		}
	}
	t.close(at, who, how)
	if c.chance(0.5) {
		for _, v := range t.at(at).many[traitVersion] {
			t.undo(at, who, traitVersion, v)
		}
	}
}

// tidy drops a leaf of the backlog now and then.
func (c *crew) tidy(n int) {
	if last := len(c.todo) - 1; last > 1 && c.chance(orUsual(c.dropped/3, 0.11)) {
		c.drop(c.todo[last], c.when(c.todo[last], n), c.realm.team[0])
		c.todo = c.todo[:last]
	}
}

// openEpic writes the epic down.
func (c *crew) openEpic() {
	c.epic = c.tale.open(c.realm, typeEpic, c.stream.epic, weekStart(c.opens)+7*oneHour+moment(c.IntN(int(oneHour))), c.realm.team[0])
	c.tale.epics[c.stream.epic] = c.epic
}

// beginEpic takes the epic into work with its first leaf.
func (c *crew) beginEpic(at moment) {
	if c.epic != nil && !c.begun {
		c.begun = true
		c.epic.do(at, c.realm.team[0], traitAssignee, c.realm.team[0])
		c.epic.move(at+oneMinute, c.realm.team[0], statusDoing)
	}
}

// closeEpic finishes what can be, drops the rest, and closes the epic.
func (c *crew) closeEpic(n int) {
	for _, t := range c.todo {
		if c.chance(0.3) {
			c.drop(t, c.when(t, n), c.realm.team[0])
			continue
		}
		c.start(t, n)
	}
	end := weekStart(n) + 4*oneDay + 16*oneHour
	for _, t := range c.doing {
		c.end(t, n)
		end = max(end, t.busy+oneHour)
	}
	c.epic.close(end, c.realm.team[0], resolvedDone)
}

// rate returns the stream's own rate, or the usual one where it has none.
func orUsual(own, usual float64) float64 {
	if own > 0 {
		return own
	}
	return usual
}
