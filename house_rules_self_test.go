package koppel_test

import (
	"strings"
	"testing"
	"testing/fstest"
)

// clean is a small tree that keeps every rule; each case below adds one file.
var clean = map[string]string{
	".gitignore": "/bin/\n*.out\n",
	"doc.go":     "// Package koppel holds the words of the product, and nothing else, for every other package.\npackage koppel\n",
	"store/doc.go": "// Package store keeps the objects, records and runs of all webshops in PostgreSQL.\n" +
		"package store\n\nimport (\n\t\"context\"\n\n\t\"github.com/jackc/pgx/v5\"\n\t\"github.com/koppel-io/koppel\"\n)\n",
	"store/doc_test.go": "package store_test\n\nimport (\n\t\"testing\"\n\n\t\"github.com/google/go-cmp/cmp\"\n" +
		"\t\"github.com/koppel-io/koppel/store/storetest\"\n)\n\nfunc TestWait(t *testing.T) { cmp.Diff(1, 2) }\n",
	"bin/x.go": "package nothing // ignored\n",
	"LICENSE":  "Apache License\n",
}

// TestRules plants one fault at a time and wants the rule it breaks, and no
// other, to say where it is.
func TestRules(t *testing.T) {
	t.Parallel()
	const doc = "// Package x keeps the things that this test needs in order to say more than its name.\n"
	cases := []struct {
		name, path, body string
		rule, want       string // an empty rule: nothing may complain
	}{
		{name: "clean tree"},
		{name: "ignored file", path: "profile.out", body: "/ro" + "ot/secret\n"},
		{name: "comment of another package", path: "api/doc.go", body: doc + "package api\n", rule: "package comments", want: `must begin with "Package api "`},
		{name: "room the row forbids", path: "store/pull.go", body: "package store\n\nimport \"github.com/koppel-io/koppel/mapping\"\n", rule: "imports", want: "store/pull.go:3: store may not import mapping"},
		{name: "fake in product code", path: "store/fake.go", body: "package store\n\nimport \"github.com/koppel-io/koppel/fakes/demoshop\"\n", rule: "imports", want: "store may not import fakes/demoshop"},
		{name: "fake in a test", path: "store/fake_test.go", body: "package store\n\nimport \"github.com/koppel-io/koppel/fakes/demoshop\"\n"},
		{name: "connector imports another's room", path: "connectors/exact/hook.go", body: strings.Replace(doc, "x", "exact", 1) + "package exact\n\nimport \"github.com/koppel-io/koppel/store\"\n", rule: "imports", want: "connectors/* may not import store"},
		{name: "room inside a room", path: "connectors/rest/page/doc.go", body: strings.Replace(doc, "x", "page", 1) + "package page\n\nimport \"github.com/koppel-io/koppel/connectors/rest\"\n"},
		{name: "root imports a room", path: "record_test.go", body: "package koppel_test\n\nimport \"github.com/koppel-io/koppel/store\"\n", rule: "imports", want: ". may not import store"},
		{name: "unknown room", path: "attic/doc.go", body: strings.Replace(doc, "x", "attic", 1) + "package attic\n", rule: "imports", want: "folder attic is no room"},
		{name: "import of an unknown room", path: "store/attic.go", body: "package store\n\nimport \"github.com/koppel-io/koppel/attic\"\n", rule: "imports", want: "attic is no room"},
		{name: "third party outside its room", path: "store/huma.go", body: "package store\n\nimport \"github.com/danielgtaylor/huma/v2/adapters/humago\"\n", rule: "imports", want: "huma/v2 stays in its room (api)"},
		{name: "third party nobody argued for", path: "store/pq.go", body: "package store\n\nimport _ \"github.com/lib/pq\"\n", rule: "imports", want: "nobody argued for"},
		{name: "go-cmp in product code", path: "store/cmp.go", body: "package store\n\nimport \"github.com/google/go-cmp/cmp\"\n", rule: "imports", want: "for tests only"},
		{name: "root takes a free third party", path: "id.go", body: "package koppel\n\nimport \"github.com/google/uuid\"\n", rule: "imports", want: "may not be imported by ."},
		{name: "root takes decimals", path: "money.go", body: "package koppel\n\nimport \"github.com/shopspring/decimal\"\n"},
		{name: "dumping ground", path: "store/util/doc.go", body: strings.Replace(doc, "x", "util", 1) + "package util\n", rule: "package names", want: `"util" says nothing`},
		{name: "no package comment", path: "web/page.go", body: "package web\n", rule: "package comments", want: "web: 0 files carry a package comment"},
		{name: "two package comments", path: "store/two.go", body: doc + "package store\n", rule: "package comments", want: "store: 2 files"},
		{name: "comment that only repeats the name", path: "web/doc.go", body: "// Package web provides web.\npackage web\n", rule: "package comments", want: "has 4 words"},
		{name: "long file", path: "store/long.go", body: "package store\n" + strings.Repeat("\n", 400) + "var x int\n", rule: "file sizes", want: "store/long.go: 402 lines"},
		{name: "long test that is short enough", path: "store/long_test.go", body: "package store\n" + strings.Repeat("\n", 700) + "var x int\n"},
		{name: "long test", path: "store/long_test.go", body: "package store\n" + strings.Repeat("\n", 800) + "var x int\n", rule: "file sizes", want: "more than 800"},
		{name: "bare function", path: "store/a.go", body: "package store\n\nfunc Put() {}\n", rule: "doc comments", want: "store/a.go:3: exported Put"},
		{name: "bare method", path: "store/a.go", body: "package store\n\n// DB is.\ntype DB[T any] struct{}\n\nfunc (*DB[T]) Put() {}\n", rule: "doc comments", want: "exported Put"},
		{name: "bare type in a group", path: "store/a.go", body: "package store\n\n// Types.\ntype (\n\tDB struct{}\n)\n", rule: "doc comments", want: "exported DB"},
		{name: "bare constant", path: "store/a.go", body: "package store\n\nconst Most = 1\n", rule: "doc comments", want: "exported Most"},
		{name: "constants with one comment", path: "store/a.go", body: "package store\n\n// The bounds.\nconst (\n\tLeast = 1\n\tMost = 2 // of all\n)\n"},
		{name: "method of a hidden type", path: "store/a.go", body: "package store\n\ntype db struct{}\n\nfunc (db) Put() {}\n"},
		{name: "switched-off linter", path: "store/a.go", body: "package store\n\nvar x = 1 //no" + "lint:unused\n", rule: "linter switches", want: "store/a.go:3"},
		{name: "switched-off staticcheck", path: "store/a.go", body: "package store\n\n//lint:" + "ignore U1000 why\nvar x = 1\n", rule: "linter switches", want: "store/a.go:3"},
		{name: "sleep", path: "store/a_test.go", body: "package store\n\nimport clock \"time\"\n\nfunc wait() { clock.Sleep(1) }\n", rule: "sleeps and skips", want: "store/a_test.go:5: a test sleeps"},
		{name: "skip", path: "store/a_test.go", body: "package store\n\nimport \"testing\"\n\nfunc TestA(tt *testing.T) { tt.Skipf(\"no\") }\n", rule: "sleeps and skips", want: "a test skips itself"},
		{name: "another Skip", path: "store/a_test.go", body: "package store\n\nfunc read(d decoder) { d.Skip() }\n"},
		{name: "put off", path: "migrations/1.sql", body: "-- TO" + "DO: index\n", rule: "put off", want: "migrations/1.sql:1"},
		{name: "vendor's own words", path: "connectors/exact/testdata/a.json", body: "{\"note\": \"TO" + "DO\"}\n"},
		{name: "machine path", path: "Makefile", body: "build:\n\tcp x /wo" + "rk/main\n", rule: "places", want: "Makefile:2"},
		{name: "path inside an address", path: "a.md", body: "see https://shop.example/work/list\n"},
		{name: "registry", path: "a.md", body: "GOPRO" + "XY=https://mirror.example\n", rule: "places", want: "a.md:1"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			files := fstest.MapFS{}
			for name, body := range clean {
				files[name] = &fstest.MapFile{Data: []byte(body)}
			}
			if c.path != "" {
				files[c.path] = &fstest.MapFile{Data: []byte(c.body)}
			}
			tree, err := readTree(files)
			if err != nil {
				t.Fatal(err)
			}
			for _, rule := range rules {
				got := strings.Join(rule.check(tree), "\n")
				switch {
				case rule.name == c.rule && !strings.Contains(got, c.want):
					t.Errorf("rule %q said %q, want %q", rule.name, got, c.want)
				case rule.name != c.rule && got != "":
					t.Errorf("rule %q should be silent and said %q", rule.name, got)
				}
			}
		})
	}
}
