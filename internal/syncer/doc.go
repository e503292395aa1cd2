// Package syncer is the use case of getting Jira's facts into the store.
//
// What lives here: the kinds of sync, what each reads, when the watermark
// moves, one run at a time for a site, and the Report that every run ends
// with.
//
//	full         everything, oldest creation first; goes on where it stopped
//	incremental  what was changed since the watermark less an overlap; goes on
//	             where it stopped
//	census       the ids of all issues: those that the store lacks are fetched,
//	             those that only the store has are looked for one by one
//	agile        versions and sprints, of which no issue tells
//
// Each of them then asks which issues the goals' JQLs match (select.go); an
// incremental one only where it found something new, or has never asked;
// and what the fields by which goals report say of the epics that have changed
// (hear.go).
//
// A run ends complete, partial with its reasons, or failed. The watermark is
// the start of the run by the site's clock and moves with a complete run
// alone. An incremental run or a census with nothing to build on (the first
// one, or under another scope) becomes a full run.
//
// # What is inferred from an issue that is not seen
//
// Nothing, unless the scan of the ids was whole, we are the account that read
// before, and the site was asked for this very issue past its index. What it
// denies is asked for twice; where it is there, the ids are scanned once more
// (census.go). Then (verdict.go):
//
//	there, archived or in an archived project   archived      marked
//	there otherwise                             out of scope  marked
//	not there, its project is live or trashed   deleted       marked
//	not there, its project is not listed        access lost   kept; marked once
//	                                                          the scope was changed
//	not there, with half of its project or more hidden        kept
//	there, with half of its project or more     unconfirmed   kept until a census
//	                                                          a day later says the same
//	no answer, or answers that contradict each  unconfirmed   kept, with all of
//	other                                                     its project
//
// What is kept makes the run partial. What is marked keeps its history, and is
// present again as soon as it is seen. Who knows that hidden issues, or those
// of a project that was lost, are gone for good says so by AcceptMissing; it
// gives up as many as the census before it has reported, and no more.
//
// What must not live here: HTTP and JSON (package jira), bbolt (package
// store), and any reading of what the facts mean.
package syncer
