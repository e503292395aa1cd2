package export_test

import (
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/snappy"
	"google.golang.org/protobuf/encoding/protowire"
)

// receiver is a receiver of remote write that answers by a script.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	got    []*http.Request
	points map[int64]map[string]float64 // by moment and series, of what was taken
	order  map[string]int64             // by series: the last moment
	back   []string                     // series that went back in time
}

// newReceiver answers the n-th request by the script; true takes it.
func newReceiver(tb testing.TB, script func(n int, w http.ResponseWriter) bool) *receiver {
	tb.Helper()
	r := &receiver{points: map[int64]map[string]float64{}, order: map[string]int64{}}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, err := io.ReadAll(q.Body)
		if err != nil {
			tb.Error(err)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.got = append(r.got, q)
		if script(len(r.got), w) {
			r.take(tb, body)
			w.WriteHeader(http.StatusNoContent)
		}
	}))
	tb.Cleanup(r.Close)
	return r
}

func (r *receiver) take(tb testing.TB, packed []byte) {
	body, err := snappy.Decode(nil, packed)
	if err != nil {
		tb.Errorf("a request is not packed by snappy: %v", err)
	}
	fields(tb, body, func(n protowire.Number, series []byte, _ uint64) {
		var names, values []string
		fields(tb, series, func(n protowire.Number, b []byte, _ uint64) {
			if n != 1 {
				return
			}
			fields(tb, b, func(n protowire.Number, s []byte, _ uint64) {
				if n == 1 {
					names = append(names, string(s))
				} else {
					values = append(values, string(s))
				}
			})
		})
		if len(names) != len(values) || !slices.IsSorted(names) || slices.Contains(values, "") {
			tb.Errorf("labels %q with values %q", names, values)
		}
		fields(tb, series, func(n protowire.Number, b []byte, _ uint64) {
			if n != 2 {
				return
			}
			var value float64
			var ms int64
			fields(tb, b, func(n protowire.Number, _ []byte, v uint64) {
				if n == 1 {
					value = math.Float64frombits(v)
				} else {
					ms = int64(v)
				}
			})
			r.point(nameOf(names, values), ms, value)
		})
	})
}

func (r *receiver) point(series string, ms int64, value float64) {
	if r.order[series] > ms {
		r.back = append(r.back, series)
	}
	r.order[series] = ms
	if r.points[ms] == nil {
		r.points[ms] = map[string]float64{}
	}
	r.points[ms][series] = value
}

// nameOf writes a series as text has it.
func nameOf(names, values []string) string {
	var name string
	var labels []string
	for k := range names {
		if names[k] == "__name__" {
			name = values[k]
			continue
		}
		labels = append(labels, fmt.Sprintf("%s=%q", names[k], values[k]))
	}
	return name + "{" + strings.Join(labels, ",") + "}"
}

// fields reads the fields of a message.
func fields(tb testing.TB, b []byte, each func(n protowire.Number, text []byte, v uint64)) {
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			tb.Fatal(protowire.ParseError(n))
		}
		b = b[n:]
		var text []byte
		var v uint64
		switch kind {
		case protowire.BytesType:
			text, n = protowire.ConsumeBytes(b)
		case protowire.Fixed64Type:
			v, n = protowire.ConsumeFixed64(b)
		case protowire.VarintType:
			v, n = protowire.ConsumeVarint(b)
		default:
			tb.Fatalf("a field of type %v", kind)
		}
		if n < 0 {
			tb.Fatal(protowire.ParseError(n))
		}
		b = b[n:]
		each(number, text, v)
	}
}

func always(int, http.ResponseWriter) bool { return true }

// answering answers the first requests with the statuses, then takes all.
func answering(statuses ...int) func(int, http.ResponseWriter) bool {
	return func(n int, w http.ResponseWriter) bool {
		if n > len(statuses) || statuses[n-1] == http.StatusOK {
			return true
		}
		http.Error(w, "because", statuses[n-1])
		return false
	}
}
