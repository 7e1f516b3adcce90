package connectors

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/koppel-io/koppel"
)

// GoldenResult is the outcome of one golden case.
type GoldenResult struct {
	// File is its path, About what it shows.
	File, About string
	// Err is why the case could not be run, or what it asked for beyond its exchanges.
	Err error
	// Diff is how what came out differs from what is expected; empty when it does not.
	Diff string
	// Steps are what the case did.
	Steps []GoldenStep
	// Version is the remote's version that the case names; empty for none.
	Version string
	// Mapped counts the objects that came out.
	Mapped map[koppel.Object]int
}

// OK reports whether the case passed.
func (r GoldenResult) OK() bool { return r.Err == nil && r.Diff == "" }

// Golden compiles the connector in a folder and runs its golden cases,
// testdata/*.golden: recorded exchanges go in through the real client and
// reader, objects come out of the real evaluator. There is no network and no
// back-off in it; a case about bounds by creation gives a since that is older
// than any look_back, so that the present time does not matter. update rewrites
// the expectations. The error says that the folder holds no connector that
// compiles.
func Golden(ctx context.Context, dir string, update bool) ([]GoldenResult, error) {
	source, err := ReadSource(dir)
	if err != nil {
		return nil, err
	}
	c, err := Compile(source)
	if err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(dir, "testdata", "*.golden"))
	if err != nil {
		return nil, koppel.Wrap("golden cases of "+dir, err)
	}
	results := make([]GoldenResult, len(files))
	for i, file := range files {
		results[i] = c.golden(ctx, file, update)
	}
	return results, nil
}

// ReadSource reads the two files of a connector from its folder.
func ReadSource(dir string) (Source, error) {
	manifest, err := os.ReadFile(filepath.Join(dir, "connector.yaml"))
	if err != nil {
		return Source{}, koppel.E(koppel.KindInvalidRequest, "read connector", err.Error())
	}
	mapped, err := os.ReadFile(filepath.Join(dir, "mapping.yaml"))
	if err != nil {
		return Source{}, koppel.E(koppel.KindInvalidRequest, "read connector", err.Error())
	}
	return Source{Manifest: string(manifest), Mapping: string(mapped)}, nil
}

func (c *Connector) golden(ctx context.Context, path string, update bool) GoldenResult {
	result := GoldenResult{File: path, Mapped: map[koppel.Object]int{}}
	f, err := readGolden(path)
	if err != nil {
		result.Err = fmt.Errorf("%s: %w", path, err)
		return result
	}
	result.About, result.Steps, result.Version = f.about, f.spec.Steps, f.spec.Version
	run, err := newGoldenRun(c, f)
	if err != nil {
		result.Err = fmt.Errorf("%s: %w", path, err)
		return result
	}
	defer run.client.Close()
	got, err := run.all(ctx)
	if err != nil {
		result.Err = fmt.Errorf("%s: %w", path, err)
		return result
	}
	result.Mapped = run.mapped
	text, err := showGolden(got)
	if err != nil {
		result.Err = fmt.Errorf("%s: %w", path, err)
		return result
	}
	if update && text != f.expect {
		result.Err = os.WriteFile(path, []byte(f.source+"-- expect --\n"+text), 0o644)
		return result
	}
	result.Diff = diffLines(f.expect, text)
	return result
}

// showGolden writes what came out for people: one step after the other, in JSON.
func showGolden(steps []goldenOut) (string, error) {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	for _, step := range steps {
		if err := encoder.Encode(step); err != nil {
			return "", err
		}
	}
	return b.String(), nil
}

// diffLines shows where two texts begin to differ; empty when they do not.
func diffLines(want, got string) string {
	if want == got {
		return ""
	}
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	first := 0
	for first < len(a) && first < len(b) && a[first] == b[first] {
		first++
	}
	endA, endB := len(a), len(b)
	for endA > first && endB > first && a[endA-1] == b[endB-1] {
		endA, endB = endA-1, endB-1
	}
	const context, most = 3, 40
	var out strings.Builder
	fmt.Fprintf(&out, "line %d (-want +got):\n", first+1)
	show := func(mark string, lines []string) {
		for i, line := range lines {
			if i == most {
				fmt.Fprintf(&out, "%s … %d more lines\n", mark, len(lines)-most)
				break
			}
			fmt.Fprintf(&out, "%s %s\n", mark, line)
		}
	}
	show(" ", a[max(0, first-context):first])
	show("-", a[first:endA])
	show("+", b[first:endB])
	show(" ", a[endA:min(len(a), endA+context)])
	return out.String()
}
