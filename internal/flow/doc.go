// Package flow is the domain: Jira issues, their changelogs, and the timeline
// that follows from them.
//
// What lives here: the facts that Jira states of an issue (Issue, Change,
// State), the site's catalogue that gives them meaning (Catalog), the pure
// functions that replay a changelog to the state of an issue at any moment
// (Timeline), the rules that tell delivered from discarded work (Semantics),
// and calendar dates.
//
// What must not: IO, clocks (every function that needs the present takes it),
// goals, measures, or anything that only one Jira flavour knows. The package
// imports the standard library alone.
//
// All instants are UTC with millisecond resolution, which is Jira's own.
package flow
