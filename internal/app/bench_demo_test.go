package app_test

import (
	"path/filepath"
	"testing"

	"plumbline/internal/app"
	"plumbline/internal/realdata"
	"plumbline/internal/syncer"
)

// BenchmarkDemo measures how long one waits for the board of the demo: the
// simulated site is made, read and measured.
func BenchmarkDemo(b *testing.B) {
	stage := func(b *testing.B, d app.Demo) {
		b.Helper()
		d.Listen = "127.0.0.1:0"
		for b.Loop() {
			began := cpu()
			show, err := d.Stage(b.Context(), func(syncer.Progress) {})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric((cpu() - began).Seconds(), "cpu-s")
			if len(show.Snapshot().Goals) == 0 {
				b.Fatal("there is no goal on the board")
			}
			if err := show.Close(); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s-to-board")
	}
	b.Run("company", func(b *testing.B) { stage(b, app.Demo{}) })
	b.Run("29,057 real issues", func(b *testing.B) {
		stage(b, app.Demo{
			Dump:  realdata.Path(b, "jira-appcelerator.jsonl.gz"),
			Goals: filepath.Join("..", "..", "config", "examples", "appcelerator"),
		})
	})
}
