// Package syncer is the use case of getting Jira's facts into the store.
//
// What lives here: the kinds of sync (full, incremental), what each reads,
// when the watermark moves, one run at a time for a site, and the Report that
// every run ends with.
//
// What must not: HTTP and JSON (package jira), bbolt (package store), and any
// reading of what the facts mean.
package syncer
