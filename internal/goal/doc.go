// Package goal declares goals and tells which issue belongs to which goal,
// and when.
//
// What lives here: the declaration of a goal as managers write it (Goal, Work,
// Target), the resolution of its selectors over the issues' histories (Index),
// and the leaf rule that keeps work from being counted twice. nodes.go and
// refs.go are what the index keeps (some 80 bytes an issue), facts.go what it
// takes from an issue, membership.go how that becomes memberships, renew.go
// what changes when issues do.
//
// What must not: IO, clocks, file formats (package config reads those), and
// any figure about a goal (package measure makes those).
package goal
