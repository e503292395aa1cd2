// Package measure makes every figure that Plumbline shows, as a pure function
// of facts and a moment.
//
// What lives here: the ledger of a goal (what came, moved, was delivered or
// left, and when), the folds over it (completion, scope, decisions, progress, stalls,
// drift, health), the thresholds, and the Snapshot that all outputs are made
// from. The formulas are those of MEASURES; each function names its section.
//
// # Stalls, measured
//
// The rule for stalls (MEASURES §7), with progress events alone, the class of
// each kind and the shipped thresholds, replayed by `plumbline stalls` over the
// public Jira of AeroGear (with its changelogs) and of Appcelerator (without:
// an issue's resolution is the one progress event that is known of it), over
// containers that made at least 8 progress events:
//
//	                       containers  alarms  a month  ended in 3 d  median rest
//	AeroGear, goals                 5       6     0.29           0 %       15.2 d
//	AeroGear, versions              4       2     0.23           0 %       25.6 d
//	Appcelerator, goals            12      10     0.04           0 %      155.0 d
//	Appcelerator, epics            33      18     0.03           0 %       97.2 d
//	Appcelerator, versions        430     299     0.14          28 %        8.5 d
//
// A month is one of a container under way: from its first issue in progress to
// its closing. Counted over the months in which a container was not stalled
// already, the rates are 0.39, 0.29, 0.07, 0.06 and 0.52. The aim, at most 0.15
// alarms a container-month of which at most 15 % end within 3 days, is met by
// epics and by Appcelerator's goals. It is missed by AeroGear's few containers
// in the rate, and by Appcelerator's versions in the share: their work is
// resolved in bursts, with a quiet week or two between. Without the class's
// share (StallShrink 0) the epics' rate is 0.06 and the versions' share 29 %.
// No threshold was chosen by these figures; StallPrior alone comes from
// AeroGear's versions, and weighs as 10 gaps where a class has none of its own.
//
// # How it is kept up to date
//
// Build reads every issue twice: once to learn who belongs where, and what may
// be a bulk edit, a blocker, an epic; once to write the ledgers. Renew goes on
// from there when some issues were stored anew, and reads no others but those
// that these concern: whose goals are others now (an epic moved, a parent
// became work), who link to such a one, who wait for an issue that was closed
// or opened, who were edited in a minute that turns out to be a bulk edit.
//
//	changed issues ──► touched issues ──► what they counted for  (before)
//	                                  └─► what they count for now (after)
//
// Both are written by the very builder that Build uses, into empty ledgers.
// Then each goal that has, or had, a touched issue gets a new ledger:
//
//   - rows with a leaf (entry, progress, turn, mark, stint, …): the touched
//     leaves' are dropped, the others' are renumbered where leaves came or
//     left, and the fresh ones are put in their order (relaid, spliced);
//   - numbers without one (noise, tallies of the proof, unlinked work, debt):
//     before is taken out and after put in (renewed);
//   - what is derived from rows (tallies, course, idle time, traps) is derived
//     again by arrange; what is folded along the past (health, odds) is kept up
//     to the first thing that reads otherwise (carry);
//   - decisions are made again where a touched issue asks for one or waits for
//     one, the views of classes of goals where a goal's silences differ.
//
// All else is shared with the history before, which stays as it is. To add a
// kind of row, give it a leaf and an order, write it in observe, sort it in
// sortRows and pass it to relaid in rewriteOf; to add a number, renew it there.
// The law that holds it together is TestARenewedHistoryIsOneMadeAnew: whatever
// happens to issues, a renewed history tells what one tells that Build makes.
//
// Renew leaves it to Build where other than issues changed (goals, settings,
// catalogues, what JQLs match or fields say, experience), where a history was
// renewed before or a renewal of it failed, and in the few cases that it names.
//
// What must not: IO, clocks (the moment is an argument), unseeded randomness,
// anything that names or ranks a person.
package measure
