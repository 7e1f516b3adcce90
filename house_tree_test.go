package koppel_test

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// modulePath is the path of this module, before every import of a room.
const modulePath = "github.com/koppel-io/koppel"

// anyRoom in a module's row stands for every room but the root.
const anyRoom = "*"

// room is one row of the import table. may lists the rooms it may import; a
// path ending in /* stands for the row of that path.
type room struct {
	path string
	may  []string
}

// module is one row of the third parties. tests: test files of every room may
// import it too.
type module struct {
	path  string
	in    []string
	tests bool
}

func list(words string) []string { return strings.Fields(words) }

// tree is what the rules look at: every file that is or could be committed.
type tree struct {
	fset    *token.FileSet
	goFiles []goFile
	texts   []textFile
}

type goFile struct {
	path  string // with slashes, from the repository's root
	dir   string // "." for the root
	test  bool
	lines int
	ast   *ast.File
}

type textFile struct {
	path  string
	lines []string
}

// readTree reads the repository. It passes over what .gitignore at the top
// names (no other way of ignoring is used) and over binary files.
func readTree(root fs.FS) (*tree, error) {
	ignored, err := readIgnored(root)
	if err != nil {
		return nil, err
	}
	t := &tree{fset: token.NewFileSet()}
	err = fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if name == ".git" || ignored(name, true) {
				return fs.SkipDir
			}
			return nil
		}
		// In a linked worktree .git is a file with the place of the repository.
		if !entry.Type().IsRegular() || name == ".git" || ignored(name, false) {
			return nil
		}
		return t.add(root, name)
	})
	return t, err
}

func (t *tree) add(root fs.FS, name string) error {
	body, err := fs.ReadFile(root, name)
	if err != nil {
		return err
	}
	if bytes.IndexByte(body, 0) >= 0 {
		return nil
	}
	lines := strings.Split(strings.TrimSuffix(string(body), "\n"), "\n")
	t.texts = append(t.texts, textFile{path: name, lines: lines})
	if path.Ext(name) != ".go" || skippedByGo(name) {
		return nil
	}
	parsed, err := parser.ParseFile(t.fset, name, body, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return fmt.Errorf("%s does not parse: %w", name, err)
	}
	t.goFiles = append(t.goFiles, goFile{
		path: name, dir: path.Dir(name), test: strings.HasSuffix(name, "_test.go"), lines: len(lines), ast: parsed,
	})
	return nil
}

// skippedByGo reports whether ./... leaves the file out.
func skippedByGo(name string) bool {
	return slices.ContainsFunc(strings.Split(name, "/"), func(part string) bool {
		return part == "testdata" || strings.HasPrefix(part, "_") || strings.HasPrefix(part, ".")
	})
}

// readIgnored understands the two forms that our .gitignore uses: /folder/ at
// the top, and a pattern of a file's name.
func readIgnored(root fs.FS) (func(name string, dir bool) bool, error) {
	body, err := fs.ReadFile(root, ".gitignore")
	if err != nil {
		return nil, fmt.Errorf("the house test reads .gitignore to know what is never committed: %w", err)
	}
	var folders, patterns []string
	for line := range strings.Lines(string(body)) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "/") && strings.HasSuffix(line, "/"):
			folders = append(folders, strings.Trim(line, "/"))
		case !strings.Contains(line, "/"):
			patterns = append(patterns, line)
		default:
			return nil, fmt.Errorf(".gitignore: %q: write /folder/ or a file name's pattern, which is what the house test understands", line)
		}
	}
	return func(name string, dir bool) bool {
		if dir {
			return slices.Contains(folders, name)
		}
		return slices.ContainsFunc(patterns, func(pattern string) bool {
			ok, _ := path.Match(pattern, path.Base(name))
			return ok
		})
	}, nil
}

// at is the position of a node as file:line.
func (t *tree) at(node ast.Node) string {
	p := t.fset.Position(node.Pos())
	return fmt.Sprintf("%s:%d", p.Filename, p.Line)
}

// packages groups the files that are not tests by folder.
func (t *tree) packages() map[string][]goFile {
	byDir := map[string][]goFile{}
	for _, file := range t.goFiles {
		if !file.test {
			byDir[file.dir] = append(byDir[file.dir], file)
		}
	}
	return byDir
}

// roomOf finds the row a folder belongs to: the longest path above it. The root
// has nothing below it: a new top folder needs a row of its own.
func roomOf(dir string) (room, bool) {
	if dir == "." {
		return rowOf(dir)
	}
	for at := dir; at != "."; at = path.Dir(at) {
		for _, want := range []string{at, path.Dir(at) + "/*"} {
			if row, ok := rowOf(want); ok {
				return row, true
			}
		}
	}
	return room{}, false
}

func rowOf(path string) (room, bool) {
	i := slices.IndexFunc(rooms, func(r room) bool { return r.path == path })
	if i < 0 {
		return room{}, false
	}
	return rooms[i], true
}

// moduleOf finds the row of the third-party module that a package belongs to.
func moduleOf(importPath string) (module, bool) {
	var found []module
	for _, m := range modules {
		if importPath == m.path || strings.HasPrefix(importPath, m.path+"/") {
			found = append(found, m)
		}
	}
	if len(found) == 0 {
		return module{}, false
	}
	return slices.MaxFunc(found, func(a, b module) int { return cmp.Compare(len(a.path), len(b.path)) }), true
}
