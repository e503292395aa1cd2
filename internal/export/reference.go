package export

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// Metric is one line of the reference of metrics.
type Metric struct {
	Name   string   `json:"name"`
	Type   string   `json:"type"` // gauge, counter, histogram, summary or untyped
	Labels []string `json:"labels"`
	Help   string   `json:"help"`
}

// Reference lists every metric, sorted by name: those made from a snapshot
// from their definitions, whether or not there is a snapshot; the others as
// the gatherers have them now. A metric of labels that has no series yet is
// not in its gatherer, so owners initialise the labels that they know.
func Reference(gatherers ...prometheus.Gatherer) ([]Metric, error) {
	var all []Metric
	known := map[string]bool{}
	for _, f := range families(time.UTC) {
		known[f.name] = true
		all = append(all, Metric{Name: f.name, Type: "gauge", Labels: append([]string{}, f.labels...), Help: f.help})
	}
	gathered, err := prometheus.Gatherers(gatherers).Gather()
	if err != nil {
		return nil, fmt.Errorf("gathering the metrics for their reference: %w", err)
	}
	for _, mf := range gathered {
		if !known[mf.GetName()] {
			all = append(all, Metric{
				Name: mf.GetName(), Type: strings.ToLower(mf.GetType().String()), Labels: labelsOf(mf), Help: mf.GetHelp(),
			})
		}
	}
	slices.SortFunc(all, func(a, b Metric) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

// labelsOf lists the names of the labels that any series of the family has.
func labelsOf(mf *dto.MetricFamily) []string {
	names := []string{} // in JSON, none is a list too
	for _, m := range mf.Metric {
		for _, l := range m.Label {
			if !slices.Contains(names, l.GetName()) {
				names = append(names, l.GetName())
			}
		}
	}
	slices.Sort(names)
	return names
}
