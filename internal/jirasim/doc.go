// Package jirasim is a simulated Jira site: a server that behaves as Jira
// does, over a world of issues that has a past and, while its clock has not
// reached the end of it, a future.
//
//	dump (JSONL) ──► World: every issue with its whole history
//	                   │ wind back to T
//	                   ▼
//	                 view: the issues as they were at T, as JSON and as facts
//	                   │                        │
//	                   ▼                        ▼
//	                 JQL: parse, compile, ──► Site: the endpoints of one
//	                 evaluate over facts      Jira flavour, over HTTP
//
// What lives here: loading raw Jira issues (LoadDump), the world as of any
// moment (World), a subset of JQL, and the endpoints of Data Center (dc.go
// is the one list of them; another flavour is another list over the same
// World and JQL). Nothing is ever written to a world that is served: change
// comes by the clock of the site (Options.Now) moving on.
//
// What must not: anything that the product needs to run against a real Jira,
// and any import of ours but flow. The simulator and the client are written
// from the same fact sheet and share no code, so that a mistake in one shows
// against the other.
//
// # What the past of an issue is made of
//
// Each changelog item later than T is undone on the raw JSON: status,
// resolution and its date, fix and affected versions, components, labels,
// assignee, priority, issue type, parent, Epic Link, Parent Link, Flagged,
// story points, due date, summary, project, key, and links added later. All
// other fields show their present value. A link or a sprint that was taken
// away is not brought back: the changelog does not say enough of it. Issues
// without any changelog were created, perhaps resolved, and nothing else.
//
// # Where the simulator is stricter or simpler than a reader may expect
//
// As on a real Data Center, "id" in JQL is another name of "key": "id > N"
// compares key numbers within the project of issue N, and ORDER BY id sorts
// by key. NOT is pushed down to the operators, so that an empty field matches
// neither "= x" nor "!= x". Greater and smaller are known for keys and dates
// alone. Without ORDER BY the order is that of the numeric ids.
package jirasim
