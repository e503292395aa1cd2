package dashboard

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/prometheus/common/model"
)

// Query is one question that a dashboard asks of Prometheus.
type Query struct {
	From    string // the panel's title, "variable NAME" or "annotation NAME"
	RefID   string // within the panel; empty for a variable or an annotation
	Expr    string // PromQL without any of Grafana's variables
	Instant bool   // asked for one moment, not for a range
	Unit    string // as what the panel shows the answer; empty for the others
	// Ahead is how far the board shows the future.
	Ahead time.Duration
}

// boardJSON is what is read of a dashboard.
type boardJSON struct {
	Time       struct{ To string }
	Panels     []panelJSON
	Templating struct {
		List []struct {
			Name, Type string
			Query      json.RawMessage
		}
	}
	Annotations struct {
		List []struct{ Name, Expr string }
	}
}

type panelJSON struct {
	Title   string
	Targets []struct {
		RefID   string `json:"refId"`
		Expr    string
		Instant bool
	}
	FieldConfig struct {
		Defaults  struct{ Unit string }
		Overrides []struct {
			Matcher    struct{ Options any }
			Properties []struct {
				ID    string
				Value any
			}
		}
	}
	Transformations []struct {
		ID      string
		Options struct{ RenameByName map[string]string }
	}
}

// Queries lists every query of a dashboard, given as the JSON that Grafana
// reads, with the dashboard's variables replaced as if all of each were
// chosen. A variable's values are asked for by the series that they come from.
func Queries(board []byte) ([]Query, error) {
	var d boardJSON
	if err := json.Unmarshal(board, &d); err != nil {
		return nil, fmt.Errorf("reading a dashboard: %w", err)
	}
	ahead, err := d.ahead()
	if err != nil {
		return nil, err
	}
	var all []Query
	for _, v := range d.Templating.List {
		if v.Type != "query" {
			continue
		}
		var text string
		if err := json.Unmarshal(v.Query, &text); err != nil {
			return nil, fmt.Errorf("reading the query of the variable %s: %w", v.Name, err)
		}
		series, err := seriesOf(text)
		if err != nil {
			return nil, fmt.Errorf("reading the query of the variable %s: %w", v.Name, err)
		}
		all = append(all, Query{From: "variable " + v.Name, Expr: series, Instant: true})
	}
	for _, a := range d.Annotations.List {
		all = append(all, Query{From: "annotation " + a.Name, Expr: a.Expr})
	}
	for _, p := range d.Panels {
		for _, t := range p.Targets {
			all = append(all, Query{From: p.Title, RefID: t.RefID, Expr: t.Expr, Instant: t.Instant, Unit: p.unit(t.RefID)})
		}
	}
	for k := range all {
		all[k].Ahead = ahead
		all[k].Expr = variable.ReplaceAllString(all[k].Expr, ".*")
		all[k].Expr = strings.ReplaceAll(all[k].Expr, "$__rate_interval", "5m")
		if left.MatchString(all[k].Expr) {
			return nil, fmt.Errorf("the query %s of %s has a variable that the board lacks", all[k].Expr, all[k].From)
		}
	}
	return all, nil
}

// ahead is how far past now the board's range ends.
func (d *boardJSON) ahead() (time.Duration, error) {
	future, ok := strings.CutPrefix(d.Time.To, "now+")
	if !ok {
		return 0, nil
	}
	ahead, err := model.ParseDuration(future)
	if err != nil {
		return 0, fmt.Errorf("reading the range of a dashboard: %w", err)
	}
	return time.Duration(ahead), nil
}

// unit is the one in which the query's answer shows: the panel's, or that of
// the column which the answer becomes.
func (p *panelJSON) unit(ref string) string {
	column := "Value #" + ref
	for _, t := range p.Transformations {
		if name := t.Options.RenameByName[column]; name != "" {
			column = name
		}
	}
	for _, o := range p.FieldConfig.Overrides {
		for _, q := range o.Properties {
			if unit, ok := q.Value.(string); ok && o.Matcher.Options == column && q.ID == "unit" {
				return unit
			}
		}
	}
	return p.FieldConfig.Defaults.Unit
}

// variable matches the variables that choose goals and sites, all of which are
// used within =~.
var variable = regexp.MustCompile(`\$(owner|parent|goal|site)\b`)

// left matches a variable of Grafana's; "$1" is one of PromQL's.
var left = regexp.MustCompile(`\$[^0-9]`)

// seriesOf takes the series out of label_values(series, label).
func seriesOf(query string) (string, error) {
	inner, ok := strings.CutPrefix(query, "label_values(")
	end := strings.LastIndex(inner, ",")
	if !ok || end < 0 {
		return "", fmt.Errorf("%q is not of the form label_values(series, label)", query)
	}
	return inner[:end], nil
}
