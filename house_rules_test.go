package koppel_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Limits on the length of a Go file in lines, and the least number of words in
// which a package says what it is for.
const (
	fileLines     = 400
	testFileLines = 800
	commentWords  = 12
)

func checkImports(t *tree) []string {
	var complaints []string
	for _, file := range t.goFiles {
		from, ok := roomOf(file.dir)
		if !ok {
			complaints = append(complaints, fmt.Sprintf("%s: folder %s is no room of the house: add a line to rooms in house_test.go, or move the file", file.path, file.dir))
			continue
		}
		for _, spec := range file.ast.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				continue
			}
			if why := refuse(from, file.test, imported); why != "" {
				complaints = append(complaints, fmt.Sprintf("%s: %s", t.at(spec), why))
			}
		}
	}
	return complaints
}

// refuse says why a file of a room may not import a package; "" when it may.
func refuse(from room, test bool, imported string) string {
	first, _, _ := strings.Cut(imported, "/")
	switch {
	case imported == modulePath || strings.HasPrefix(imported, modulePath+"/"):
		return refuseRoom(from, test, imported)
	case !strings.Contains(first, "."):
		return "" // standard library
	default:
		return refuseModule(from, test, imported)
	}
}

func refuseRoom(from room, test bool, imported string) string {
	dir := "."
	if imported != modulePath {
		dir = strings.TrimPrefix(imported, modulePath+"/")
	}
	to, ok := roomOf(dir)
	switch {
	case !ok:
		return fmt.Sprintf("%s is no room of the house: add a line to rooms in house_test.go", dir)
	case to.path == from.path, slices.Contains(from.may, to.path):
		return ""
	case test && from.path != "." && slices.Contains(testsMay, to.path):
		return ""
	}
	return fmt.Sprintf("%s may not import %s (it may import: %s): declare a small interface here and let cmd wire it",
		from.path, dir, strings.Join(from.may, " "))
}

func refuseModule(from room, test bool, imported string) string {
	m, ok := moduleOf(imported)
	switch {
	case !ok:
		return fmt.Sprintf("%s is a third party that nobody argued for: write an ADR and add a line to modules in house_test.go", imported)
	case slices.Contains(m.in, from.path), test && m.tests:
		return ""
	case from.path != "." && slices.Contains(m.in, anyRoom):
		return ""
	case len(m.in) == 0:
		return fmt.Sprintf("%s is for tests only", m.path)
	}
	return fmt.Sprintf("%s stays in its room (%s) and may not be imported by %s: ask that room for what you need",
		m.path, strings.Join(m.in, " "), from.path)
}

// dumpingGrounds are names that say nothing about what a package provides.
var dumpingGrounds = list("util utils common shared helper helpers model models type types misc base core lib pkg internal")

func checkPackageNames(t *tree) []string {
	var complaints []string
	for dir := range t.packages() {
		for _, part := range strings.Split(dir, "/") {
			if slices.Contains(dumpingGrounds, part) {
				complaints = append(complaints, fmt.Sprintf("%s: %q says nothing: name the package after what it provides", dir, part))
			}
		}
	}
	slices.Sort(complaints)
	return complaints
}

func checkPackageComments(t *tree) []string {
	var complaints []string
	packages := t.packages()
	for _, dir := range slices.Sorted(maps.Keys(packages)) {
		var with []goFile
		for _, file := range packages[dir] {
			if file.ast.Doc.Text() != "" {
				with = append(with, file)
			}
		}
		if len(with) != 1 {
			complaints = append(complaints, fmt.Sprintf("%s: %d files carry a package comment: write one, in doc.go", dir, len(with)))
			continue
		}
		text, name := with[0].ast.Doc.Text(), with[0].ast.Name.Name
		want := "Package " + name + " "
		if name == "main" {
			want = "Command " + path.Base(dir) + " "
		}
		if !strings.HasPrefix(text, want) {
			complaints = append(complaints, fmt.Sprintf("%s: the package comment must begin with %q", with[0].path, want))
		}
		if words := len(strings.Fields(text)); words < commentWords {
			complaints = append(complaints, fmt.Sprintf("%s: the package comment has %d words and says no more than its name: say what it is for, what it stores and draw its state machine", with[0].path, words))
		}
	}
	return complaints
}

func checkFileSizes(t *tree) []string {
	var complaints []string
	for _, file := range t.goFiles {
		limit := fileLines
		if file.test {
			limit = testFileLines
		}
		if file.lines > limit {
			complaints = append(complaints, fmt.Sprintf("%s: %d lines, more than %d: split it by noun or verb", file.path, file.lines, limit))
		}
	}
	return complaints
}

func checkDocComments(t *tree) []string {
	var complaints []string
	for _, file := range t.goFiles {
		if file.test || file.ast.Name.Name == "main" {
			continue
		}
		for _, decl := range file.ast.Decls {
			for _, name := range undocumented(decl) {
				complaints = append(complaints, fmt.Sprintf("%s: exported %s has no doc comment: say what it is, its units or shape and its errors", t.at(name), name.Name))
			}
		}
	}
	return complaints
}

