package jira

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

func TestACredentialThatASiteEchoesIsQuotedInNoFormThatJSONHas(t *testing.T) {
	const password = `pa"ss=w/ord&1234`
	plainly, err := json.Marshal("wrong: " + password)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"as the json package writes it":      string(plainly),
		"with all signs escaped":             `"wrong: pa\u0022ss\u003dw\/ord\u00261234"`,
		"at the end of what is quoted":       `"` + strings.Repeat("x", 295) + `pa\"ss=w/ord&1234"`,
		"as the name of a field":             `"wrong"],"errors":{"pa\"ss=w/ord&1234":"no"},"x":[""`,
		"in the header of basic, as base 64": `"Basic Ym90OnBhInNzPXcvb3JkJjEyMzQ="`,
	} {
		c, _ := testClient(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			writeJSON(w, http.StatusBadRequest, `{"errorMessages":[`+text+`]}`)
		}), func(o *Options) { o.Auth = Auth{User: "bot", Password: password} })
		err := ask(c, endpointIssue)
		if err == nil || !strings.Contains(err.Error(), "***") && !strings.HasSuffix(err.Error(), "…") {
			t.Errorf("%s: error %v", name, err)
			continue
		}
		for _, part := range []string{"pa\"ss", "1234", "Ym90"} {
			if strings.Contains(err.Error(), part) {
				t.Errorf("%s: %q is in the error %v", name, part, err)
			}
		}
	}
}

func TestWhatASiteSaysIsOnePlainLine(t *testing.T) {
	for said, want := range map[string]string{
		" two\nlines\u2028or three ":       "two lines or three",
		"\u009b31mred\x1b[0m":              "31mred [0m",
		"never \u202eyltcaxe what is read": "never yltcaxe what is read",
		"Ärgernis":                         "Ärgernis",
	} {
		if got := plain(said, 100); got != want {
			t.Errorf("%q became %q, want %q", said, got, want)
		}
	}
}
