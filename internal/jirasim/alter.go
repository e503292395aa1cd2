package jirasim

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Change is something that befalls a site otherwise than by the histories of
// its dump. What a change does to how an issue or a project stands leaves no
// trace in any changelog and moves no field updated, as on a real site; what
// it does to an issue's fields (Move, Relabel, Reparent) leaves both.
type Change struct {
	what    string // in words, for errors
	subject string // an issue's id or key, or a project's key
	stands  standing
	project bool // the subject is a project
	edit    func(w *World, i *issue, at int64) error
}

// standing is how an issue or a project stands to the account that asks. The
// greater hides the smaller.
type standing uint8

const (
	seen     standing = iota
	archived          // not in searches, reachable by id and key
	withheld          // there, but not for this account
	deleted
)

// Delete takes the issue away for good, as far as anybody can tell. Its
// sub-tasks stay unless they are deleted too, and what other issues say of it
// does not change.
func Delete(issue string) Change {
	return Change{what: "delete " + issue, subject: issue, stands: deleted}
}

// Hide puts the issue under a security level that the account does not have:
// it answers exactly as a deleted one does.
func Hide(issue string) Change {
	return Change{what: "hide " + issue, subject: issue, stands: withheld}
}

// Archive takes the issue out of every search. By id or key it is there, with
// the fields archiveddate and archivedby.
func Archive(issue string) Change {
	return Change{what: "archive " + issue, subject: issue, stands: archived}
}

// Restore brings a deleted, hidden or archived issue back as if nothing had
// been.
func Restore(issue string) Change {
	return Change{what: "restore " + issue, subject: issue}
}

// ArchiveProject archives the project with all its issues.
func ArchiveProject(key string) Change {
	return Change{what: "archive project " + key, subject: key, stands: archived, project: true}
}

// VanishProject takes from the account the right to browse the project: no
// roster names it, a query that does is a mistake, its issues are hidden.
func VanishProject(key string) Change {
	return Change{what: "vanish project " + key, subject: key, stands: withheld, project: true}
}

// TrashProject deletes the project with all its issues. Cloud's roster shows
// it among the deleted ones.
func TrashProject(key string) Change {
	return Change{what: "trash project " + key, subject: key, stands: deleted, project: true}
}

// RestoreProject brings an archived, vanished or deleted project back.
func RestoreProject(key string) Change {
	return Change{what: "restore project " + key, subject: key, project: true}
}

// turn is a change of standing.
type turn struct {
	at     int64
	stands standing
}

// Alter schedules the changes for the given moment: a site whose clock has
// reached it shows them, one whose clock has not does not. It must be called
// before the world is served. Changes of one moment happen in the order in
// which they were scheduled. It is an error to name an issue or a project that
// the world never has, and for edits, one that did not exist yet, or whose
// field is changed by its own history afterwards.
func (w *World) Alter(at time.Time, changes ...Change) error {
	for _, c := range changes {
		if err := w.alter(at.UnixMilli(), c); err != nil {
			return fmt.Errorf("%s: %w", c.what, err)
		}
	}
	return nil
}

func (w *World) alter(at int64, c Change) error {
	if c.project {
		p := w.catalog.projects[strings.ToUpper(c.subject)]
		if p == nil {
			return errors.New("no such project")
		}
		p.turns, w.projectsTurn = insertTurn(p.turns, turn{at, c.stands}), true
		w.addMoments(at)
		return nil
	}
	i := w.named(c.subject)
	if i == nil {
		return errors.New("no such issue")
	}
	if c.edit != nil {
		return c.edit(w, i, at)
	}
	i.turns = insertTurn(i.turns, turn{at, c.stands})
	w.addMoments(at)
	return nil
}

// named returns the issue by its id or by any key that it ever has.
func (w *World) named(text string) *issue {
	if id, ok := parseID(text); ok {
		return w.byID[id]
	}
	return w.keyed(strings.ToUpper(text))
}

func insertTurn(turns []turn, t turn) []turn {
	n := len(turns)
	for n > 0 && turns[n-1].at > t.at {
		n--
	}
	return slices.Insert(turns, n, t)
}

// addMoments makes the instants known at which a search may answer otherwise.
func (w *World) addMoments(at ...int64) {
	w.moments = append(w.moments, at...)
	slices.Sort(w.moments)
	w.moments = slices.Clip(slices.Compact(w.moments))
}

// standsAt returns the standing at the time and since when it is so.
func standsAt(turns []turn, at int64) turn {
	n, _ := slices.BinarySearchFunc(turns, at, func(t turn, at int64) int {
		if t.at <= at {
			return -1
		}
		return 1
	})
	if n == 0 {
		return turn{}
	}
	return turns[n-1]
}

// stands returns how the issue stands at the time, by itself and by the
// project that it is in then, and since when.
func (w *World) stands(i *issue, at int64) turn {
	t := standsAt(i.turns, at)
	if !w.projectsTurn {
		return t
	}
	if p := w.catalog.projects[w.projectOf(i, at)]; p != nil {
		if of := standsAt(p.turns, at); of.stands > t.stands {
			return of
		}
	}
	return t
}

// projectOf returns the key of the project that the issue is in at the time.
func (w *World) projectOf(i *issue, at int64) string {
	key := i.key
	for n := len(i.histories) - 1; n >= 0 && i.histories[n].at > at; n-- {
		items := i.histories[n].items
		for k := len(items) - 1; k >= 0; k-- {
			if items[k].kind == kindKey && items[k].oldKey() != "" {
				key = items[k].oldKey()
			}
		}
	}
	project, _, _ := splitKey(key)
	return project
}

// gone reports whether the account can't reach the issue at the time.
func (w *World) gone(i *issue, at int64) bool { return w.stands(i, at).stands > archived }

// shownProjects returns the projects that stand so at the time, by key.
func (w *World) shownProjects(at int64, wanted func(standing) bool) []*project {
	var all []*project
	for _, p := range w.catalog.projects {
		if wanted(standsAt(p.turns, at).stands) {
			all = append(all, p)
		}
	}
	slices.SortFunc(all, func(a, b *project) int { return cmp.Compare(a.key, b.key) })
	return all
}
