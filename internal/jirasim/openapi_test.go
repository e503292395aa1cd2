package jirasim_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"plumbline/internal/jirasim"
	"plumbline/internal/realdata"
)

// contract is Atlassian's own description of Cloud's endpoints.
type contract struct {
	tb       testing.TB
	compiler *jsonschema.Compiler
}

// openAPI reads the description, with the two departures from it that real
// sites are known for: the ends of a change may be null, as the description's
// own examples show, and a custom field tells its untranslated name.
func openAPI(tb testing.TB) *contract {
	tb.Helper()
	raw, err := os.ReadFile(realdata.Path(tb, "../reference/jira-cloud-openapi-v3-subset.json"))
	if err != nil {
		tb.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		tb.Fatal(err)
	}
	properties := func(schema string) map[string]any {
		all := doc.(map[string]any)["components"].(map[string]any)["schemas"].(map[string]any)
		return all[schema].(map[string]any)["properties"].(map[string]any)
	}
	for _, end := range []string{"from", "fromString", "to", "toString"} {
		properties("ChangeDetails")[end].(map[string]any)["type"] = []any{"string", "null"}
	}
	properties("FieldDetails")["untranslatedName"] = map[string]any{"type": "string"}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft7)
	c.RegisterFormat(&jsonschema.Format{Name: "date-time", Validate: func(v any) error {
		s, text := v.(string)
		if _, err := time.Parse("2006-01-02T15:04:05.000-0700", s); text && err != nil {
			return err
		}
		return nil
	}})
	c.AssertFormat()
	if err := c.AddResource("jira.json", doc); err != nil {
		tb.Fatal(err)
	}
	return &contract{tb, c}
}

// check reports what in the JSON is not as the schema has it; nil for nothing.
func (c *contract) check(pointer, body string) error {
	c.tb.Helper()
	schema, err := c.compiler.Compile("jira.json#" + pointer)
	if err != nil {
		c.tb.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(body))
	if err != nil {
		return err
	}
	return schema.Validate(v)
}

// answers is where the schema of an endpoint's answer is.
func answers(method, path string) string {
	escape := strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D")
	return "/paths/" + escape.Replace(path) + "/" + strings.ToLower(method) + "/responses/200/content/application~1json/schema"
}

func (c *contract) get(s *site, endpoint, path string) {
	c.tb.Helper()
	a := s.get(path)
	if a.status != http.StatusOK {
		c.tb.Errorf("GET %s: status %d: %s", path, a.status, a.body)
	} else if err := c.check(answers("GET", endpoint), a.body); err != nil {
		c.tb.Errorf("GET %s: %v", path, err)
	}
}

// post sends a request that must be as the bean has it, and returns the
// answer, which must be as the endpoint has it.
func (c *contract) post(s *site, endpoint, bean, body string) answer {
	c.tb.Helper()
	if err := c.check("/components/schemas/"+bean, body); err != nil {
		c.tb.Errorf("request to %s: %v", endpoint, err)
	}
	a := s.do(http.MethodPost, endpoint, "application/json", body)
	if a.status != http.StatusOK {
		c.tb.Errorf("POST %s %s: status %d: %s", endpoint, body, a.status, a.body)
	} else if err := c.check(answers("POST", endpoint), a.body); err != nil {
		c.tb.Errorf("POST %s %.200s: %v", endpoint, body, err)
	}
	return a
}

