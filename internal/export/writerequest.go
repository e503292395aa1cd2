package export

import (
	"context"
	"math"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"plumbline/internal/measure"
)

// Bounds of one request of remote write: what every receiver takes.
const (
	requestSamples = 5_000
	requestBytes   = 1 << 20 // before compression
)

// Request is a part of a back-fill for remote write: a prometheus.WriteRequest
// of protocol 1.0, not yet compressed.
type Request struct {
	At      time.Time // all its samples are of this moment
	Samples int
	Body    []byte
}

// Requests is a back-fill as requests for remote write.
type Requests struct {
	Labels []Label // on every series
	// Send takes each request, in order of time: its samples are of one
	// moment, and so those of a series never go back. It must not keep Body.
	Send func(Request) error
	// Progress is called once all requests of a moment were sent.
	Progress func(Progress)
}

// Write makes the requests of every figure that has a past as of every moment
// of the plan. It holds one request at a time.
func (q *Requests) Write(ctx context.Context, p *Past, plan Plan) (w Written, err error) {
	r := newRecord(p.zone())
	heads := make([][][]byte, len(r.families)) // by family and series: the labels, encoded
	next := Request{Body: make([]byte, 0, requestBytes+requestBytes/4)}
	flush := func() error {
		if next.Samples == 0 {
			return nil
		}
		err := q.Send(next)
		next.Samples, next.Body = 0, next.Body[:0]
		return err
	}
	w.Moments = len(plan.Moments)
	err = p.walk(ctx, plan.Moments, func(k int, s *measure.Snapshot) error {
		next.At = plan.Moments[k]
		n, err := r.take(k, s, func(family int, series uint32, value float64) error {
			if int(series) == len(heads[family]) {
				f := &r.families[family]
				heads[family] = append(heads[family], encodeLabels(f, r.names[family][series], q.Labels))
			}
			next.Body = appendTimeSeries(next.Body, heads[family][series], next.At, value)
			next.Samples++
			if next.Samples >= requestSamples || len(next.Body) >= requestBytes {
				return flush()
			}
			return nil
		})
		w.Samples += n
		if err == nil {
			err = flush()
		}
		if err == nil && q.Progress != nil {
			q.Progress(Progress{At: next.At, Done: k + 1, Total: len(plan.Moments)})
		}
		return err
	})
	w.Series = r.count()
	return w, err
}

// The fields of prometheus.WriteRequest and of what is in it
// (prometheus/prompb: remote.proto, types.proto).
const (
	fieldTimeSeries protowire.Number = 1 // of WriteRequest, repeated
	fieldLabels     protowire.Number = 1 // of TimeSeries, repeated
	fieldSamples    protowire.Number = 2 // of TimeSeries, repeated
	fieldName       protowire.Number = 1 // of Label
	fieldValue      protowire.Number = 2 // of Label
	fieldSample     protowire.Number = 1 // of Sample: double
	fieldTimestamp  protowire.Number = 2 // of Sample: int64, milliseconds
)

// encodeLabels encodes the labels field of a series: by name, the metric's own
// name among them, without those that are empty, as remote write wants it.
func encodeLabels(f *family, values []string, more []Label) []byte {
	labels := []Label{{"__name__", f.name}}
	for k, name := range f.labels {
		if values[k] != "" {
			labels = append(labels, Label{name, values[k]})
		}
	}
	var b []byte
	for _, l := range sorted(append(labels, more...)) {
		var one []byte
		one = protowire.AppendTag(one, fieldName, protowire.BytesType)
		one = protowire.AppendString(one, l.Name)
		one = protowire.AppendTag(one, fieldValue, protowire.BytesType)
		one = protowire.AppendString(one, l.Value)
		b = protowire.AppendTag(b, fieldLabels, protowire.BytesType)
		b = protowire.AppendBytes(b, one)
	}
	return b
}

// appendTimeSeries adds a series of one sample to a request.
func appendTimeSeries(b, labels []byte, at time.Time, value float64) []byte {
	ms := uint64(at.UnixMilli())
	sample := protowire.SizeTag(fieldSample) + protowire.SizeFixed64() + protowire.SizeTag(fieldTimestamp) + protowire.SizeVarint(ms)
	b = protowire.AppendTag(b, fieldTimeSeries, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(len(labels)+protowire.SizeTag(fieldSamples)+protowire.SizeBytes(sample)))
	b = append(b, labels...)
	b = protowire.AppendTag(b, fieldSamples, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(sample))
	b = protowire.AppendTag(b, fieldSample, protowire.Fixed64Type)
	b = protowire.AppendFixed64(b, math.Float64bits(value))
	b = protowire.AppendTag(b, fieldTimestamp, protowire.VarintType)
	return protowire.AppendVarint(b, ms)
}
