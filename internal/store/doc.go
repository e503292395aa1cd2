// Package store keeps the facts: what Jira said of each issue, how far the
// syncs have come, which issues the goals' JQLs were seen to match, what
// fields have said of epics' progress, and which promises goals have shown. It
// is one bbolt file and the only importer of bbolt.
//
// What lives here: the schema and its migrations, the codec of an issue, the
// merging of what Jira says now with what it said before, the marks of issues
// that are gone, the history of versions (which Jira does not keep), and the
// ways to look at the whole (Info, Verify, Dump, Backup, Compact). What must
// not: any measure, any opinion, anything that asks Jira.
//
//	plumbline.db
//	├── meta         "schema" → uint32, the number of the last migration
//	├── names        uint32 → string; 1, 2, 3 … without a gap, never changed
//	├── sites        site → JSON: name, counts, span of the changes held
//	├── checkpoints  site → JSON: flow.Checkpoint
//	├── issues       site | issue id uint64 → issue, see encode.go
//	├── keys         site | key | 0x00 | issue id uint64 → nothing
//	├── catalog      site | 's', 'v', 't' or 'r' | id of a status, version, type or resolution → JSON; of a status with the categories that it had before
//	├── problems     site | issue id uint64 | key → JSON: what, and the full run that saw it
//	├── runs         site | time uint64 (ms) | sequence uint64 → JSON report
//	├── versions     site | version id | 0x00 | time uint64 (ms; 0: before such times were kept) → JSON: the version as it was from then on
//	├── sprints      site | sprint id → JSON
//	├── queries      site | query → JSON: a goal's JQL, when it was answered and under which scope, since when it is doubted, why it was refused
//	├── matches      site | query | issue id uint64 → of each stretch: missed, seen, left, uint64 (ms; 0: none) each
//	├── said         site | field | issue id uint64 → JSON: what a field that goals report by has said, and when
//	├── outcomes     goal | 0x00 | outcome | 0x00 | query | time uint64 (ms) → float64, what it measured
//	└── targets      goal | 0x00 | yyyy-mm-dd → uint64 (ms) each time that it was shown after another
//
// A site is a uint16, a query the first 16 bytes of the SHA-256 of its text, a
// field those of its name or id as the goals file has it. All integers in keys
// are big-endian, so that the order of the keys is the order of the numbers.
// Every key that an issue ever had stands in keys; two issues can claim one
// key, where a deleted project's key was given away anew.
//
// Histories are never lost: what Jira has destroyed, hidden or cut off of a
// changelog stays where it is held (merge.go says when not). So does an issue
// that is gone: it is marked with what became of it and since when, until it
// is seen again.
//
// A store has one writer at a time and any number of readers. No method calls
// back into the caller's code while it holds a transaction, but for Backup,
// which writes a consistent copy to the caller's writer.
package store
