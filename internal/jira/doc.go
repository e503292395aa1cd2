// Package jira reads one Jira site and turns its answers into flow's facts.
//
// What lives here: the client (it satisfies syncer.Source), the one function
// through which every request goes (limits, repetitions, errors in words), the
// discovery of a site's fields, the scan that loses no issue to paging, and
// the decoding of issues and changelogs. It is the only importer of go-jira,
// of which it takes the client and the authenticating transports; the types of
// Jira's answers are its own, because one field that drifted must cost one
// issue and not a page.
//
// What must not: any notion of goals, and anything kept from one run to the
// next. Nothing that names a person leaves the package: accounts become
// pseudonyms where an answer is decoded.
//
// Data Center and Server are read; Cloud is told apart (see flavour) and
// refused in words.
package jira
