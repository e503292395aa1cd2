package syncer

import (
	"context"
	"fmt"
	"slices"

	"plumbline/internal/flow"
)

// Reported is a field by which goals report, with the epics whose field it is.
type Reported struct {
	Field string   // its name or its id
	Epics []string // their keys, sorted
	Goals []string // the goals' ids, sorted
}

// hear asks what the fields by which goals report say, of the epics that this
// run has read and of those that were never asked for it: of an epic that has
// not changed, they say what they did.
func (r *run) hear(ctx context.Context) error {
	o := &r.s.o
	if o.Reported == nil || r.stranger && r.report.Kind != Full {
		return nil
	}
	for _, f := range o.Reported() {
		speakers, err := o.Store.Speakers(o.Site, f.Field, f.Epics)
		if err != nil {
			return fmt.Errorf("site %s: %w", o.Site, err)
		}
		var ids []flow.IssueID
		for _, s := range speakers {
			if !s.Heard || r.read.Has(s.ID) {
				ids = append(ids, s.ID)
			}
		}
		if err := r.hearOf(ctx, f, ids); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) hearOf(ctx context.Context, f Reported, ids []flow.IssueID) error {
	if len(ids) == 0 {
		return nil
	}
	o := &r.s.o
	slices.Sort(ids)
	ids = slices.Compact(ids) // an epic may be named by two of its keys
	var said []flow.Said
	err := o.Source.Hear(ctx, f.Field, ids, func(s flow.Said) error {
		said = append(said, s)
		return ctx.Err()
	})
	goals := Selector{Goals: f.Goals}.names()
	switch why := rejected(err); {
	case why != "":
		r.report.Reasons = append(r.report.Reasons, fmt.Sprintf("the field by which %s reports can't be read: %s (mend reported.field in the goals file)", goals, why))
		return nil
	case err != nil:
		return fmt.Errorf("reading the field by which %s reports: %w", goals, err)
	}
	// Of what is not there any more, it says nothing.
	for _, id := range ids {
		if !slices.ContainsFunc(said, func(s flow.Said) bool { return s.ID == id }) {
			said = append(said, flow.Said{ID: id})
		}
	}
	if err := o.Store.Hear(context.WithoutCancel(ctx), o.Site, f.Field, said); err != nil {
		return fmt.Errorf("site %s: %w", o.Site, err)
	}
	return nil
}
