package koppel_test

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// documents are the Markdown files of the repository by their paths.
func documents(t *testing.T) map[string]string {
	t.Helper()
	tree, err := readTree(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, file := range tree.texts {
		if path.Ext(file.path) == ".md" {
			found[file.path] = strings.Join(file.lines, "\n")
		}
	}
	if found["README.md"] == "" || len(found) < 8 {
		t.Fatalf("found %d documents: the test no longer sees them", len(found))
	}
	return found
}

var (
	links  = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	fences = regexp.MustCompile("(?ms)^```.*?^```")
)

// Every link from a document to a file or to a heading leads somewhere.
func TestLinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	all := documents(t)
	checked := 0
	for name, text := range all {
		for _, link := range links.FindAllStringSubmatch(fences.ReplaceAllString(text, ""), -1) {
			if strings.Contains(link[1], "://") || strings.HasPrefix(link[1], "mailto:") {
				continue
			}
			checked++
			if why := broken(all, name, link[1]); why != "" {
				t.Errorf("%s: link %s: %s", name, link[1], why)
			}
		}
	}
	if checked < 8 {
		t.Errorf("%d links were checked: the test no longer sees them", checked)
	}
}

// broken says why a relative link of a document leads nowhere; "" when it leads somewhere.
func broken(all map[string]string, from, link string) string {
	to, heading, _ := strings.Cut(link, "#")
	target := from
	if to != "" {
		target = path.Join(path.Dir(from), to)
		if _, err := fs.Stat(os.DirFS("."), target); err != nil {
			return "there is no " + target
		}
	}
	if heading != "" && !slices.Contains(headings(all[target]), heading) {
		return fmt.Sprintf("%s has no heading #%s", target, heading)
	}
	return ""
}

var notInAnchor = regexp.MustCompile(`[^\p{L}\p{N} _-]`)

// headings are the anchors of a document's headings, as code hosts make them.
func headings(text string) (anchors []string) {
	for line := range strings.Lines(fences.ReplaceAllString(text, "")) {
		if level := strings.TrimLeft(line, "#"); len(level) < len(line) && strings.HasPrefix(level, " ") {
			plain := notInAnchor.ReplaceAllString(strings.ToLower(strings.TrimSpace(level)), "")
			anchors = append(anchors, strings.ReplaceAll(plain, " ", "-"))
		}
	}
	return anchors
}

var (
	target    = regexp.MustCompile(`(?m)^([a-z]+):.*## `)
	makeCalls = regexp.MustCompile("(?m)(?:^|`)make ([a-z]+)\\b")
)

// Every target of make that a document names is in the Makefile.
func TestMakeTargetsExist(t *testing.T) {
	t.Parallel()
	makefile, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	var targets []string
	for _, found := range target.FindAllStringSubmatch(string(makefile), -1) {
		targets = append(targets, found[1])
	}
	named := 0
	for name, text := range documents(t) {
		for _, call := range makeCalls.FindAllStringSubmatch(text, -1) {
			named++
			if !slices.Contains(targets, call[1]) {
				t.Errorf("%s says make %s, and the Makefile has only %s", name, call[1], strings.Join(targets, ", "))
			}
		}
	}
	if named < 10 {
		t.Errorf("%d targets are named: the test no longer sees them", named)
	}
}

// dependencies is the document that argues for every third party.
const dependencies = "docs/adr/0001-dependencies.md"

var modulePaths = regexp.MustCompile(`[a-z0-9.-]+\.[a-z]+/[A-Za-z0-9/._-]+`)

// Every module that the code imports or go.mod asks for is argued for, and no other.
func TestDependenciesAreArguedFor(t *testing.T) {
	t.Parallel()
	argued := map[string]bool{}
	for line := range strings.Lines(documents(t)[dependencies]) {
		if strings.HasPrefix(line, "| ") {
			first, _, _ := strings.Cut(strings.TrimPrefix(line, "| "), "|")
			for _, found := range modulePaths.FindAllString(first, -1) {
				argued[found] = true
			}
		}
	}
	wanted := directRequirements(t)
	tree, err := readTree(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range tree.goFiles {
		for _, spec := range file.ast.Imports {
			if m, ok := moduleOf(strings.Trim(spec.Path.Value, `"`)); ok {
				wanted[m.path] = file.path
			}
		}
	}
	for module, where := range wanted {
		if !argued[module] {
			t.Errorf("%s, wanted by %s, has no row in %s", module, where, dependencies)
		}
	}
	for module := range argued {
		if wanted[module] == "" {
			t.Errorf("%s argues for %s, which nothing imports", dependencies, module)
		}
	}
}

var required = regexp.MustCompile(`(?m)^\t(\S+) v\S+$`)

// directRequirements are the modules that go.mod asks for itself.
func directRequirements(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, line := range required.FindAllStringSubmatch(string(text), -1) {
		found[line[1]] = "go.mod"
	}
	if len(found) < 10 {
		t.Fatalf("found %d direct requirements in go.mod: the test no longer sees them", len(found))
	}
	return found
}

var shownBy = regexp.MustCompile("`([^`]+)`")

// Every test that docs/sync.md names is there.
func TestPromisesAreShown(t *testing.T) {
	t.Parallel()
	tree, err := readTree(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	var tests strings.Builder
	for _, file := range tree.goFiles {
		if file.test {
			source, err := os.ReadFile(file.path)
			if err != nil {
				t.Fatal(err)
			}
			tests.Write(source)
		}
	}
	boards, err := os.ReadFile("faults/main.go")
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for line := range strings.Lines(documents(t)["docs/sync.md"]) {
		cells := strings.Split(line, "|")
		if len(cells) != 4 || strings.Contains(cells[1], "---") || strings.TrimSpace(cells[1]) == "promise" {
			continue
		}
		rows++
		names := shownBy.FindAllStringSubmatch(cells[2], -1)
		if len(names) == 0 {
			t.Errorf("nothing shows %q", strings.TrimSpace(cells[1]))
		}
		for _, name := range names {
			there := strings.Contains(tests.String(), fmt.Sprintf("%q,", name[1])) || strings.Contains(tests.String(), "func "+name[1]+"(")
			if board, ok := strings.CutPrefix(name[1], "make faults FAULT="); ok {
				there = strings.Contains(string(boards), fmt.Sprintf("case %q:", board))
			}
			if !there {
				t.Errorf("%q is shown by %q, which is no test", strings.TrimSpace(cells[1]), name[1])
			}
		}
	}
	if rows < 60 {
		t.Errorf("%d promises were checked: the test no longer sees them", rows)
	}
}