// undocumented returns the exported names of a declaration that have no
// comment: on the name itself, beside it, or on the group it stands in.
func undocumented(decl ast.Decl) []*ast.Ident {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if d.Name.IsExported() && d.Doc.Text() == "" && (d.Recv == nil || ast.IsExported(receiver(d.Recv))) {
			return []*ast.Ident{d.Name}
		}
	case *ast.GenDecl:
		var names []*ast.Ident
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				if s.Doc.Text() == "" && (d.Lparen.IsValid() || d.Doc.Text() == "") {
					names = append(names, s.Name)
				}
			case *ast.ValueSpec:
				if s.Doc.Text() == "" && s.Comment.Text() == "" && d.Doc.Text() == "" {
					names = append(names, s.Names...)
				}
			}
		}
		return slices.DeleteFunc(names, func(name *ast.Ident) bool { return !name.IsExported() })
	}
	return nil
}

// receiver is the name of a method's type, without pointer and parameters.
func receiver(fields *ast.FieldList) string {
	expr := fields.List[0].Type
	for {
		switch e := expr.(type) {
		case *ast.StarExpr:
			expr = e.X
		case *ast.IndexExpr:
			expr = e.X
		case *ast.IndexListExpr:
			expr = e.X
		case *ast.Ident:
			return e.Name
		default:
			return ""
		}
	}
}

// switches are comments that switch a linter off.
var switches = regexp.MustCompile(`^//\s*(no` + `lint|lint:` + `(file-)?ignore|workflowcheck:` + `ignore)\b`)

func checkLinterSwitches(t *tree) []string {
	var complaints []string
	for _, file := range t.goFiles {
		for _, group := range file.ast.Comments {
			for _, comment := range group.List {
				if switches.MatchString(comment.Text) {
					complaints = append(complaints, fmt.Sprintf("%s: a linter is switched off: change the code instead", t.at(comment)))
				}
			}
		}
	}
	return complaints
}

func checkSleepsAndSkips(t *tree) []string {
	var complaints []string
	for _, file := range t.goFiles {
		if !file.test {
			continue
		}
		clock, handles := importName(file.ast, "time"), testHandles(file.ast)
		ast.Inspect(file.ast, func(node ast.Node) bool {
			selector, ok := node.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			on, ok := selector.X.(*ast.Ident)
			if !ok {
				return true
			}
			switch name := selector.Sel.Name; {
			case name == "Sleep" && on.Name == clock:
				complaints = append(complaints, fmt.Sprintf("%s: a test sleeps: wait for the condition with a channel and a deadline, or use testing/synctest", t.at(selector)))
			case slices.Contains(list("Skip Skipf SkipNow"), name) && handles[on.Name]:
				complaints = append(complaints, fmt.Sprintf("%s: a test skips itself: let its set-up provide what it needs, or fail saying what to install", t.at(selector)))
			}
			return true
		})
	}
	return complaints
}

// importName is the name under which a file knows a package; "" when it does not.
func importName(file *ast.File, importPath string) string {
	for _, spec := range file.Imports {
		if spec.Path.Value == strconv.Quote(importPath) {
			if spec.Name != nil {
				return spec.Name.Name
			}
			return path.Base(importPath)
		}
	}
	return ""
}

// testHandles are the names of all parameters of a type of package testing.
func testHandles(file *ast.File) map[string]bool {
	pkg, names := importName(file, "testing"), map[string]bool{}
	ast.Inspect(file, func(node ast.Node) bool {
		field, ok := node.(*ast.Field)
		if !ok {
			return true
		}
		typ := field.Type
		if star, ok := typ.(*ast.StarExpr); ok {
			typ = star.X
		}
		selector, ok := typ.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if on, ok := selector.X.(*ast.Ident); ok && on.Name == pkg && token.IsExported(selector.Sel.Name) {
			for _, name := range field.Names {
				names[name.Name] = true
			}
		}
		return true
	})
	return names
}

// putOff are marks of work that was left for later, written in two halves so
// that this file does not complain about itself.
var putOff = regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X|HA` + `CK)\b`)

func checkPutOff(t *tree) []string {
	return grep(t, putOff, func(name string) bool {
		return slices.Contains(strings.Split(name, "/"), "testdata") || path.Base(name) == "go.sum"
	}, "do it or leave it out: comments state the present rule")
}

// places are paths of one machine, and hosts of package registries that belong
// into a user's own configuration.
var places = regexp.MustCompile(`(^|file://|[^\w./-])/(work|ro` + `ot)/|\b(pro` + `xy|su` + `m)\.golang\.org|\bregi` + `stry\.npmjs\.org|\b(de` + `b|secu` + `rity)\.debian\.org|\bpypi\.o` + `rg|\bGOPRO` + `XY=`)

func checkPlaces(t *tree) []string {
	return grep(t, places, func(string) bool { return false },
		"a path or registry of one machine: use a relative path, and leave registries to the user's own settings")
}

func grep(t *tree, pattern *regexp.Regexp, pass func(name string) bool, advice string) []string {
	var complaints []string
	for _, file := range t.texts {
		if pass(file.path) {
			continue
		}
		for i, line := range file.lines {
			if found := pattern.FindString(line); found != "" {
				complaints = append(complaints, fmt.Sprintf("%s:%d: %q: %s", file.path, i+1, strings.TrimSpace(found), advice))
			}
		}
	}
	return complaints
}
