package jirasim

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// stampLayout is how Data Center writes an instant.
const stampLayout = "2006-01-02T15:04:05.000-0700"

// text is a JSON text, or a number by its literal, or "" for null: ids come
// as either.
type text string

// UnmarshalJSON reads a text, a number or null.
func (t *text) UnmarshalJSON(raw []byte) error {
	switch c := raw[0]; {
	case c == 'n':
		*t = ""
	case c == '"':
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			return err
		}
		*t = text(s)
	case c == '-' || c >= '0' && c <= '9':
		*t = text(raw)
	default:
		return errors.New("neither a text nor a number nor null")
	}
	return nil
}

// stamp is an instant in Unix milliseconds; 0 for null.
type stamp int64

// UnmarshalJSON reads Jira's own form, RFC 3339, or a number of milliseconds.
func (s *stamp) UnmarshalJSON(raw []byte) error {
	var t text
	if err := t.UnmarshalJSON(raw); err != nil {
		return fmt.Errorf("time: %w", err)
	}
	if t == "" {
		*s = 0
		return nil
	}
	at, ok := parseStamp(string(t))
	if !ok {
		return errors.New("not a time such as 2006-01-02T15:04:05.000-0700")
	}
	*s = stamp(at)
	return nil
}

func parseStamp(s string) (int64, bool) {
	// The years are bounded so that every instant can be written back.
	const first, last = -2208988800000, 253402214400000 // 1900 to the end of 9999, less a day
	at := int64(0)
	if t, err := time.Parse(stampLayout, s); err == nil {
		at = t.UnixMilli()
	} else if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		at = t.UnixMilli()
	} else if at, err = strconv.ParseInt(s, 10, 64); err != nil {
		return 0, false
	}
	return at, at != 0 && at >= first && at < last
}

// entity is what most objects in an issue's fields have.
type entity struct {
	ID   text `json:"id"`
	Key  text `json:"key"`
	Name text `json:"name"`
}

func isNull(raw json.RawMessage) bool { return len(raw) == 0 || string(raw) == "null" }

// encode writes JSON of values that can always be written.
func encode(v any) json.RawMessage {
	raw, err := json.Marshal(v)
	if err != nil {
		// Only raw JSON that was read and hence is valid, texts, numbers and
		// truths are ever encoded.
		panic("jirasim: encode: " + err.Error())
	}
	return raw
}
