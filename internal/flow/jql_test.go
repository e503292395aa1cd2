package flow_test

import (
	"strings"
	"testing"

	"plumbline/internal/flow"
)

func TestAJQLCanStandInParenthesesOrIsRefused(t *testing.T) {
	tests := []struct{ name, jql, text string }{
		{"empty", "", ""},
		{"plain", "project in (PAY, SHOP) AND labels = 'x'", ""},
		{"order by in quotation is a value", `summary ~ "how to order by mail"`, ""},
		{"a project called ORDER", "project = ORDER AND by = 1", ""},
		{"an apostrophe escaped", `summary ~ 'it\'s (order by)'`, ""},
		{"order by over two lines", "project = A\nORDER\n\tBY key", "holds ORDER BY"},
		{"a quotation left open", `project = "A`, "a quotation is not closed"},
		{"a parenthesis left open", "(project = A", "is not closed"},
		{"parentheses the wrong way round", "project = A) OR (project = B", "has no opening one"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := flow.CheckJQL(tt.jql)
			if tt.text == "" && err != nil || tt.text != "" && (err == nil || !strings.Contains(err.Error(), tt.text)) {
				t.Errorf("error %v, want %q", err, tt.text)
			}
		})
	}
}

func FuzzCheckJQL(f *testing.F) {
	f.Add(`a = "b\" order by" and (c = 'd')`)
	f.Fuzz(func(t *testing.T, jql string) {
		if flow.CheckJQL(jql) == nil && flow.CheckJQL("("+jql+") AND created >= 1") != nil {
			t.Errorf("%q is accepted, but not in parentheses", jql)
		}
	})
}
