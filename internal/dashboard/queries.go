package dashboard

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// Query is one question that a dashboard asks of Prometheus.
type Query struct {
	From    string // the panel's title, or "variable NAME"
	RefID   string // within the panel; empty for a variable
	Expr    string // PromQL without any of Grafana's variables
	Instant bool   // asked for one moment, not for a range
}

// Queries lists every query of a dashboard, given as the JSON that Grafana
// reads, with the dashboard's variables replaced as if all of each were
// chosen. A variable's values are asked for by the series that they come from.
func Queries(board []byte) ([]Query, error) {
	var d struct {
		Panels []struct {
			Title   string
			Targets []struct {
				RefID   string `json:"refId"`
				Expr    string
				Instant bool
			}
		}
		Templating struct {
			List []struct {
				Name, Type string
				Query      json.RawMessage
			}
		}
	}
	if err := json.Unmarshal(board, &d); err != nil {
		return nil, fmt.Errorf("reading a dashboard: %w", err)
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
	for _, p := range d.Panels {
		for _, t := range p.Targets {
			all = append(all, Query{From: p.Title, RefID: t.RefID, Expr: t.Expr, Instant: t.Instant})
		}
	}
	for k := range all {
		all[k].Expr = variable.ReplaceAllString(all[k].Expr, ".*")
		if strings.Contains(all[k].Expr, "$") {
			return nil, fmt.Errorf("the query %s of %s has a variable that the board lacks", all[k].Expr, all[k].From)
		}
	}
	return all, nil
}

// variable matches the variables that choose goals, all of which are used
// within =~.
var variable = regexp.MustCompile(`\$(owner|parent|goal)\b`)

// seriesOf takes the series out of label_values(series, label).
func seriesOf(query string) (string, error) {
	inner, ok := strings.CutPrefix(query, "label_values(")
	end := strings.LastIndex(inner, ",")
	if !ok || end < 0 {
		return "", fmt.Errorf("%q is not of the form label_values(series, label)", query)
	}
	return inner[:end], nil
}
