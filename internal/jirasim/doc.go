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
// moment (World), a subset of JQL, the endpoints of Data Center (dc.go) and of
// Cloud (cloud.go) over the same World and JQL, and what can go wrong at either
// (Faults). Nothing is ever written to a world that is served: change comes by
// the clock of the site (Options.Now) moving on, past the histories of the dump
// and past what was scheduled by Alter.
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
// # Cloud from any dump
//
// Either product's dump serves either flavour; a Data Center shows the values
// of a Cloud dump as they are. Cloud's shape is made of a Data Center's
// (cloudshape.go, clouditem.go): Epic Link and Parent Link become the parent,
// and their changes IssueParentAssociation; names become account ids; sprints
// become objects; texts become documents under the third version of the API;
// items get the field ids that an old server did not tell; issue types get a
// hierarchy level. A page of search/jql continues behind the row that the one
// before it ended with, as that row was then, so that no change elsewhere
// shifts anything. Whatever is said by fieldIds of changelog/bulkfetch, a
// history that has one item of those fields comes whole: what the real one does
// is not known. As the index of the real one, a search is stale only under the
// fault "index-lag".
//
// # Changes without a trace
//
// Alter schedules deletion, hiding, archiving and restoring of issues and
// projects. No changelog and no field updated tells of them; what other issues
// say of the issue stays. An archived issue is in no search, and by id it has
// the fields archiveddate and archivedby, on both flavours. Move, Relabel and
// Reparent are edits like those of the dump.
//
// # Faults
//
// Faults.Set(name, seed, rate) switches a fault on, Clear off, at any time.
// Names lists them, About says what each does (faultlist.go has them all).
// Several may be on; of those that answer instead of the site the first listed
// that strikes does. With concurrent requests it is the order of their arrival
// that numbers them.
//
// # Where the simulator is stricter or simpler than a reader may expect
//
// As on a real Data Center, "id" in JQL is another name of "key": "id > N"
// compares key numbers within the project of issue N, and ORDER BY id sorts
// by key; on Cloud ORDER BY id sorts by the numeric id. NOT is pushed down to the operators, so that an empty field matches
// neither "= x" nor "!= x". Greater and smaller are known for keys and dates
// alone. Without ORDER BY the order is that of the numeric ids.
package jirasim
