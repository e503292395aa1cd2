package syncer_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"plumbline/internal/jirasim"
	"plumbline/internal/syncer"
)

// faultRule is what is right for a sync to make of a fault.
type faultRule struct {
	// says are beginnings of sentences of which a sync that is not complete
	// must say one; none where the fault must not keep a sync from completing.
	says []string
	// waits: the site asks to be left alone for a while.
	waits bool
	// always: the fault is of the site, and there or not.
	always bool
	// falsifies: Jira shows an issue otherwise than it is. What was read so is
	// kept until the next full sync.
	falsifies bool
	// hides: Jira shows no trace of issues that are there, as to an account
	// that may not see them. A census finds them.
	hides bool
}

const undecided = "the site did not say what became of"

var (
	overloaded        = faultRule{says: []string{"Jira is overloaded, starting or under maintenance", undecided}}
	waitAndOverloaded = faultRule{says: overloaded.says, waits: true}
	tooMany           = faultRule{says: []string{"too many requests", "yielded: the site asked to wait until"}, waits: true}
)

// faultRules are the rules of all faults.
var faultRules = map[string]faultRule{
	"token-null": {}, "token-empty": {},
	"token-lost":     {says: []string{"Jira says that more issues follow, and gives no continuation token"}},
	"token-repeated": {says: []string{"the continuation token does not advance"}},
	"token-expired":  {says: []string{"Jira does not take its own continuation token any more"}},
	"islast-missing": {}, "islast-early": {}, "empty-page": {}, "short-pages": {}, "index-lag": {},
	"reorder":      {says: []string{"issues do not come in order of creation", "the rows keep shifting"}},
	"reorder-ties": {}, "duplicate-rows": {}, "clamp-lowered": {}, "result-window": {},
	"warnings":      {says: []string{"Jira warns that the result is not whole"}},
	"history-split": {}, "history-withheld": {}, "history-epoch": {}, "errors-missing": {}, "count-off": {},

	"fieldid-missing": {}, "author-null": {},
	"updated-absent": {falsifies: true},
	"bad-issue":      {says: []string{"an issue has no id"}, falsifies: true, always: true},
	"sprint-text":    {always: true}, "sprint-object": {always: true}, "two-fields": {always: true}, "status-deleted": {always: true},

	"project-vanishes": {hides: true, says: []string{"cannot be seen any more", "differ from one request to the next", "could not be read", "the search ends after"}},
	"zone-dst":         {always: true}, "clock-skew": {always: true},

	"429-burst": tooMany, "429-quota-global": tooMany, "429-quota-tenant": tooMany, "429-quota-legacy": tooMany,
	"429-cost": tooMany, "429-threads": tooMany, "429-per-issue": tooMany, "429-seconds": tooMany,
	"429-date": tooMany, "429-reset": tooMany, "429-reset-minutes": tooMany, "429-bare": tooMany,
	"503-html": overloaded, "503-retry": waitAndOverloaded, "502": overloaded, "504": overloaded,
	"500": {says: []string{"Internal server error", undecided}},

	"login-page":  {says: []string{"the site answers with a web page where data was asked for"}},
	"redirect":    {says: []string{"the site sends us to another host"}},
	"401-message": {says: []string{"the credentials are not accepted"}},
	"401-errors":  {says: []string{"the credentials are not accepted"}},
	"401-text":    {says: []string{"the credentials are not accepted"}},
	"401-scope":   {says: []string{"the token lacks a scope that this needs"}},
	"401-html":    {says: []string{"the credentials are not accepted"}},
	"anonymous":   {says: []string{"the credentials are not accepted", "the site takes us for an anonymous visitor"}},
	"captcha":     {says: []string{"Jira asks for a CAPTCHA"}},
	"no-admin":    {},

	"slow-body": {waits: true},
	"truncated": {says: []string{"the answer is no whole JSON", undecided}},
	"reset":     {says: []string{"the answer broke off", undecided}},
}

// anyOf reports whether the rule of one of the faults is so.
func anyOf(faults []string, so func(faultRule) bool) bool {
	return slices.ContainsFunc(faults, func(name string) bool { return so(faultRules[name]) })
}

// explained reports whether a reason is one that the faults make right.
func explained(faults []string, reason string) bool {
	return anyOf(faults, func(f faultRule) bool {
		return slices.ContainsFunc(f.says, func(s string) bool { return strings.Contains(reason, s) })
	})
}

func TestEveryFaultHasARule(t *testing.T) {
	names := jirasim.NewFaults().Names("")
	for _, name := range names {
		if _, has := faultRules[name]; !has {
			t.Errorf("nothing says what a sync may make of %s", name)
		}
	}
	for name := range faultRules {
		if !slices.Contains(names, name) {
			t.Errorf("there is no fault %s", name)
		}
	}
}

// String tells the ending in a cell of a table.
func (e ending) String() string {
	if e.right {
		return fmt.Sprintf("right after %d", e.runs)
	}
	return fmt.Sprintf("%d complete, %d partial, %d failed: %s", e.results[syncer.Complete], e.results[syncer.Partial], e.results[syncer.Failed], e.reason)
}

// print writes the table.
func (f *faultTable) print(t *testing.T) {
	var b strings.Builder
	for _, r := range f.rows {
		fmt.Fprintf(&b, "%s | %s | %s | %d | %d | %d | %s | %s\n", strings.Join(r.faults, " + "), r.flavour, r.kind, r.runs, r.requests, r.retries, r.ending, r.mended)
	}
	t.Log("fault | flavour | kind | runs | requests | retries | end\n" + b.String())
}
