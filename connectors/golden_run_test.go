package connectors

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// goldenDir is a folder with the demo connector and one golden case.
func goldenDir(t *testing.T, text string) (dir, file string) {
	t.Helper()
	dir = t.TempDir()
	for _, name := range []string{"connector.yaml", "mapping.yaml"} {
		raw, err := os.ReadFile(filepath.Join("demo", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "testdata"), 0o700); err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(dir, "testdata", "case.golden")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir, file
}

const supplierCase = `One supplier.

-- case --
steps:
  - { one: suppliers, id: "%s" }

-- exchange --
GET /wp-json/wc/v3/suppliers/21

HTTP/1.1 200 OK
Content-Type: application/json

{"id":21,"name":"Noordhout","status":"active"}
%s
-- expect --
`

const moreSuppliers = `
-- exchange --
GET /wp-json/wc/v3/suppliers/22

HTTP/1.1 404 Not Found

{}
`

func golden(t *testing.T, dir string, update bool) GoldenResult {
	t.Helper()
	results, err := Golden(t.Context(), dir, update)
	if err != nil || len(results) != 1 {
		t.Fatalf("%d results, %v", len(results), err)
	}
	return results[0]
}

// -update writes what comes out; from then on the case passes until it differs.
func TestGoldenUpdates(t *testing.T) {
	t.Parallel()
	dir, file := goldenDir(t, fmt.Sprintf(supplierCase, "21", ""))
	if r := golden(t, dir, false); r.OK() || !strings.Contains(r.Diff, `+       "remote_id": "21"`) {
		t.Fatalf("a case without expectation: %+v", r)
	}
	if r := golden(t, dir, true); !r.OK() || r.About != "One supplier." || r.Mapped["suppliers"] != 1 {
		t.Fatalf("update: %+v", r)
	}
	if r := golden(t, dir, false); !r.OK() {
		t.Fatalf("after the update: %+v", r)
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(raw), `"name":"Noordhout"`, `"name":"Zuiderhout"`, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	r := golden(t, dir, false)
	for _, line := range []string{`-         "name": "Noordhout",`, `+         "name": "Zuiderhout",`} {
		if !strings.Contains(r.Diff, line) {
			t.Errorf("the difference lacks %q:\n%s", line, r.Diff)
		}
	}
}

func TestGoldenRefuses(t *testing.T) {
	t.Parallel()
	good := fmt.Sprintf(supplierCase, "21", "")
	for _, c := range []struct{ name, text, want string }{
		{"an unexpected request", fmt.Sprintf(supplierCase, "22", ""), "unexpected request GET /wp-json/wc/v3/suppliers/22, the next exchange is GET /wp-json/wc/v3/suppliers/21"},
		{"one request too many", strings.Replace(good, "steps:\n", "steps:\n  - { one: suppliers, id: \"21\" }\n", 1), "no exchange is left"},
		{"an exchange that nobody asks for", fmt.Sprintf(supplierCase, "21", moreSuppliers), "1 exchanges were not asked for, the first is GET /wp-json/wc/v3/suppliers/22"},
		{"another body", strings.NewReplacer("{ one: suppliers, id: \"21\" }", "{ push: buy_orders, object: { reference: A1, supplier: \"21\", lines: [] } }",
			"GET /wp-json/wc/v3/suppliers/21\n", "POST /wp-json/wc/v3/purchase-orders\n> {\"reference\":\"A2\"}\n").Replace(good), `the exchange has {"reference":"A2"}`},
		{"a step that does nothing", strings.Replace(good, "one: suppliers, ", "", 1), "a step is one of check"},
		{"an unknown key", strings.Replace(good, "one: suppliers", "on: suppliers", 1), "unknown field"},
		{"a parent nobody read", strings.Replace(good, "one: suppliers, id: \"21\"", "one: variations, id: \"21\", parent: \"9\"", 1), "-- record products 9 --"},
		{"no sentence", strings.TrimPrefix(good, "One supplier.\n"), "the first line must say what the case shows"},
		{"an unknown section", strings.Replace(good, "-- exchange --", "-- exchanges --", 1), "section exchanges"},
		{"no answer", strings.Replace(good, "HTTP/1.1 200 OK\n", "", 1), "an answer that begins with HTTP/1.1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir, file := goldenDir(t, c.text)
			for _, update := range []bool{false, true} {
				r := golden(t, dir, update)
				if r.Err == nil || !strings.Contains(r.Err.Error(), c.want) || !strings.Contains(r.Err.Error(), file) {
					t.Errorf("update %t: %v, want it to say %q", update, r.Err, c.want)
				}
			}
			if raw, err := os.ReadFile(file); err != nil || string(raw) != c.text {
				t.Errorf("the file was rewritten: %v", err)
			}
		})
	}
}
