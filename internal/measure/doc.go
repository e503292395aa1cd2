// Package measure makes every figure that Plumbline shows, as a pure function
// of facts and a moment.
//
// What lives here: the ledger of a goal (what came, moved, was delivered or
// left, and when), the folds over it (completion, scope, decisions, progress, stalls,
// drift, health), the thresholds, and the Snapshot that all outputs are made
// from. The formulas are those of MEASURES, the research that the project began
// with and no part of the source; each function states its formula or names its
// section, and README tells what every figure is.
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
//	AeroGear, goals                 5       6     0.29          17 %        9.8 d
//	AeroGear, versions              4       2     0.23           0 %       26.4 d
//	Appcelerator, goals            12       9     0.03           0 %      191.9 d
//	Appcelerator, epics            33      16     0.03           6 %      108.8 d
//	Appcelerator, versions        430     123     0.06           6 %       22.7 d
//
// A month is one of a container under way: from its first issue in progress to
// its closing. Counted over the months in which a container was not stalled
// already, the rates are 0.37, 0.29, 0.06, 0.05 and 0.19. The aim, at most 0.15
// alarms a container-month of which at most 15 % end within 3 days, is met by
// all that have more than a handful of containers. AeroGear's nine miss the
// rate by 8 alarms in 29 months where 4 would do, and its goals the share by
// one alarm of six.
//
// In one thing the rule differs from MEASURES §7, which collapses events that
// are closer than 1 hour: here a gap is none under a day (StallGap). Work is
// resolved and released in batches; whatever is ticked off within a day is one
// event, as the two different days of progress that wake a goal are the unit
// there. With an hour the batches drown the quiet weeks between them: the
// limit falls to its floor, and of the alarms of Appcelerator's versions 28 %
// ended within 3 days (0.14 a month). It was chosen on one half of its
// containers, taken by a hash of their names, and told by the other:
//
//	                                    half that chose       the other half
//	a gap of at least 1 hour            0.23/month, 28 %      0.10/month, 26 %
//	a gap of at least 1 day             0.09/month, 17 %      0.05/month,  9 %
//	a gap of at least 3 days            0.04/month,  4 %
//	1 hour, working days, floor 5 d     0.30/month, 26 %
//	1 hour, at least 8 own gaps         0.25/month, 27 %
//	1 hour, the class weighs as 30      0.25/month, 26 %
//	1 hour, the class alone             0.30/month, 30 %
//	1 day, the class weighs as 30       0.09/month, 12 %
//
// Three days were not taken, although they do better: a batch doesn't last that
// long. The silence that is running is no gap: a limit that grows with it would
// end stalls without progress. The constants of §7 (7 d, 1.5, 0.95, 10, and
// what wakes a goal) are as they were.
//
// No other threshold was chosen by these figures; StallPrior alone comes from
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
