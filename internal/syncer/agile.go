package syncer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"plumbline/internal/flow"
)

// agile reads versions and sprints. Neither stands in for the other: where one
// cannot be had, the other is stored.
func (r *run) agile(ctx context.Context) error {
	keys, err := r.projects(ctx)
	if err != nil {
		return err
	}
	versions, noVersions := r.s.o.Source.Versions(ctx, keys)
	sprints, noSprints := r.s.o.Source.Sprints(ctx)
	if noVersions != nil && noSprints != nil {
		return errors.Join(noVersions, noSprints)
	}
	if err := r.write(context.WithoutCancel(ctx), flow.Batch{Versions: versions, Sprints: oneEach(sprints)}); err != nil {
		return err
	}
	r.useful = true
	if err := errors.Join(noVersions, noSprints); err != nil {
		if ctx.Err() != nil || yields(err) {
			return err
		}
		r.report.Reasons = append(r.report.Reasons, err.Error())
	}
	return nil
}

// projects returns the keys of the projects of all present issues.
func (r *run) projects(ctx context.Context) ([]string, error) {
	keys := map[string]bool{}
	err := r.s.o.Store.Held(ctx, r.s.o.Site, func(h flow.Held) error {
		if h.As == flow.Present && h.Project.Name != "" {
			keys[h.Project.Name] = true
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("site %s: %w", r.s.o.Site, err)
	}
	return slices.Sorted(maps.Keys(keys)), nil
}

// oneEach returns each sprint once: that of the first board by id, where
// several boards show it.
func oneEach(sprints []flow.Sprint) []flow.Sprint {
	sorted := slices.SortedFunc(slices.Values(sprints), func(a, b flow.Sprint) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.BoardID, b.BoardID))
	})
	return slices.CompactFunc(sorted, func(a, b flow.Sprint) bool { return a.ID == b.ID })
}
