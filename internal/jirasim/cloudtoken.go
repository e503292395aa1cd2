package jirasim

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"hash/fnv"
	"strings"
)

// cursor is what a nextPageToken says: behind which row the next page begins,
// as things were when the row was shown.
type cursor struct {
	Query  uint64 `json:"q"` // a digest of what was asked
	At     int64  `json:"a"` // the time of the evaluation
	Issued int64  `json:"t"`
	Page   int    `json:"n"` // the pages so far
	Last   uint64 `json:"l"` // the last row's issue; 0: before the first
	// Of changelogs, the last history and its time.
	History   uint64 `json:"h,omitempty"`
	HistoryAt int64  `json:"w,omitempty"`
}

// tokenLife is how long a token is good for, in milliseconds: seven days.
const tokenLife = 7 * 24 * 60 * 60 * 1000

// seal writes the cursor as a token.
func (k cursor) seal() string {
	raw := encode(k)
	return base64.RawURLEncoding.EncodeToString(append(raw, checksum(raw)...))
}

const checksumSize = 6

// checksum tells a token of ours from any other text. It is no secret.
func checksum(raw []byte) []byte {
	sum := sha256.Sum256(append([]byte("plumbline page token "), raw...))
	return sum[:checksumSize]
}

// unseal reads a token.
func unseal(token string) (cursor, bool) {
	var k cursor
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) < checksumSize {
		return k, false
	}
	body := raw[:len(raw)-checksumSize]
	if string(checksum(body)) != string(raw[len(body):]) || json.Unmarshal(body, &k) != nil {
		return k, false
	}
	return k, k.Page > 0
}

// cursorOf reads the token that came with the query; the zero cursor for none.
// A token of another query, or of more than a week ago, is not valid.
func (c *call) cursorOf(token *string, query ...string) (cursor, bool) {
	digest := digestOf(query...)
	if token == nil || *token == "" {
		return cursor{Query: digest}, true
	}
	k, ok := unseal(*token)
	if !ok || k.Query != digest || c.at-k.Issued > tokenLife || k.Last != 0 && c.view.w.byID[k.Last] == nil {
		return cursor{}, false
	}
	if late, ok := c.suffersAfter("token-expired", k.Page); ok && k.Page >= late.amount {
		return cursor{}, false
	}
	return k, true
}

// suffersAfter is suffers for requests that are not the first of their kind.
func (c *call) suffersAfter(name string, page int) (blow, bool) {
	if page == 0 {
		return blow{}, false
	}
	return c.suffers(name)
}

func digestOf(parts ...string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(strings.Join(parts, "\x00"))) // a hash takes everything
	return h.Sum64()
}

const badToken = "The provided nextPageToken is not valid: next page token is invalid or expired."
