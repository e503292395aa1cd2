// Package measure makes every figure that Plumbline shows, as a pure function
// of facts and a moment.
//
// What lives here: the ledger of a goal (what came, moved, was delivered or
// left, and when), the folds over it (completion, scope, decisions, progress, stalls,
// drift, health), the thresholds, and the Snapshot that all outputs are made
// from. The formulas are those of MEASURES; each function names its section.
//
// What must not: IO, clocks (the moment is an argument), unseeded randomness,
// anything that names or ranks a person.
package measure
