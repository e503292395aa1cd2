// Package realdata finds the real Jira issues that tests read. They are not
// part of the project: they lie in a folder "shared/data" beside it.
//
// What lives here: opening those files for a test. What must not: anything
// that the product itself uses.
package realdata

import (
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// Path returns the path of the named file of shared/data. Where the file is
// absent the test is skipped, or fails if the environment says CI=true.
func Path(tb testing.TB, name string) string {
	tb.Helper()
	_, here, _, ok := runtime.Caller(0)
	if !ok {
		tb.Fatal("the test binary does not know where its sources are")
	}
	path := filepath.Join(filepath.Dir(here), "..", "..", "..", "shared", "data", name)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if os.Getenv("CI") == "true" {
			tb.Fatalf("real data: %v", err)
		}
		tb.Skipf("no real data beside the project (shared/data): %v", err)
	}
	return path
}

// Open opens the named file of shared/data for reading, unpacked if its name
// ends in .gz. The test closes it.
func Open(tb testing.TB, name string) io.Reader {
	tb.Helper()
	f, err := os.Open(Path(tb, name))
	if err != nil {
		tb.Fatalf("real data: %v", err)
	}
	tb.Cleanup(func() { _ = f.Close() })
	if !strings.HasSuffix(name, ".gz") {
		return f
	}
	z, err := gzip.NewReader(f)
	if err != nil {
		tb.Fatalf("real data %s: %v", name, err)
	}
	return z
}
