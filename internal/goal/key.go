package goal

import (
	"strconv"
	"strings"
)

// Key is an issue's key in parts, of which its String is made again. A key that
// is not written as Jira writes keys is all project.
type Key struct {
	Project string // what stands before the number
	Number  uint32 // from 1 on; 0 for a key that does not end in one
}

// KeyOf returns the parts of a key, which hold on to its text.
func KeyOf(key string) Key {
	dash := strings.LastIndexByte(key, '-')
	digits := key[dash+1:]
	if dash < 0 || digits == "" || digits[0] == '0' {
		return Key{Project: key}
	}
	n, err := strconv.ParseUint(digits, 10, 32)
	if err != nil {
		return Key{Project: key}
	}
	return Key{key[:dash], uint32(n)}
}

// String returns the key as it is written.
func (k Key) String() string {
	if k.Number == 0 {
		return k.Project
	}
	return k.Project + "-" + strconv.FormatUint(uint64(k.Number), 10)
}
