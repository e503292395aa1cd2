package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

const day = 24 * time.Hour

// ParseDuration reads a duration as people write it in the files: weeks and
// days as whole numbers ("2w", "5d", "1w3d"), what is shorter in Go's way
// ("90m", "1h30m"), or both ("1d12h"). A day is 24 hours. Negative and
// fractional days are refused, as is everything without a unit.
func ParseDuration(s string) (time.Duration, error) {
	bad := fmt.Errorf("%s is no duration such as 90m, 5d or 2w", quoted(s))
	rest, total := s, time.Duration(0)
	for _, unit := range []struct {
		letter string
		length time.Duration
	}{{"w", 7 * day}, {"d", day}} {
		number, after, found := strings.Cut(rest, unit.letter)
		if !found || number == "" || strings.Trim(number, "0123456789") != "" {
			continue
		}
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil || n > (math.MaxInt64-int64(total))/int64(unit.length) {
			return 0, fmt.Errorf("%s is longer than any clock counts", quoted(s))
		}
		total += time.Duration(n) * unit.length
		rest = after
	}
	if rest == "" && s != "" {
		return total, nil
	}
	if rest == "" || rest[0] < '0' || rest[0] > '9' || rest == "0" {
		return 0, bad
	}
	short, err := time.ParseDuration(rest)
	if err != nil {
		return 0, bad
	}
	if short > math.MaxInt64-total {
		return 0, fmt.Errorf("%s is longer than any clock counts", quoted(s))
	}
	return total + short, nil
}

// aDuration is what span takes, as far as a pattern tells.
const aDuration = `^([0-9]+w)?([0-9]+d)?([0-9][0-9.]*(ns|us|µs|μs|ms|s|m|h)|\.[0-9]+(ns|us|µs|μs|ms|s|m|h))*$`

// span reads a duration of at least the given length.
func (d *decoder) span(dst *time.Duration, least time.Duration) reader {
	return func(n node) {
		if d.describing {
			n.wants.text(aDuration)
			return
		}
		s, ok := n.Node.(*ast.StringNode)
		if !ok {
			d.fault(n, "wants a duration, has "+kind(n.Node), "write a number with a unit, such as 90m, 5d or 2w")
			return
		}
		v, err := ParseDuration(s.Value)
		switch {
		case err != nil:
			d.fault(n, err.Error(), "write a number with a unit, such as 90m, 5d or 2w")
		case v < least:
			d.fault(n, quoted(s.Value)+" is too short", "choose at least "+formatDuration(least))
		default:
			*dst = v
		}
	}
}

func formatDuration(v time.Duration) string {
	if v >= day && v%day == 0 {
		return fmt.Sprintf("%dd", v/day)
	}
	return v.String()
}
