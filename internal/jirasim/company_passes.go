package jirasim

// retarget takes what isn't done at a version's date, or before it, over into
// the next version.
func (s *tale) retarget(r *realm) {
	d := newDice(s.seed, "releases of "+r.key)
	for i := range r.releases {
		v := &r.releases[i]
		if v.trim != 0 {
			s.moveOut(r, i, d.in(v.trim), 0.5, d)
		}
		if !v.late {
			s.moveOut(r, i, v.date(), 1, d)
		}
	}
}

// moveOut takes a share of the open work of a realm's i-th version out and
// puts it into the following one.
func (s *tale) moveOut(r *realm, i int, at moment, share float64, d dice) {
	v, manager := r.releases[i].version(), r.team[0]
	for _, t := range s.tickets {
		if t.realm != r || !t.open(at) || !d.chance(share) {
			continue
		}
		if st := t.at(at); !st.has(traitVersion, v) {
			continue
		}
		t.undo(at, manager, traitVersion, v)
		if i+1 < len(r.releases) {
			t.do(at, manager, traitVersion, r.releases[i+1].version())
		}
		at += moment(d.between(3, 12))
	}
}

// sweep tells the bulk edits: about three times in two weeks somebody edits
// what is open in a project in one go.
func (s *tale) sweep() {
	d := newDice(s.seed, "bulk edits")
	for n := firstWeek + 3; n <= lastWeek; n++ {
		for range d.between(1, 2) {
			s.editAll(pick(d, s.realms), n, d)
		}
	}
}

// editAll tells one bulk edit.
func (s *tale) editAll(r *realm, n int, d dice) {
	at := d.in(n) / oneMinute * oneMinute
	who, what, to := pick(d, r.team[:2]), traitRank, value{}
	switch d.IntN(6) {
	case 0:
		what, to = traitLabel, value{text: pick(d, []string{"needs-refinement", "q-review", "support-visible"})}
	case 1:
		what, to = traitPriority, pick(d, companyPriorities()[1:4])
	case 2:
		what, to = traitComponent, pick(d, r.components)
	case 3: // the rule that runs before dawn
		at, who = weekStart(n)+5*oneHour+20*oneMinute, automation()
		what, to = traitLabel, value{text: "stale"}
	}
	left := d.between(14, 26)
	for _, t := range s.tickets {
		if left > 0 && t.realm == r && t.open(at) && t.initial.one[traitType] != typeEpic {
			t.do(at+moment(d.IntN(50)), who, what, to)
			left--
		}
	}
}

// decide tells the decisions, and what waits for them.
func (s *tale) decide(p decisionPlan) {
	d := newDice(s.seed, p.question)
	epic := s.epics[p.epic]
	team := epic.realm.team
	who := pick(d, team)
	t := s.open(s.realm(p.realm), typeDecision, p.question, d.in(p.opens), who)
	t.initial.many[traitLabel] = []value{{text: "adr"}}
	t.initial.one[traitEpic] = value{ticket: epic}
	t.do(t.born+9*oneMinute, who, traitAssignee, pick(d, team))
	t.move(d.soon(t.born, oneDay), who, statusDoing)
	if p.days > 0 {
		how := resolvedDone
		if p.refused {
			how = resolvedWontDo
		}
		t.close(max(d.soon(t.born, moment(p.days)*oneDay), t.busy+oneHour), team[0], how)
	} else {
		t.move(d.soon(t.busy, 2*oneDay), who, statusApproval)
	}
	at := d.soon(t.born, 0)
	for _, leaf := range s.leaves[epic] {
		if !leaf.open(at) || !d.chance(p.blocks) {
			continue
		}
		at += moment(d.between(20, 90))
		leaf.do(at, who, traitLink, value{id: linkBlockedBy, ticket: t})
		t.do(at, who, traitLink, value{id: linkBlocks, ticket: leaf})
		if st := leaf.at(lastMoment); p.days == 0 && leaf.busy < at && (st.one[traitStatus] == statusDoing || st.one[traitStatus] == statusReview) {
			leaf.move(d.soon(at, oneHour), who, statusBlocked)
		}
	}
}

// promise writes a goal's targets into the due dates of its epics.
func (s *tale) promise(g goalPlan) {
	for _, epic := range s.epicsOf(g.id) {
		for i, p := range g.targets {
			due := value{id: s.almanac.date(p.day()), text: s.almanac.date(p.day()) + " 00:00:00.0"}
			at := p.saidAt()
			if i == 0 || at <= epic.born {
				epic.initial.one[traitDue] = due
				continue
			}
			epic.do(at, epic.realm.team[0], traitDue, due)
		}
	}
}

// day returns the promised day: a Friday.
func (p targetPlan) day() moment { return weekStart(p.week) + 4*oneDay }

// saidAt returns when the promise was made: a Wednesday morning.
func (p targetPlan) saidAt() moment { return weekStart(p.said) + 2*oneDay + 9*oneHour + 40*oneMinute }
