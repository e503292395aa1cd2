package app

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"plumbline/internal/config"
	"plumbline/internal/flow"
	"plumbline/internal/measure"
	"plumbline/internal/syncer"
)

// dumpContainers reads a file of raw Jira issues by the same way as the demo
// does, and returns its containers and when its last event happened.
func dumpContainers(ctx context.Context, path string, c *config.Config, progress func(syncer.Progress)) (_ measure.Past, err error) {
	world, err := loadDump(path)
	if err != nil {
		return measure.Past{}, err
	}
	s := &Showing{}
	defer func() { err = errors.Join(err, s.Close()) }()
	d := Demo{Listen: "127.0.0.1:0", Config: c}
	if err := d.show(ctx, s, world, &config.Goals{}, progress); err != nil {
		return measure.Past{}, fmt.Errorf("dump %s: %w", path, err)
	}
	return s.past(ctx, filepath.Base(path), "demo", s.Newest)
}

// past finds the containers of one site.
func (a *App) past(ctx context.Context, set, site string, until time.Time) (measure.Past, error) {
	catalogs, err := a.catalogs()
	if err != nil {
		return measure.Past{}, err
	}
	s := measureSettings(a.settings.Load().Config)
	containers, err := measure.FindContainers(set, measure.Input{
		Catalogs: map[string]*flow.Catalog{site: catalogs[site]}, Settings: s,
		Issues: func(each func(*flow.Issue) error) error { return a.store.Issues(ctx, site, each) },
	})
	return measure.Past{Containers: containers, Until: until}, err
}
