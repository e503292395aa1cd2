package jira

import (
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"
)

// errCut is JSON that ends too early or is none at the level walked over.
var errCut = errors.New("not whole JSON")

// members calls fn with each member of the JSON object, in order. It walks
// over the values without looking into them: what is taken from the walk is
// checked by the json package when it is decoded, and what is left out need
// not be read twice. A page of issues is mostly values that nobody wants.
func members(b []byte, fn func(key string, value []byte) error) error {
	return walk(b, '{', '}', func(rest []byte) ([]byte, error) {
		if len(rest) == 0 || rest[0] != '"' {
			return nil, errCut
		}
		n, err := valueEnd(rest)
		if err != nil {
			return nil, err
		}
		key, rest := string(rest[1:n-1]), space(rest[n:])
		if strings.IndexByte(key, '\\') >= 0 || !utf8.ValidString(key) {
			if err := json.Unmarshal([]byte(`"`+key+`"`), &key); err != nil {
				return nil, errCut
			}
		}
		if len(rest) == 0 || rest[0] != ':' {
			return nil, errCut
		}
		rest = space(rest[1:])
		if n, err = valueEnd(rest); err != nil {
			return nil, err
		}
		return rest[n:], fn(key, rest[:n:n])
	})
}

// elements calls fn with each element of the JSON array, as members does.
func elements(b []byte, fn func(value []byte) error) error {
	return walk(b, '[', ']', func(rest []byte) ([]byte, error) {
		n, err := valueEnd(rest)
		if err != nil {
			return nil, err
		}
		return rest[n:], fn(rest[:n:n])
	})
}

// walk goes through what stands between open and shut, separated by commas.
// one takes one thing off the front and returns the rest.
func walk(b []byte, open, shut byte, one func([]byte) ([]byte, error)) error {
	b = space(b)
	if len(b) == 0 || b[0] != open {
		return errCut
	}
	b = space(b[1:])
	if len(b) > 0 && b[0] == shut {
		return end(b[1:])
	}
	for {
		var err error
		if b, err = one(b); err != nil {
			return err
		}
		b = space(b)
		switch {
		case len(b) == 0:
			return errCut
		case b[0] == shut:
			return end(b[1:])
		case b[0] != ',':
			return errCut
		}
		b = space(b[1:])
	}
}

func end(b []byte) error {
	if len(space(b)) > 0 {
		return errCut
	}
	return nil
}

func space(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\n' || b[0] == '\r' || b[0] == '\t') {
		b = b[1:]
	}
	return b
}

// valueEnd returns the length of the JSON value at the front of b.
func valueEnd(b []byte) (int, error) {
	depth := 0
	for k := 0; k < len(b); k++ {
		switch b[k] {
		case '"':
			for k++; k < len(b) && b[k] != '"'; k++ {
				if b[k] == '\\' {
					k++
				}
			}
			if k >= len(b) {
				return 0, errCut
			}
		case '{', '[':
			depth++
			continue
		case '}', ']':
			depth--
		case ',', ':', ' ', '\n', '\r', '\t':
			if depth == 0 {
				return 0, errCut // where a value should begin
			}
			continue
		default:
			for k+1 < len(b) && !strings.ContainsRune(",:]}\"{[ \n\r\t", rune(b[k+1])) {
				k++
			}
		}
		if depth < 0 {
			return 0, errCut
		}
		if depth == 0 {
			return k + 1, nil
		}
	}
	return 0, errCut
}
