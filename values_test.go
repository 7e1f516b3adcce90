package koppel_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/koppel-io/koppel"
)

func TestValuesMerge(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name        string
		into, other koppel.Values
		want        koppel.Values
	}{
		{"absent keeps", koppel.Values{"a", int64(1)}, koppel.Values{nil, nil}, koppel.Values{"a", int64(1)}},
		{"given replaces", koppel.Values{"a", int64(1)}, koppel.Values{"b", nil}, koppel.Values{"b", int64(1)}},
		{"null clears", koppel.Values{"a"}, koppel.Values{koppel.Null{}}, koppel.Values{koppel.Null{}}},
		{"given replaces null", koppel.Values{koppel.Null{}}, koppel.Values{"a"}, koppel.Values{"a"}},
		{"zero values are given", koppel.Values{"a", int64(1), true}, koppel.Values{"", int64(0), false}, koppel.Values{"", int64(0), false}},
		{"nothing", koppel.Values{}, koppel.Values{}, koppel.Values{}},
	}
	for _, c := range cases {
		c.into.Merge(c.other)
		if diff := cmp.Diff(c.want, c.into); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}
