package activities

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/koppel-io/koppel/connectors/rest"
)

// What a slice saw of its parents counts at the end of the stream, slices later.
func TestAFanOutRemembersItsParentsAcrossSlices(t *testing.T) {
	t.Parallel()
	one := rest.End{Complete: true, Pages: 1, Total: -1}
	for _, tc := range []struct {
		name              string
		parents           []rest.End
		complete, counted bool
		ignored           map[string]int64
	}{
		{"one answer each", []rest.End{one, one}, true, true, nil},
		{"several pages without a total", []rest.End{{Complete: true, Pages: 2, Total: -1}, one}, true, false, nil},
		{"several pages with a total", []rest.End{{Complete: true, Counted: true, Pages: 2, Total: 150}, one}, true, true, nil},
		{"one was cut", []rest.End{{Pages: 1, Ignored: map[string]int64{"rule 1: ignore": 1}}, one}, false, false, map[string]int64{"rule 1: ignore": 1}},
		{"answers taken as empty", []rest.End{{Complete: true, Pages: 1, Ignored: map[string]int64{"rule 2: empty": 1}}, {Complete: true, Pages: 1, Ignored: map[string]int64{"rule 2: empty": 1}}},
			true, true, map[string]int64{"rule 2: empty": 2}},
	} {
		f := &fanOut{}
		for _, end := range tc.parents {
			f.at.add(end)
			position, err := json.Marshal(f.at)
			if err != nil {
				t.Fatal(err)
			}
			f = &fanOut{}
			if err := json.Unmarshal(position, &f.at); err != nil {
				t.Fatal(err)
			}
		}
		end := f.End()
		if end.Complete != tc.complete || end.Counted != tc.counted {
			t.Errorf("%s: complete %v and counted %v, want %v and %v", tc.name, end.Complete, end.Counted, tc.complete, tc.counted)
		}
		if diff := cmp.Diff(tc.ignored, end.Ignored); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}
}
