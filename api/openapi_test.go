package api

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/koppel-io/koppel"
)

var update = flag.Bool("update", false, "rewrite openapi.json")

const goldenOpenAPI = "openapi.json"

func TestOpenAPIIsTheGoldenOne(t *testing.T) {
	t.Parallel()
	got, err := json.Marshal(newServer(Config{}).openapi)
	if err != nil {
		t.Fatal(err)
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, got, "", "  "); err != nil {
		t.Fatal(err)
	}
	pretty.WriteByte('\n')
	if *update {
		if err := os.WriteFile(goldenOpenAPI, pretty.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(goldenOpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), pretty.String()); diff != "" {
		t.Errorf("the document changed; when that is meant: go test ./api -run OpenAPI -update\n%s", diff)
	}
}

// wholeDocument is the document as a client reads it.
func wholeDocument(t *testing.T) map[string]any {
	t.Helper()
	body, err := json.Marshal(newServer(Config{}).openapi)
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal(body, &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

func at(t *testing.T, doc any, path ...string) any {
	t.Helper()
	for i, name := range path {
		object, ok := doc.(map[string]any)
		if !ok || object[name] == nil {
			t.Fatalf("the document has no %s", strings.Join(path[:i+1], " / "))
		}
		doc = object[name]
	}
	return doc
}

func TestOpenAPIHasEveryRowWithItsScope(t *testing.T) {
	t.Parallel()
	doc := wholeDocument(t)
	if at(t, doc, "openapi") != "3.1.0" {
		t.Errorf("openapi is %v", doc["openapi"])
	}
	documented := 0
	for _, r := range newServer(Config{}).routes() {
		if r.id == "" {
			continue
		}
		documented++
		op := at(t, doc, "paths", r.path, strings.ToLower(r.method))
		if got := at(t, op, "operationId"); got != r.id {
			t.Errorf("%s has operation id %v, want %s", r.pattern(), got, r.id)
		}
		want := []any{map[string]any{"key": []any{r.scope}}}
		if diff := cmp.Diff(want, at(t, op, "security")); diff != "" {
			t.Errorf("%s: security differs:\n%s", r.pattern(), diff)
		}
		if problem := at(t, op, "responses", "default", "content", problemType, "schema", "$ref"); problem != "#/components/schemas/Problem" {
			t.Errorf("%s: errors are %v", r.pattern(), problem)
		}
	}
	operations := 0
	for _, item := range at(t, doc, "paths").(map[string]any) {
		operations += len(item.(map[string]any))
	}
	if operations != documented || documented < 30 {
		t.Errorf("the document has %d operations, the table %d", operations, documented)
	}
}

func TestOpenAPIShowsEveryFieldOfEveryObject(t *testing.T) {
	t.Parallel()
	doc := wholeDocument(t)
	var check func(where string, schema any, fields []koppel.Field)
	check = func(where string, schema any, fields []koppel.Field) {
		members := at(t, schema, "properties").(map[string]any)
		if len(members) != len(fields) {
			t.Errorf("%s has %d members, the model %d fields", where, len(members), len(fields))
		}
		for _, f := range fields {
			member := at(t, schema, "properties", f.Name)
			if got := at(t, member, "description"); got != f.Doc {
				t.Errorf("%s.%s is described as %q, want %q", where, f.Name, got, f.Doc)
			}
			if f.Type == koppel.Lines {
				check(where+"."+f.Name, at(t, member, "items"), f.Line)
			}
		}
	}
	for _, object := range koppel.Objects() {
		check(string(object), at(t, doc, "components", "schemas", schemaName(object), "properties", "values"), object.Fields())
	}
}

func TestDocsPageLoadsNothingFromElsewhere(t *testing.T) {
	t.Parallel()
	if found := regexp.MustCompile(`(?i)(https?:)?//[a-z0-9.-]+\.[a-z]{2,}|@import|<link|src=`).Find(docsPage); found != nil {
		t.Errorf("the docs page reaches for %q", found)
	}
	if !bytes.Contains(docsPage, []byte(`fetch("/openapi.json")`)) {
		t.Error("the docs page does not read /openapi.json")
	}
}
