// Package jira reads one Jira site and turns its answers into flow's facts.
//
// What lives here: the client (it satisfies syncer.Source), the one function
// through which every request goes (limits, repetitions, errors in words), the
// discovery of a site's fields, the scans that lose no issue to paging, what a
// census asks, and the decoding of issues and changelogs. It is the only
// importer of go-jira, of which it takes the client and the authenticating
// transports; the types of Jira's answers are its own, because one field that
// drifted must cost one issue and not a page.
//
// What must not: any notion of goals, and anything kept from one run to the
// next. Nothing that names a person leaves the package: accounts become
// pseudonyms where an answer is decoded.
//
// A site is Cloud, or Data Center and Server (see flavour), by the word of its
// serverInfo. They differ in how a result is read:
//
//	Data Center  search by offset, pages overlapping by a row (see scan);
//	             changelogs embedded
//	Cloud        search by continuation token (see tokenScan);
//	             changelogs embedded as far as they go, else in bulk, else
//	             one by one, and checked against what was announced
//
// Errors tell what can be done about them: ErrAuth and ErrConfig stay until
// somebody changes something, ErrYield passes with time, ErrIncomplete means
// that what was handed over is sound and not all. A credential travels to the
// configured host alone or, if it is a scoped token, to Atlassian's gateway
// alone; redirects are never followed.
package jira
