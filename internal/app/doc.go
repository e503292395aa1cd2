// Package app puts the parts together: the service in one process.
//
// What lives here: opening the store and the sites, the order of syncing,
// measuring and publishing, schedules, reload and shutdown, the commands that
// need the store (answered by the service while it runs, by the command's own
// process otherwise), and the demo.
//
// What must not: anything that decides what a figure is, how Jira is read or
// how a page looks.
package app
