package export

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"plumbline/internal/measure"
)

// MaxSeries is how many series one snapshot may have (DESIGN §7). Beyond it
// Publish refuses: a Prometheus that chokes tells nobody anything.
const MaxSeries = 60_000

// ErrTooManySeries is why a snapshot of more than MaxSeries series is refused.
var ErrTooManySeries = errors.New("too many series")

// Exporter serves the figures of the last snapshot published. Its families
// are built once a snapshot; a scrape only reads them.
type Exporter struct {
	families []family
	built    atomic.Pointer[[]*dto.MetricFamily]
}

var _ prometheus.Gatherer = (*Exporter)(nil)

// New returns an exporter that has nothing to serve yet. A target's day begins
// when it does in the zone; nil is UTC.
func New(zone *time.Location) *Exporter {
	if zone == nil {
		zone = time.UTC
	}
	e := &Exporter{families: families(zone)}
	slices.SortFunc(e.families, func(a, b family) int { return cmp.Compare(a.name, b.name) })
	return e
}

// Publish makes the snapshot the one that is served from now on. It refuses a
// snapshot of more than MaxSeries series, or with the same series twice; the
// one before then stays.
func (e *Exporter) Publish(s *measure.Snapshot) error {
	built := make([]*dto.MetricFamily, 0, len(e.families))
	series := 0
	for k := range e.families {
		mf, err := e.families[k].build(s)
		if err != nil {
			return fmt.Errorf("publishing the snapshot of %s: %w", s.At.Format(time.RFC3339), err)
		}
		series += len(mf.Metric)
		if len(mf.Metric) > 0 {
			built = append(built, mf)
		}
	}
	if series > MaxSeries {
		return fmt.Errorf("publishing the snapshot of %s: %w", s.At.Format(time.RFC3339), tooMany(s, series))
	}
	e.built.Store(&built)
	return nil
}

func tooMany(s *measure.Snapshot, series int) error {
	return fmt.Errorf("%w: its %d goals and %d projects make %d, more than the %d allowed: declare fewer goals, or run a second plumbline for some of them",
		ErrTooManySeries, len(s.Goals), len(s.Work), series, MaxSeries)
}

// Gather returns the families of the last snapshot published, none before the
// first. They are shared: the caller must not change them.
func (e *Exporter) Gather() ([]*dto.MetricFamily, error) {
	if built := e.built.Load(); built != nil {
		return *built, nil
	}
	return nil, nil
}

// build makes the family's series as the text format wants them: labels by
// name, series by the values of their labels.
func (f *family) build(s *measure.Snapshot) (*dto.MetricFamily, error) {
	order := f.byName()
	mf := &dto.MetricFamily{Name: &f.name, Help: &f.help, Type: dto.MetricType_GAUGE.Enum()}
	f.each(s, func(value float64, labels []string) {
		m := &dto.Metric{Gauge: &dto.Gauge{Value: &value}, Label: make([]*dto.LabelPair, len(order))}
		for to, from := range order {
			m.Label[to] = &dto.LabelPair{Name: &f.labels[from], Value: &labels[from]}
		}
		mf.Metric = append(mf.Metric, m)
	})
	slices.SortFunc(mf.Metric, compare)
	for k := 1; k < len(mf.Metric); k++ {
		if compare(mf.Metric[k-1], mf.Metric[k]) == 0 {
			return nil, fmt.Errorf("the series %s%v is there twice", f.name, mf.Metric[k].Label)
		}
	}
	return mf, nil
}

// each gives the values that are numbers, each with the values of the family's
// labels, in their order and in UTF-8. Scrapes and back-fills are both made
// from it, and so cannot differ.
func (f *family) each(s *measure.Snapshot, take func(value float64, labels []string)) {
	f.samples(s, func(value float64, labels ...string) {
		if math.IsNaN(value) || math.IsInf(value, 0) {
			return
		}
		for k := range labels {
			labels[k] = strings.ToValidUTF8(labels[k], "\uFFFD")
		}
		take(value, labels)
	})
}

// byName returns the order of the family's labels by name.
func (f *family) byName() []int {
	order := make([]int, len(f.labels))
	for k := range order {
		order[k] = k
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(f.labels[a], f.labels[b]) })
	return order
}

// compare orders two series of one family by the values of their labels.
func compare(a, b *dto.Metric) int {
	return slices.CompareFunc(a.Label, b.Label, func(x, y *dto.LabelPair) int {
		return cmp.Compare(x.GetValue(), y.GetValue())
	})
}
