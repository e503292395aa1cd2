package config

import (
	"bytes"
	"strings"
)

// StorePath returns where the store lies by the service's configuration,
// whatever else is wrong with that: a service that runs keeps its earlier
// settings when a mistake is saved, and must be found all the same. What Load
// takes, it reads alike.
func StorePath(path string) (string, error) {
	src, err := read(path)
	if err != nil {
		return "", err
	}
	if store, ok := storePath(path, src); ok {
		return store, nil
	}
	_, err = Parse(path, src) // it says why, and where
	return "", err
}

// storePath looks in the whole file, and where that is no YAML any more in the
// lines of the key store alone.
func storePath(path string, src []byte) (string, bool) {
	for _, text := range [][]byte{src, section(src, "store")} {
		d := &decoder{file: path}
		var store string
		if root := d.parse(text); root != nil {
			top := d.entries(node{Node: root}, func(string, node, node) {})
			if at, ok := top["store"]; ok {
				d.entries(at, func(key string, _, value node) {
					if key == "path" && !isNull(value.Node) {
						d.path(&store, notEmpty)(value)
					}
				})
			}
		}
		if store != "" {
			return store, true
		}
	}
	return "", false
}

// section cuts the lines of a key at the margin out of a file.
func section(src []byte, key string) []byte {
	var lines strings.Builder
	within := false
	for line := range strings.Lines(lineBreaks().Replace(string(bytes.TrimPrefix(src, []byte("\ufeff"))))) {
		if line[0] != ' ' && line[0] != '#' && line[0] != '\n' {
			within = strings.HasPrefix(line, key+":")
		}
		if within {
			lines.WriteString(line)
		}
	}
	return []byte(lines.String())
}
