package flow

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"time"
)

// Timeline is the life of an issue: its state at every moment from its
// creation on, replayed from its changelog.
//
// A changelog tells no initial values. The value that a field had at creation
// is what the earliest change of that field says it was before; a field that
// never changed has had its present value all along. Fields that hold a set
// (fix versions) are wound back from the present value change by change.
//
// Three things that the changelog leaves out are put in as implied changes:
//   - an issue whose resolution or closing has no entry was open until Jira's
//     resolution date; which status it had until then is not known;
//   - a field whose changelog does not end at its present value gets that
//     value at the issue's last update, and a Defect says so, unless it can be
//     the same issue under another key;
//   - an issue whose status was given another category while it stood in it has
//     that category from then on. That is no change of the issue.
type Timeline struct {
	Issue *Issue
	// Defects say where the changelog contradicts itself or the present.
	Defects []Defect

	catalog *Catalog
	initial State
	changes []Change // the issue's and the implied ones, in order, none before creation
	touched FieldSet // that some change is of
}

// FieldSet is a set of fields: 1<<f says that f is in it.
type FieldSet uint32

// Has reports whether the field is in the set.
func (fs FieldSet) Has(f Field) bool { return fs>>f&1 != 0 }

func (fs *FieldSet) add(f Field) { *fs |= 1 << f }

// stateFields are those whose changes change the State.
const stateFields FieldSet = 1<<numFields - 1 -
	1<<FieldOther - 1<<FieldLink - 1<<FieldSprint - 1<<FieldComponent - 1<<FieldRank

// Defect is a contradiction between a changelog and itself, or the present.
type Defect struct {
	At    time.Time
	Field Field
	What  string
}

// Span is a half-open stretch of time, [From, To). A zero To has no end.
type Span struct {
	From, To time.Time
}

// Contains reports whether t lies in the span.
func (s Span) Contains(t time.Time) bool {
	return !t.Before(s.From) && (s.To.IsZero() || t.Before(s.To))
}

// Intersect returns the moments that lie in both spans; false where none does.
func (s Span) Intersect(o Span) (Span, bool) {
	if o.From.After(s.From) {
		s.From = o.From
	}
	if endsAfter(s.To, o.To) {
		s.To = o.To
	}
	return s, s.To.IsZero() || s.From.Before(s.To)
}

// NewTimeline replays the changelog of i. The issue must not be changed
// afterwards. A nil catalogue knows no status but the present one.
func NewTimeline(i *Issue, c *Catalog) *Timeline {
	t := &Timeline{}
	t.Replace(i, c)
	return t
}

// Replace makes the timeline that of another issue. Nobody must look at it
// meanwhile.
func (t *Timeline) Replace(i *Issue, c *Catalog) {
	*t = Timeline{Issue: i, catalog: c}
	t.changes = t.ordered()
	t.initial = t.windBack()
	t.implyResolution()
	t.reconcile()
	t.recategorise()
}

// Created is when the issue's life begins.
func (t *Timeline) Created() time.Time { return t.Issue.Created }

// Changes returns the changes in the order in which they are replayed: the
// changelog's and the implied ones. The slice must not be changed.
func (t *Timeline) Changes() []Change { return t.changes }

// Touched reports whether any change is of one of the fields.
func (t *Timeline) Touched(by FieldSet) bool { return t.touched&by != 0 }

// At returns the state at the moment; false before creation and from the time
// on at which the issue was found to be gone.
func (t *Timeline) At(at time.Time) (State, bool) {
	if at.Before(t.Issue.Created) || t.goneBy(at) {
		return State{}, false
	}
	st := t.initial
	for k := range t.changes {
		if t.changes[k].At.After(at) {
			break
		}
		t.apply(&st, &t.changes[k])
	}
	return st, true
}

// Spans yields the stretches of the issue's life in which no followed field
// changes, in order, without a gap; the last has no end unless the issue is
// gone. The state is valid until the next step only.
func (t *Timeline) Spans() iter.Seq2[Span, *State] { return t.SpansOf(stateFields) }

// SpansOf yields the stretches in which none of the given fields changes, as
// Spans does; of the state these fields alone may be read. A status comes with
// its category, and a key with the name of its project.
func (t *Timeline) SpansOf(given FieldSet) iter.Seq2[Span, *State] {
	return func(yield func(Span, *State) bool) {
		st := t.initial
		from := t.Issue.Created
		if t.goneBy(from) {
			return
		}
		for k := range t.changes {
			c := &t.changes[k]
			if !given.Has(c.Field) {
				continue
			}
			if t.goneBy(c.At) {
				break
			}
			if c.At.After(from) {
				if !yield(Span{from, c.At}, &st) {
					return
				}
				from = c.At
			}
			t.apply(&st, c)
		}
		yield(Span{from, t.Issue.Gone}, &st)
	}
}

func (t *Timeline) goneBy(at time.Time) bool {
	return !t.Issue.Gone.IsZero() && !at.Before(t.Issue.Gone)
}

