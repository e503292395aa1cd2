package store

import (
	"context"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"

	"plumbline/internal/flow"
)

// Info is what there is to know of a store.
type Info struct {
	Path      string     `json:"path"`
	Schema    int        `json:"schema"`
	FileBytes int64      `json:"file_bytes"`
	Issues    int        `json:"issues"` // of all sites
	Sites     []SiteInfo `json:"sites"`  // by name
	// DataBytesPerIssue is what the issues' own pages hold, and
	// FileBytesPerIssue what the whole file takes, by the number of issues;
	// 0 where there are none.
	DataBytesPerIssue float64 `json:"data_bytes_per_issue"`
	FileBytesPerIssue float64 `json:"file_bytes_per_issue"`
}

// SiteInfo is what there is to know of a site.
type SiteInfo struct {
	Name string `json:"name"`
	Counts
	Problems int `json:"problems"`
	// The times of the checkpoint; nil where it has none.
	Watermark   *time.Time `json:"watermark"`
	FullStarted *time.Time `json:"full_started"` // of an unfinished full run
	LastSuccess *time.Time `json:"last_success"`
}

// Info looks the store over. It touches every page of the issues, but reads
// none of them.
func (s *Store) Info(ctx context.Context) (Info, error) {
	info := Info{Path: s.path, Sites: []SiteInfo{}}
	size, err := s.Size()
	if err != nil {
		return info, err
	}
	info.FileBytes = size
	err = guard(s.path, func() (err error) {
		info.Schema, err = schemaOf(s.db, s.path)
		return err
	})
	if err != nil {
		return info, err
	}
	for _, name := range s.Sites() {
		if err := ctx.Err(); err != nil {
			return info, err
		}
		site, err := s.siteInfo(name)
		if err != nil {
			return info, err
		}
		info.Issues += site.Issues
		info.Sites = append(info.Sites, site)
	}
	var stats bolt.BucketStats
	err = s.view(func(t *reading) error {
		stats = t.bucket(bucketIssues).Stats()
		return nil
	})
	if err != nil {
		return info, fmt.Errorf("look store %s over: %w", s.path, err)
	}
	if info.Issues > 0 {
		info.DataBytesPerIssue = float64(stats.LeafInuse+stats.BranchInuse) / float64(info.Issues)
		info.FileBytesPerIssue = float64(info.FileBytes) / float64(info.Issues)
	}
	return info, nil
}

func (s *Store) siteInfo(name string) (SiteInfo, error) {
	i := SiteInfo{Name: name}
	counts, err := s.Counts(name)
	if err != nil {
		return i, err
	}
	problems, err := s.Problems(name)
	if err != nil {
		return i, err
	}
	var c flow.Checkpoint
	if c, err = s.Checkpoint(name); err != nil {
		return i, err
	}
	i.Counts, i.Problems = counts, len(problems)
	i.Watermark, i.FullStarted, i.LastSuccess = timeOrNil(c.Watermark), timeOrNil(c.FullStarted), timeOrNil(c.LastSuccess)
	return i, nil
}

func timeOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
