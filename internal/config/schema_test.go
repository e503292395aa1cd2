package config_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"plumbline/internal/config"
	"plumbline/internal/jirasim"
)

var update = flag.Bool("update", false, "write the JSON Schemas in config/ anew")

// kind is one of the two kinds of file: its schema and its loader.
type kind struct {
	file   string // of the schema, below config/
	schema func() ([]byte, error)
	load   func(src []byte) error
}

func service() kind {
	return kind{"plumbline.schema.json", config.ServiceSchema, func(src []byte) error {
		_, err := config.Parse("f", src)
		return err
	}}
}

func goals() kind {
	return kind{"goals.schema.json", config.GoalsSchema, func(src []byte) error {
		_, err := config.ParseGoals(map[string][]byte{"f": src})
		return err
	}}
}

// compile returns what validates by the schema.
func (k kind) compile(t testing.TB) *jsonschema.Schema {
	t.Helper()
	src, err := k.schema()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(src))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(k.file, doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(k.file)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// value reads a YAML file as an editor does: as values of JSON.
func value(src []byte) (any, error) {
	var v any
	if err := yaml.Unmarshal(src, &v); err != nil {
		return nil, err
	}
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return jsonschema.UnmarshalJSON(bytes.NewReader(text))
}

func TestTheShippedSchemasAreThoseOfTheLoader(t *testing.T) {
	for _, k := range []kind{service(), goals()} {
		t.Run(k.file, func(t *testing.T) {
			got, err := k.schema()
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(shipped, k.file)
			if *update {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("%s is not what the loader takes; write it anew with go test ./internal/config -run Schemas -update (-shipped +loader):\n%s", path, diff)
			}
		})
	}
}

// shippedFiles returns the files of both kinds that are shipped, with the kind.
func shippedFiles(t testing.TB) map[string]kind {
	t.Helper()
	files := map[string]kind{filepath.Join(shipped, "plumbline.yaml"): service()}
	for _, folder := range []string{"goals", "examples"} {
		err := filepath.WalkDir(filepath.Join(shipped, folder), func(path string, _ fs.DirEntry, err error) error {
			if err == nil && filepath.Ext(path) == ".yaml" {
				files[path] = goals()
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}

func TestTheFirstLineOfEveryShippedFileNamesItsSchema(t *testing.T) {
	files := shippedFiles(t)
	if len(files) < 4 {
		t.Fatalf("only %d files are shipped", len(files))
	}
	for path, k := range files {
		src, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		first, _, _ := strings.Cut(string(src), "\n")
		named, ok := strings.CutPrefix(first, "# yaml-language-server: $schema=")
		if !ok {
			t.Errorf("%s begins with %q", path, first)
			continue
		}
		led, err := filepath.Abs(filepath.Join(filepath.Dir(path), named))
		if err != nil {
			t.Fatal(err)
		}
		meant, err := filepath.Abs(filepath.Join(shipped, k.file))
		if err != nil {
			t.Fatal(err)
		}
		if led != meant {
			t.Errorf("%s names the schema %s, not %s", path, led, meant)
		}
		if _, err := os.Stat(led); err != nil {
			t.Error(err)
		}
	}
}

// taken are files that the loader takes, with all keys that there are.
func taken(t testing.TB) map[string]kind {
	t.Helper()
	all := map[string]kind{site: service(), wholeService: service(), wholeGoal: goals(), "goals: []": goals()}
	for path, k := range shippedFiles(t) {
		src, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all[string(src)] = k
	}
	for _, src := range jirasim.NewCompany(1, at(2026, 11, 18)).Goals {
		all[string(src)] = goals()
	}
	return all
}

func TestWhatTheLoaderTakesIsValid(t *testing.T) {
	schemas := map[string]*jsonschema.Schema{service().file: service().compile(t), goals().file: goals().compile(t)}
	for src, k := range taken(t) {
		v, err := value([]byte(src))
		if err != nil {
			t.Fatal(err)
		}
		if err := schemas[k.file].Validate(v); err != nil {
			t.Errorf("%v\nof\n%s", err, src)
		}
	}
}

// wholeService has every key of the service's configuration.
const wholeService = `external_url: https://plumbline.acme.com
sites:
  - name: acme
    url: https://jira.acme.com/jira
    auth: {email: bot@acme.com, token_file: secrets/jira, expires: 2027-03-01}
    scope: project in (PAY, SHOP)
    limits: {requests_per_second: 0.5, in_flight: 2}
    tls: {ca_file: ca.pem}
    webhook_secret_file: ""
    fields: {epic_link: [customfield_1], flagged: [customfield_2], parent_link: [customfield_3], sprint: [customfield_4], story_points: [customfield_5]}
  - {name: other, url: "https://other", auth: {user: u, password_env: P}, scope: x}
schedule: {incremental: "@every 5m", agile: "@daily", census: "17 3 * * *", full: off, timezone: Europe/Zurich}
store: {path: p.db}
goals: goals
listen: 127.0.0.1:9847
web_config: ""
prometheus: {url: ""}
calendar: {workdays: [mon, tue], holidays: [2026-12-25], freezes: [{from: 2026-12-20, to: 2027-01-03}]}
semantics:
  discarded_resolutions: [Won't Do]
  active_statuses: []
  waiting_statuses: [In review]
  decisions: {classes: [{name: architecture, issue_types: [Decision], labels: [adr], statuses: [Asked], flagged: true}], decide_within: {architecture: 5d}}
  blocked: {statuses: [Blocked], flagged: true}
  debt: {labels: [tech-debt], issue_types: [Technical Debt]}
  business_as_usual: {issue_types: [Support]}
  escalation: {priorities: [Highest]}
  bots: [jira-automation]
traps: {process_accretion: on, shadow_work: off, tomorrows_trap: {age: 2.5}}
lint: {accept: [{rule: no-target, at: PAY-1, why: "w"}]}
privacy: {pseudonym_key_file: k, min_group: 7, store_summaries: false}
`