// ordered returns the changelog in the order of replay. Imports leave entries
// older than the issue; they hold from its creation on.
func (t *Timeline) ordered() []Change {
	early, sorted := false, true
	for k := range t.Issue.Changes {
		c := &t.Issue.Changes[k]
		early = early || c.At.Before(t.Issue.Created)
		sorted = sorted && (k == 0 || !after(&t.Issue.Changes[k-1], c))
	}
	if !early && sorted {
		return t.Issue.Changes
	}
	cs := slices.Clone(t.Issue.Changes)
	slices.SortStableFunc(cs, compareChanges)
	for k := range cs {
		if cs[k].At.Before(t.Issue.Created) {
			t.defect(cs[k].At, cs[k].Field, "changed before the issue was created")
			cs[k].At = t.Issue.Created
		}
	}
	return cs
}

// after reports whether a is replayed after b.
func after(a, b *Change) bool {
	return a.At.After(b.At) || !b.At.After(a.At) && compareChanges(*a, *b) > 0
}

func compareChanges(a, b Change) int {
	return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.History, b.History), cmp.Compare(a.Item, b.Item))
}

// windBack infers the state at creation.
func (t *Timeline) windBack() State {
	st := t.Issue.Now
	for k := range t.changes {
		c := &t.changes[k]
		if c.Field != FieldFixVersion && !t.touched.Has(c.Field) {
			t.set(&st, c.Field, c.From, t.Issue.Created)
		}
		t.touched.add(c.Field)
	}
	if !t.touched.Has(FieldStatus) && len(t.catalog.was(st.Status.ID)) > 0 {
		t.set(&st, FieldStatus, st.Status, t.Issue.Created)
	}
	for k := len(t.changes) - 1; k >= 0 && t.touched.Has(FieldFixVersion); k-- {
		if c := &t.changes[k]; c.Field == FieldFixVersion {
			st.FixVersions = without(with(st.FixVersions, c.From.ID), c.To.ID)
		}
	}
	return st
}

// apply brings st from before the change to after it.
func (t *Timeline) apply(st *State, c *Change) {
	if c.Field == FieldFixVersion {
		st.FixVersions = with(without(st.FixVersions, c.From.ID), c.To.ID)
		return
	}
	t.set(st, c.Field, c.To, c.At)
}

// implyResolution puts in what a changelog without status or resolution
// entries leaves out: an issue that is closed now was open until its
// resolution date. Dumps and old imports lack these entries.
func (t *Timeline) implyResolution() {
	now, at := &t.Issue.Now, t.Issue.Resolved
	if at.IsZero() || !at.After(t.Issue.Created) {
		return
	}
	var implied []Change
	if !t.touched.Has(FieldStatus) && now.Category == Done {
		implied = append(implied, Change{At: at, Field: FieldStatus, To: now.Status})
	}
	if !t.touched.Has(FieldResolution) && !now.Resolution.IsZero() {
		implied = append(implied, Change{At: at, Field: FieldResolution, To: now.Resolution})
	}
	for _, c := range implied {
		t.insert(c)
		t.set(&t.initial, c.Field, c.From, t.Issue.Created)
	}
}

// reconcile ends every field at its present value. Where the changelog does
// not, a change is implied at the last update.
func (t *Timeline) reconcile() {
	end := t.initial
	for k := range t.changes {
		t.apply(&end, &t.changes[k])
	}
	at := t.Issue.Updated
	if n := len(t.changes); n > 0 && t.changes[n-1].At.After(at) {
		at = t.changes[n-1].At
	}
	if at.Before(t.Issue.Created) {
		at = t.Issue.Created
	}
	for _, c := range differences(t.touched, &end, &t.Issue.Now) {
		if c.At = at; !t.rekeyed(&c) {
			t.defect(at, c.Field, "the changelog does not end at the present value")
		}
		t.insert(c)
	}
}

// rekeyed reports whether the two sides of a reference can be one issue under
// two keys, which moved to another project since: a server's Epic Link shows the
// present key alone. A changelog that came short may lack an entry instead.
func (t *Timeline) rekeyed(c *Change) bool {
	if c.Field != FieldParent && c.Field != FieldEpic || t.Issue.Announced > t.Issue.Histories {
		return false
	}
	return !c.From.IsZero() && !c.To.IsZero() && (c.From.ID == "" || c.To.ID == "")
}

// recategorise puts in when the statuses that the issue stood in were given
// another category.
func (t *Timeline) recategorise() {
	if t.catalog == nil || len(t.catalog.Was) == 0 {
		return
	}
	var implied []Change
	status, from := t.initial.Status, t.Issue.Created
	stood := func(until time.Time) {
		for _, was := range t.catalog.was(status.ID) {
			if was.Until.After(from) && (until.IsZero() || was.Until.Before(until)) {
				implied = append(implied, Change{At: was.Until, Bot: true, Field: FieldStatus, From: status, To: status})
			}
		}
	}
	for k := range t.changes {
		if c := &t.changes[k]; c.Field == FieldStatus {
			stood(c.At)
			status, from = c.To, c.At
		}
	}
	stood(time.Time{})
	for _, c := range implied {
		t.insert(c)
	}
}

// insert puts an implied change behind all changes of its moment.
func (t *Timeline) insert(c Change) {
	k, _ := slices.BinarySearchFunc(t.changes, c.At, func(o Change, at time.Time) int {
		if o.At.After(at) {
			return 1
		}
		return -1
	})
	t.changes = slices.Insert(slices.Clone(t.changes), k, c)
	t.touched.add(c.Field)
}

func (t *Timeline) defect(at time.Time, f Field, what string) {
	t.Defects = append(t.Defects, Defect{At: at, Field: f, What: fmt.Sprintf("%s: %s", f, what)})
}
