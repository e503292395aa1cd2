package syncer_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"plumbline/internal/syncer"
)

// ending is how an ordeal ended.
type ending struct {
	struck                  int // how often the faults have struck
	runs, requests, retries int // of syncs from when nothing changed any more, until the store was right
	right                   bool
	results                 map[syncer.Result]int
	reason                  string      // the last
	mended                  syncer.Kind // the sync after all was well that the store was right after
}

func (e *ending) add(r syncer.Report, settled bool) {
	if e.results == nil {
		e.results = map[syncer.Result]int{}
	}
	e.results[r.Result]++
	if settled {
		e.runs++
		e.requests, e.retries = e.requests+r.Requests, e.retries+r.Retries
	}
	if len(r.Reasons) > 0 {
		e.reason = r.Reasons[len(r.Reasons)-1]
	}
}

// String is the ending in a cell of a table.
func (e ending) String() string {
	switch {
	case e.struck == 0:
		return "never struck"
	case e.right:
		return "right"
	case e.results[syncer.Partial]+e.results[syncer.Failed] == 0:
		return "recorded as a problem; right after the next " + string(e.mended) + " sync"
	}
	what, _, _ := strings.Cut(e.reason, " (")
	return fmt.Sprintf("says %q; right after the next %s sync", shortened(what), e.mended)
}

// shortened leaves out where an error came up, and Jira's own words.
func shortened(what string) string {
	parts := strings.Split(strings.TrimPrefix(what, "site acme: "), ": ")
	for k, p := range parts {
		if strings.Contains(p, " ") {
			return parts[k]
		}
	}
	return what
}

// faultTable is how all ordeals ended.
type faultTable struct {
	mu   sync.Mutex
	rows []faultRow
}

type faultRow struct {
	ordeal
	ending
}

func (f *faultTable) add(o ordeal, e ending) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rows = append(f.rows, faultRow{o, e})
}

// check sees to it that each fault was met on each flavour.
func (f *faultTable) check(t *testing.T) {
	struck := map[[2]string]int{}
	for _, r := range f.rows {
		if len(r.faults) == 1 {
			struck[[2]string{r.faults[0], r.flavour}] += r.struck
		}
	}
	for what, n := range struck {
		if n == 0 && !anyOf([]string{what[0]}, unasked) {
			t.Errorf("%s on %s has never struck", what[0], what[1])
		}
	}
}

// each is a table of all ordeals.
func (f *faultTable) each() string {
	var b strings.Builder
	b.WriteString("| fault | flavour | sync | struck | runs | requests | retries | end |\n|---|---|---|--:|--:|--:|--:|---|\n")
	slices.SortFunc(f.rows, func(a, b faultRow) int {
		return cmp.Or(cmp.Compare(len(a.faults), len(b.faults)), slices.Compare(a.faults, b.faults), cmp.Compare(a.flavour, b.flavour), cmp.Compare(a.kind, b.kind))
	})
	for _, r := range f.rows {
		fmt.Fprintf(&b, "| %s | %s | %s | %d | %d | %d | %d | %s |\n", strings.Join(r.faults, " + "), r.flavour, r.kind, r.struck, r.runs, r.requests, r.retries, r.ending)
	}
	return b.String()
}

// byClass is a table of the classes of faults: the README's.
func (f *faultTable) byClass() string {
	var b strings.Builder
	b.WriteString("| what Jira does | what a sync does | faults | tried | right meanwhile | right afterwards |\n|---|---|--:|--:|--:|--:|\n")
	for _, class := range faultClasses() {
		line(&b, class.jira, class.plumbline, len(class.rules), f.rows, func(r *faultRow) bool {
			_, of := class.rules[r.faults[0]]
			return of && len(r.faults) == 1
		})
	}
	line(&b, "two to four of these at once", "all of this", 0, f.rows, func(r *faultRow) bool { return len(r.faults) > 1 })
	return b.String()
}

// line writes the row of the ordeals that count.
func line(b *strings.Builder, jira, plumbline string, faults int, rows []faultRow, counts func(*faultRow) bool) {
	var tried, right int
	names := map[string]bool{}
	for k := range rows {
		r := &rows[k]
		if r.struck == 0 || !counts(r) {
			continue
		}
		if tried++; r.right {
			right++
		}
		for _, name := range r.faults {
			names[name] = true
		}
	}
	fmt.Fprintf(b, "| %s | %s | %d | %d | %d | %d |\n", jira, plumbline, cmp.Or(faults, len(names)), tried, right, tried-right)
}
