package config

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Watch calls changed once after each change of what the paths hold, until the
// context ends. A path is a file or a folder of *.yaml; it may be absent, which
// is a state like any other. It compares contents and not times, so it sees
// through links that are swapped and isn't woken by a touch.
//
// The paths are asked for anew at each look. A change counts once it has been
// the same in two looks, the second a quarter of the interval after the first:
// nobody is to read a file that is half written. What the paths held when
// Watch was called is no change.
func Watch(ctx context.Context, paths func() []string, every time.Duration, changed func()) {
	known := contents(paths())
	seen := known
	timer := time.NewTimer(every)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		now := contents(paths())
		switch now {
		case known:
			timer.Reset(every)
		case seen:
			known = now
			changed()
			timer.Reset(every)
		default:
			timer.Reset(every / 4)
		}
		seen = now
	}
}

// contents is a fingerprint of all that the paths hold.
func contents(paths []string) [sha256.Size]byte {
	h := sha256.New()
	for _, path := range paths {
		_, _ = fmt.Fprintf(h, "%q\n", path) // a hash takes everything
		entries, err := os.ReadDir(path)
		if err != nil {
			sumFile(h, path)
			continue
		}
		for _, e := range entries {
			if name := e.Name(); filepath.Ext(name) == ".yaml" && !strings.HasPrefix(name, ".") {
				_, _ = fmt.Fprintf(h, "%q\n", name)
				sumFile(h, filepath.Join(path, name))
			}
		}
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// sumFile adds a file's content to a fingerprint, or that it cannot be read.
func sumFile(h io.Writer, path string) {
	src, err := readBounded(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		_, _ = fmt.Fprintln(h, "absent")
	case err != nil:
		_, _ = fmt.Fprintln(h, "unreadable")
	default:
		_, _ = fmt.Fprintf(h, "%d\n%s", len(src), src)
	}
}
