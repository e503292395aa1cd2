package export

import (
	"bufio"
	"context"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"plumbline/internal/measure"
)

// Text is a back-fill as OpenMetrics text with timestamps.
type Text struct {
	// Dir is where samples are spilled to while they are put in order; empty
	// is the system's folder for temporary files.
	Dir string
	// Labels are put on every series: those that a scrape would add, so that
	// past and present are the same series.
	Labels []Label
	// Progress, if not nil, is called after each moment.
	Progress func(Progress)

	held int // samples held in memory at once; 0 is heldPoints
}

// Write writes every figure that has a past as of every moment of the plan:
// family by family, series by series, in order of time. The same store and the
// same moments make the same bytes. Memory doesn't grow with the range.
func (t *Text) Write(ctx context.Context, p *Past, plan Plan, out io.Writer) (w Written, err error) {
	r := newRecord(p.zone())
	spills := make([]*spill, len(r.families))
	defer func() {
		for _, s := range spills {
			if s != nil {
				err = errors.Join(err, s.close())
			}
		}
	}()
	for k := range spills {
		if spills[k], err = newSpill(t.Dir); err != nil {
			return w, err
		}
	}
	w.Moments = len(plan.Moments)
	err = p.walk(ctx, plan.Moments, func(k int, s *measure.Snapshot) error {
		n, err := r.take(k, s, func(family int, series uint32, value float64) error {
			return spills[family].add(point{series, uint32(k), value})
		})
		w.Samples += n
		if t.Progress != nil {
			t.Progress(Progress{At: plan.Moments[k], Done: k + 1, Total: len(plan.Moments)})
		}
		return err
	})
	if err != nil {
		return w, err
	}
	w.Series = r.count()
	b := bufio.NewWriterSize(out, 1<<16)
	for k := range r.families {
		if err := t.family(ctx, b, r, k, spills[k], plan.Moments); err != nil {
			return w, err
		}
	}
	if _, err := b.WriteString("# EOF\n"); err != nil {
		return w, err
	}
	return w, b.Flush()
}

// family writes one family; nothing where it has no sample.
func (t *Text) family(ctx context.Context, b *bufio.Writer, r *record, n int, s *spill, moments []time.Time) error {
	f, names := &r.families[n], r.names[n]
	if len(names) == 0 {
		return nil
	}
	series := make([]string, len(names)) // as the text has them
	order := make([]uint32, len(names))
	at := f.byName()
	for k := range names {
		series[k] = string(appendSeries(nil, f, at, names[k], t.Labels))
		order[k] = uint32(k)
	}
	slices.SortFunc(order, func(x, y uint32) int {
		for _, l := range at {
			if d := strings.Compare(names[x][l], names[y][l]); d != 0 {
				return d
			}
		}
		return 0
	})
	if _, err := b.WriteString("# HELP " + f.name + " " + escaped(f.help) + "\n# TYPE " + f.name + " gauge\n"); err != nil {
		return err
	}
	most := t.held
	if most == 0 {
		most = heldPoints
	}
	var line []byte
	return s.each(ctx, order, most, func(p point) error {
		line = append(line[:0], series[p.series]...)
		line = append(line, ' ')
		line = strconv.AppendFloat(line, p.value, 'g', -1, 64)
		line = append(line, ' ')
		line = appendSeconds(line, moments[p.moment])
		_, err := b.Write(append(line, '\n'))
		return err
	})
}

// appendSeries writes a series' name with its labels by name.
func appendSeries(b []byte, f *family, byName []int, values []string, more []Label) []byte {
	labels := make([]Label, 0, len(values)+len(more))
	for _, k := range byName {
		labels = append(labels, Label{f.labels[k], values[k]})
	}
	labels = sorted(append(labels, more...))
	b = append(b, f.name...)
	for k, l := range labels {
		if k == 0 {
			b = append(b, '{')
		} else {
			b = append(b, ',')
		}
		b = append(b, l.Name...)
		b = append(b, '=', '"')
		b = append(b, escaped(l.Value)...)
		b = append(b, '"')
	}
	if len(labels) > 0 {
		b = append(b, '}')
	}
	return b
}

// escaped writes a text as OpenMetrics has it between quotes.
func escaped(s string) string {
	return strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`).Replace(s)
}

// appendSeconds writes a moment as Unix time in seconds, to the millisecond.
func appendSeconds(b []byte, at time.Time) []byte {
	return strconv.AppendFloat(b, float64(at.UnixMilli())/1000, 'f', -1, 64)
}
