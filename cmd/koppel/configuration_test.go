package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// configurationFile lists every variable that the program reads.
var configurationFile = filepath.Join("..", "..", "docs", "configuration.md")

// The document says what the code does; one after the other, since -update rewrites what the second reads.
func TestConfiguration(t *testing.T) {
	t.Parallel()
	t.Run("table", configurationTable)
	t.Run("names", configurationNames)
}

// The table of the processes' variables is made from the help, which is where their words are; -update rewrites it.
func configurationTable(t *testing.T) {
	const begin, end = "<!-- from koppel server --help -->\n", "<!-- end -->\n"
	text, err := os.ReadFile(configurationFile)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, found := strings.Cut(string(text), begin)
	_, tail, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("%s lacks the lines %q and %q", configurationFile, begin, end)
	}
	var table strings.Builder
	table.WriteString("| variable | meaning (default) |\n|---|---|\n")
	for _, v := range environment {
		fmt.Fprintf(&table, "| `%s` | %s |\n", v.name, v.doc)
	}
	want := head + begin + table.String() + end + tail
	if *update {
		if err := os.WriteFile(configurationFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Errorf("%s is not what the program says; make golden rewrites it (-want +got):\n%s", configurationFile, diff)
	}
}

// Every variable that the code reads is in the document, and the document names no other.
func configurationNames(t *testing.T) {
	text, err := os.ReadFile(configurationFile)
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([A-Z][A-Z0-9_]+)`").FindAllStringSubmatch(string(text), -1) {
		told[row[1]] = true
	}
	read := variablesRead(t)
	if len(read) < 25 {
		t.Fatalf("found %d variables in the code: the test no longer sees them: %v", len(read), read)
	}
	for _, name := range read {
		if !told[name] {
			t.Errorf("%s is read by the program and has no row in %s", name, configurationFile)
		}
	}
	for name := range told {
		if !slices.Contains(read, name) {
			t.Errorf("%s has a row in %s and is not read by the program", name, configurationFile)
		}
	}
	for _, name := range regexp.MustCompile(`KOPPEL_[A-Z0-9_]+[A-Z0-9]`).FindAllString(string(text), -1) {
		if !told[name] && !told[strings.TrimSuffix(name, "_FILE")] {
			t.Errorf("%s speaks of %s, which has no row", configurationFile, name)
		}
	}
}

// variablesRead are the string literals in the code of this program, the only one that reads configuration, which are
// nothing but the name of a variable.
func variablesRead(t *testing.T) []string {
	t.Helper()
	shape := regexp.MustCompile(`^(KOPPEL_[A-Z0-9_]*[A-Z0-9]|HOME|XDG_[A-Z_]+)$`)
	fset := token.NewFileSet()
	var names []string
	files, err := fs.Glob(os.DirFS("."), "*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(fset, path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			literal, ok := n.(*ast.BasicLit)
			if !ok || literal.Kind != token.STRING {
				return true
			}
			if name, err := strconv.Unquote(literal.Value); err == nil && shape.MatchString(name) && !slices.Contains(names, name) {
				names = append(names, name)
			}
			return true
		})
	}
	return names
}
