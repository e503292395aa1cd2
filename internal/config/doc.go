// Package config reads what people write: the service's configuration
// (config/plumbline.yaml) and the goals (config/goals/*.yaml).
//
// What lives here: a strict decoder over the YAML syntax tree, the schemas of
// both kinds of file with their defaults and rules, the reading of secrets at
// the time they are needed, and a watch that tells when a file has changed.
//
// What must not: anything that asks Jira or the store, and any figure about a
// goal. What a file says is checked as far as the file alone can tell.
//
// Every finding names file, line, column and path, says what is wrong and how
// to mend it. All findings of a file are reported at once, in order of
// position, and a file with a finding gives nothing: never half a
// configuration, never half a map. A value that may be a secret is in no
// message, and no line that may hold one is ever quoted.
package config
