package connectors

import (
	"flag"
	"maps"
	"slices"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the expectations of golden cases")

// builtinNames are the connectors of this binary.
func builtinNames(t *testing.T) []string {
	t.Helper()
	sources, err := Builtin()
	if err != nil || len(sources) == 0 {
		t.Fatalf("built-in connectors: %d, %v", len(sources), err)
	}
	return slices.Sorted(maps.Keys(sources))
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for _, name := range append(builtinNames(t), "testdata/flat") {
		results, err := Golden(t.Context(), name, *update)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, r := range results {
			if r.Err != nil {
				t.Error(r.Err)
			}
			if r.Diff != "" {
				t.Errorf("%s: %s", r.File, r.Diff)
			}
		}
	}
}
