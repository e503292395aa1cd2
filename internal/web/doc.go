// Package web is Plumbline over HTTP: the goal board, the evidence pages, the
// JSON API, metrics, health and reload, and the local socket by which commands
// reach a running service.
//
// What lives here: routes, the reading of hostile requests, page views made
// from a snapshot (pure functions), templates and their one stylesheet, the
// socket's protocol.
//
// What must not: the making of any figure (package measure), the keeping of
// any state, and the starting and stopping of the service (package app). The
// Engine that answers is declared here and implemented by the app.
package web
