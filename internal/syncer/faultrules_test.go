package syncer_test

import (
	"slices"
	"strings"
	"testing"

	"plumbline/internal/jirasim"
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
	// problem: what is held otherwise than it is must be on record.
	problem bool
	// hides: Jira shows no trace of issues that are there, as to an account
	// that may not see them. The next census finds those that were missed, and
	// the next full sync what was changed in others.
	hides bool
	// unasked: the fault is of something that no sync asks for.
	unasked bool
}

// faultClass is faults of one kind, with what Jira does and what a sync makes of
// it in the words of the README.
type faultClass struct {
	jira, plumbline string
	rules           map[string]faultRule
}

// undecided is what a census says of an issue that it got no answer about.
const undecided = "the site did not say what became of"

func says(what ...string) faultRule { return faultRule{says: what} }

// faultClasses are all faults.
func faultClasses() []faultClass {
	var (
		fine       faultRule
		always     = faultRule{always: true}
		overloaded = says("Jira is overloaded, starting or under maintenance", undecided)
		refused    = says("the credentials are not accepted")
		tooMany    = faultRule{says: []string{"too many requests", "yielded: the site asked to wait until"}, waits: true}
	)
	return []faultClass{
		{
			"pages that stop short, repeat, overlap or come unsorted; tokens lost or refused; a late index; a window of results",
			"reads again from where it is sure, and counts; what it cannot be sure of is `partial`",
			map[string]faultRule{
				"token-null": fine, "token-empty": fine, "islast-missing": fine, "islast-early": fine,
				"empty-page":     says("pages in a row bring nothing new"),
				"token-lost":     says("Jira says that more issues follow, and gives no continuation token"),
				"token-repeated": says("the continuation token does not advance"),
				"token-expired":  says("Jira does not take its own continuation token any more"),
				"short-pages":    fine, "index-lag": fine, "reorder-ties": fine, "duplicate-rows": fine, "clamp-lowered": fine,
				"reorder":       says("issues do not come in order of creation", "the rows keep shifting"),
				"result-window": fine, "errors-missing": fine, "count-off": fine,
				"warnings": says("Jira warns that the result is not whole"),
			},
		}, {
			"histories split over pages, withheld or otherwise written",
			"merges them, counts them against what was announced, and asks for the issue's own changelog",
			map[string]faultRule{"history-split": fine, "history-withheld": fine, "history-epoch": fine, "fieldid-missing": fine, "author-null": fine},
		}, {
			"fields that are absent, twice there or not what they should be; statuses that are no more",
			"keeps what can be read, and the issue as a recorded problem",
			map[string]faultRule{
				"updated-absent": {falsifies: true},
				"bad-issue":      {says: []string{"an issue has no id"}, falsifies: true, problem: true, always: true},
				"sprint-text":    always, "sprint-object": always, "two-fields": always, "status-deleted": always, "no-admin": {unasked: true},
			},
		}, {
			"a project that comes and goes; a clock that is fast; an account in a zone with summer time",
			"keeps what it cannot see; the next census finds what was missed, the next full sync what was changed meanwhile; goes by the site's clock",
			map[string]faultRule{
				"project-vanishes": {
					says:  []string{"cannot be seen any more", "differ from one request to the next", "could not be read", "the search ends after"},
					hides: true,
				},
				"zone-dst": always, "clock-skew": always,
			},
		}, {
			"429 for a burst or a quota, told in five ways or not at all",
			"waits as it is told, for one endpoint or for all; beyond 5 minutes in sum the run yields",
			map[string]faultRule{
				"429-burst": tooMany, "429-quota-global": tooMany, "429-quota-tenant": tooMany, "429-quota-legacy": tooMany,
				"429-cost": tooMany, "429-threads": tooMany, "429-per-issue": tooMany, "429-seconds": tooMany,
				"429-date": tooMany, "429-reset": tooMany, "429-reset-minutes": tooMany, "429-bare": tooMany,
			},
		}, {
			"500, 502, 503, 504",
			"asks up to four times more, 2, 4, 8 and 16 s apart give or take 30 %",
			map[string]faultRule{
				"503-html": overloaded, "502": overloaded, "504": overloaded,
				"503-retry": {says: overloaded.says, waits: true},
				"500":       says("Internal server error", undecided),
			},
		}, {
			"answers that are slow, cut off or reset",
			"asks again",
			map[string]faultRule{
				"slow-body": {waits: true},
				"truncated": says("the answer is no whole JSON", undecided),
				"reset":     says("the answer broke off", undecided),
			},
		}, {
			"401 in five shapes, a captcha, a login page, a redirect, an answer for nobody",
			"fails at once, with words that tell them apart, and infers nothing",
			map[string]faultRule{
				"login-page":  says("the site answers with a web page where data was asked for"),
				"redirect":    says("the site sends us to another host"),
				"401-message": refused, "401-errors": refused, "401-text": refused, "401-html": refused,
				"401-scope": says("the token lacks a scope that this needs"),
				"anonymous": says("the credentials are not accepted", "the site takes us for an anonymous visitor"),
				"captcha":   says("Jira asks for a CAPTCHA"),
			},
		},
	}
}

// ruleOf returns the rule of a fault; false where there is none.
func ruleOf(fault string) (faultRule, bool) {
	for _, c := range faultClasses() {
		if rule, ok := c.rules[fault]; ok {
			return rule, true
		}
	}
	return faultRule{}, false
}

// anyOf reports whether the rule of one of the faults is so.
func anyOf(faults []string, so func(faultRule) bool) bool {
	return slices.ContainsFunc(faults, func(name string) bool {
		rule, _ := ruleOf(name)
		return so(rule)
	})
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
		if _, has := ruleOf(name); !has {
			t.Errorf("nothing says what a sync may make of %s", name)
		}
	}
	for _, class := range faultClasses() {
		for name := range class.rules {
			if !slices.Contains(names, name) {
				t.Errorf("there is no fault %s", name)
			}
		}
	}
}

func waits(f faultRule) bool { return f.waits }

func always(f faultRule) bool { return f.always }

func isProblem(f faultRule) bool { return f.problem }

func unasked(f faultRule) bool { return f.unasked }

func falsifies(f faultRule) bool { return f.falsifies }

func hides(f faultRule) bool { return f.hides }
