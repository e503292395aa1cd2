package export

import (
	"bufio"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
)

// A back-fill makes its samples moment by moment, and OpenMetrics wants them
// series by series. So they are spilled to disk, a file a family, and read
// back as many series at a time as fit into memory.
const (
	// pointBytes is a spilled sample: number of the series, number of the
	// moment, value.
	pointBytes = 4 + 4 + 8
	// heldPoints bounds how many samples are held in memory at once (32 MiB).
	heldPoints = 2 << 20
)

// point is one sample of a family.
type point struct {
	series, moment uint32
	value          float64
}

// spill is the samples of one family on disk.
type spill struct {
	file *os.File
	w    *bufio.Writer
	n    []int // samples by number of the series
}

// newSpill makes the file and takes its name away at once, where the system
// allows that: a process that is killed leaves nothing behind.
func newSpill(dir string) (*spill, error) {
	f, err := os.CreateTemp(dir, ".plumbline-backfill-*")
	if err != nil {
		return nil, fmt.Errorf("making a file for the back-fill: %w", err)
	}
	_ = os.Remove(f.Name()) // else when it is closed
	return &spill{file: f, w: bufio.NewWriter(f)}, nil
}

func (s *spill) close() error {
	err := s.file.Close()
	if e := os.Remove(s.file.Name()); e != nil && !errors.Is(e, os.ErrNotExist) {
		err = errors.Join(err, e)
	}
	return err
}

func (s *spill) add(p point) error {
	for int(p.series) >= len(s.n) {
		s.n = append(s.n, 0)
	}
	s.n[p.series]++
	var b [pointBytes]byte
	binary.LittleEndian.PutUint32(b[0:], p.series)
	binary.LittleEndian.PutUint32(b[4:], p.moment)
	binary.LittleEndian.PutUint64(b[8:], math.Float64bits(p.value))
	if _, err := s.w.Write(b[:]); err != nil {
		return fmt.Errorf("spilling the back-fill to %s: %w", s.file.Name(), err)
	}
	return nil
}

// each gives the samples series by series in the order that is wanted, and
// those of a series by time. It holds no more than most of them at once.
func (s *spill) each(ctx context.Context, order []uint32, most int, take func(point) error) error {
	if err := s.w.Flush(); err != nil {
		return fmt.Errorf("spilling the back-fill to %s: %w", s.file.Name(), err)
	}
	rank := make([]int, len(s.n))
	for k, id := range order {
		rank[id] = k
	}
	for from := 0; from < len(order); {
		to, held := from, 0
		for to < len(order) && (to == from || held+s.n[order[to]] <= most) {
			held += s.n[order[to]]
			to++
		}
		points, err := s.read(ctx, held, func(id uint32) bool { return rank[id] >= from && rank[id] < to })
		if err != nil {
			return err
		}
		slices.SortFunc(points, func(a, b point) int {
			return cmp.Or(cmp.Compare(rank[a.series], rank[b.series]), cmp.Compare(a.moment, b.moment))
		})
		for _, p := range points {
			if err := take(p); err != nil {
				return err
			}
		}
		from = to
	}
	return nil
}

// read returns the n samples of the wanted series.
func (s *spill) read(ctx context.Context, n int, wanted func(series uint32) bool) ([]point, error) {
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("reading the back-fill back: %w", err)
	}
	r := bufio.NewReaderSize(s.file, 1<<16)
	points := make([]point, 0, n)
	var b [pointBytes]byte
	for k := 0; ; k++ {
		if k%(1<<16) == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		switch _, err := io.ReadFull(r, b[:]); {
		case errors.Is(err, io.EOF):
			if len(points) != n {
				return nil, fmt.Errorf("reading the back-fill back: %d samples are there, of %d written", len(points), n)
			}
			return points, nil
		case err != nil:
			return nil, fmt.Errorf("reading the back-fill back: %w", err)
		}
		if id := binary.LittleEndian.Uint32(b[0:]); wanted(id) {
			points = append(points, point{
				id, binary.LittleEndian.Uint32(b[4:]), math.Float64frombits(binary.LittleEndian.Uint64(b[8:])),
			})
		}
	}
}
