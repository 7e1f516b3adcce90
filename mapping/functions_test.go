package mapping

import (
	"bytes"
	"flag"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite golden files")

// sameValue compares numbers by value whatever their type.
var sameValue = cmp.Options{
	cmp.FilterValues(func(a, b any) bool {
		_, okA, _ := toDecimal(adopt(a))
		_, okB, _ := toDecimal(adopt(b))
		return okA && okB
	}, cmp.Comparer(func(a, b any) bool {
		x, _, _ := toDecimal(adopt(a))
		y, _, _ := toDecimal(adopt(b))
		return x.Equal(y)
	})),
	cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) }),
}

func evaluate(t *testing.T, source string, vars map[string]any) (any, error) {
	t.Helper()
	names := make([]string, 0, len(vars))
	for name := range vars {
		names = append(names, name)
	}
	run, err := CompileExpr(source, names)
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	return run(vars)
}

func TestEveryExampleHolds(t *testing.T) {
	t.Parallel()
	for _, f := range Functions() {
		if len(f.Examples) == 0 {
			t.Errorf("%s has no example", f.Name)
		}
		if f.Doc == "" || f.Signature == "" || f.Group == "" {
			t.Errorf("%s is not documented", f.Name)
		}
		for _, example := range f.Examples {
			got, err := evaluate(t, example.Expr, nil)
			if err != nil {
				t.Errorf("%s: %v", example.Expr, err)
				continue
			}
			want, err := evaluate(t, example.Result, nil)
			if err != nil {
				t.Errorf("%s: %v", example.Result, err)
				continue
			}
			if diff := cmp.Diff(want, got, sameValue); diff != "" {
				t.Errorf("%s (-want +got):\n%s", example.Expr, diff)
			}
		}
	}
}

func TestFunctionsPageIsCurrent(t *testing.T) {
	t.Parallel()
	var page bytes.Buffer
	if err := WriteFunctions(&page); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("functions.md", page.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("functions.md")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), page.String()); diff != "" {
		t.Errorf("functions.md is not current; run go test ./mapping -update (-file +table):\n%s", diff)
	}
}
