package app_test

import (
	"path/filepath"
	"testing"

	"plumbline/internal/flow"
	"plumbline/internal/store"
)

// BenchmarkReading measures a walk through a filled store: the issues alone,
// their timelines too, and along each timeline. Issues have twelve changes
// each.
func BenchmarkReading(b *testing.B) {
	const issues = 50_000
	path := filepath.Join(b.TempDir(), "plumbline.db")
	fill(b, path, issues, 500)
	st, err := store.Open(path, store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := st.Close(); err != nil {
			b.Error(err)
		}
	}()
	catalog, err := st.Catalog("bench")
	if err != nil {
		b.Fatal(err)
	}
	spans := 0
	for _, pass := range []struct {
		name string
		each func(*flow.Issue)
	}{
		{"issues", func(*flow.Issue) {}},
		{"timelines", func(i *flow.Issue) { flow.NewTimeline(i, catalog) }},
		{"spans", func(i *flow.Issue) {
			for range flow.NewTimeline(i, catalog).Spans() {
				spans++
			}
		}},
	} {
		b.Run(pass.name, func(b *testing.B) {
			b.ReportAllocs()
			busy := cpu()
			for b.Loop() {
				if err := st.Issues(b.Context(), "", func(i *flow.Issue) error { pass.each(i); return nil }); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric((cpu()-busy).Seconds()*1e6/float64(b.N*issues), "cpu-µs/issue")
		})
	}
}
