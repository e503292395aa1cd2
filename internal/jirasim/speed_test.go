package jirasim_test

import (
	"testing"

	"plumbline/internal/jirasim"
	"plumbline/internal/realdata"
)

func BenchmarkLoadingTheLargeDump(b *testing.B) {
	for b.Loop() {
		if _, err := jirasim.LoadDump(realdata.Open(b, "jira-appcelerator.jsonl.gz")); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkScanningTheWholeWorld(b *testing.B) {
	s := serve(b, loadReal(b, "jira-appcelerator.jsonl.gz"), date("2018-01-01"), jirasim.Options{})
	for b.Loop() {
		for start, total := 0, 1; start < total; start += 100 {
			p := s.search(map[string]any{"jql": "created >= 0 ORDER BY created ASC, key ASC", "startAt": start, "maxResults": 100, "expand": []string{"changelog"}})
			total = p.Total
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/scan")
}