func TestCloudAnswersAsAtlassiansOwnSchemaSays(t *testing.T) {
	for _, c := range []struct {
		name  string
		world *jirasim.World
		key   string
		pages int
	}{
		{"a Data Center's dump with histories", loadReal(t, "jira-aerogear.jsonl"), "AEROGEAR-2", 10},
		{"a Data Center's dump without", loadReal(t, "jira-appcelerator.jsonl.gz"), "TIMOB-8075", 8},
		{"a Cloud dump", load(t, cloudDump), "KAN-1", 10},
	} {
		t.Run(c.name, func(t *testing.T) {
			api := openAPI(t)
			for _, legacy := range []bool{false, true} {
				s := serve(t, c.world, c.world.Last(), jirasim.Options{Flavour: jirasim.Cloud, User: "bot@example.com", Password: "t", LegacyParents: legacy})
				s.header.Set("Authorization", basic("bot@example.com", "t"))
				project, _, _ := strings.Cut(c.key, "-")
				for _, path := range []string{"/serverInfo", "/myself", "/field", "/status", "/statuses/search", "/issuetype", "/resolution", "/priority", "/project/search"} {
					api.get(s, "/rest/api/3"+path, "/rest/api/3"+path)
				}
				for endpoint, path := range map[string]string{
					"/rest/api/3/issue/{issueIdOrKey}":              "/rest/api/3/issue/" + c.key + "?expand=changelog",
					"/rest/api/3/issue/{issueIdOrKey}/changelog":    "/rest/api/3/issue/" + c.key + "/changelog?maxResults=2",
					"/rest/api/3/project/{projectIdOrKey}/versions": "/rest/api/3/project/" + project + "/versions",
					"/rest/api/3/search/jql":                        "/rest/api/3/search/jql?jql=created%3E0&fields=*all&expand=names,schema,changelog",
				} {
					api.get(s, endpoint, path)
				}
				api.post(s, "/rest/api/3/search/approximate-count", "JQLCountRequestBean", `{"jql":"created > 0"}`)
				ids := api.scan(s, c.pages)
				list := string(mustJSON(ids))
				api.post(s, "/rest/api/3/issue/bulkfetch", "BulkFetchIssueRequestBean", `{"issueIdsOrKeys":`+list+`,"fields":["*all"],"expand":["changelog"]}`)
				api.post(s, "/rest/api/3/changelog/bulkfetch", "BulkChangelogRequestBean", `{"issueIdsOrKeys":`+list+`,"maxResults":50}`)
			}
		})
	}
}

// scan reads so many pages of a search and returns the ids of the last.
func (c *contract) scan(s *site, pages int) []string {
	c.tb.Helper()
	token := ""
	for {
		p := decodeJQL(c.tb, c.post(s, "/rest/api/3/search/jql", "SearchAndReconcileRequestBean",
			fmt.Sprintf(`{"jql":"created > 0 ORDER BY id ASC","maxResults":100,"fields":["*all"],"expand":"changelog","nextPageToken":%q}`, token)))
		var ids []string
		for _, i := range p.Issues {
			ids = append(ids, i.ID)
		}
		if pages--; p.Token == nil || pages == 0 {
			return ids
		}
		token = *p.Token
	}
}

func TestRequestsThatTheSchemaDoesNotHaveAreRefused(t *testing.T) {
	api := openAPI(t)
	if api.check(answers("GET", "/rest/api/3/issue/{issueIdOrKey}"), `{"id":"1","fields":{},"archived":true}`) == nil {
		t.Error("an answer with a property that the schema does not have is not noticed")
	}
	s := serve(t, load(t, cloudDump), date("2024-03-10"), jirasim.Options{Flavour: jirasim.Cloud})
	for _, c := range []struct{ name, endpoint, bean, body string }{
		{"an offset", "/rest/api/3/search/jql", "SearchAndReconcileRequestBean", `{"jql":"project = KAN","startAt":0}`},
		{"failFast in a body", "/rest/api/3/search/jql", "SearchAndReconcileRequestBean", `{"jql":"project = KAN","failFast":true}`},
		{"a list for expand", "/rest/api/3/search/jql", "SearchAndReconcileRequestBean", `{"jql":"project = KAN","expand":["changelog"]}`},
		{"fields as a text", "/rest/api/3/search/jql", "SearchAndReconcileRequestBean", `{"jql":"project = KAN","fields":"id"}`},
		{"fields of a count", "/rest/api/3/search/approximate-count", "JQLCountRequestBean", `{"jql":"project = KAN","fields":[]}`},
		{"a query of a bulk", "/rest/api/3/issue/bulkfetch", "BulkFetchIssueRequestBean", `{"issueIdsOrKeys":["1"],"jql":""}`},
		{"too many histories", "/rest/api/3/changelog/bulkfetch", "BulkChangelogRequestBean", `{"issueIdsOrKeys":["1"],"maxResults":10001}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if api.check("/components/schemas/"+c.bean, c.body) == nil {
				t.Error("the schema has it")
			}
			if a := s.do(http.MethodPost, c.endpoint, "application/json", c.body); a.status != http.StatusBadRequest {
				t.Errorf("status %d: %s", a.status, a.body)
			}
		})
	}
}

func mustJSON(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return raw
}
