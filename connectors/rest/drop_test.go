package rest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/koppel-io/koppel"
)

func dropping(paths ...string) *splitter {
	return splitterFor("@", "id", func(s *Stream) { s.Drop, s.Volatile = paths, []string{"_links"} })
}

func TestDroppedMembersAreNeitherHashedNorKept(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ drop, body, want string }{
		{"billing", `{"id":1,"billing":{"name":"Ann"},"sku":"a"}`, `{"id":1,"sku":"a"}`},
		{"billing", `{"billing":{"name":"Ann"},"id":1}`, `{"id":1}`},
		{"billing", `{"id":1,"billing":{"name":"Ann"}}`, `{"id":1}`},
		{"billing note", `{"id":1,"billing":{}, "note":"x" }`, `{"id":1}`},
		{"billing note", `{"note":"x","id":1,"billing":{},"b":2,"billing2":3}`, `{"id":1,"b":2,"billing2":3}`},
		{"\u0062illing", `{"id":1,"\u0062illing":{"name":"Ann"}}`, `{"id":1}`},
		{"lines.meta", `{"id":1,"lines":[{"meta":[1],"n":1},{"n":2,"meta":{"a":[]}},7,null,[{"meta":1}]],"z":0}`, `{"id":1,"lines":[{"n":1},{"n":2},7,null,[{}]],"z":0}`},
		{"lines.meta lines", `{"id":1,"lines":[{"meta":[1],"n":1}]}`, `{"id":1}`},
		{"a.b.c a.d", `{"a":{"b":{"c":1},"d":[2],"e":3},"id":1}`, `{"a":{"b":{},"e":3},"id":1}`},
		{"none", `{"id":1}`, `{"id":1}`},
		{"billing", `{"id":1,"billing":{"name":"Ann"},"_links":[1],"sku":"a"}`, `{"id":1,"_links":[1],"sku":"a"}`},
		{"_links.self", `{"id":1,"_links":{"self":1,"up":2}}`, `{"id":1,"_links":{"up":2}}`},
	} {
		// What is around the record must stay where it was.
		page := []byte(`[{"id":"before"},` + tc.body + `,{"id":"after"}]`)
		records, err := dropping(strings.Fields(tc.drop)...).split(page, nil)
		if err != nil || len(records) != 3 {
			t.Errorf("%s of %s: %d records, %v", tc.drop, tc.body, len(records), err)
			continue
		}
		var got []string
		for _, r := range records {
			got = append(got, r.ID, string(r.Raw))
			if r.Err != nil {
				t.Errorf("%s of %s: %v", tc.drop, tc.body, r.Err)
			}
		}
		if diff := cmp.Diff([]string{"before", `{"id":"before"}`, "1", tc.want, "after", `{"id":"after"}`}, got); diff != "" {
			t.Errorf("%s of %s (-want +got):\n%s", tc.drop, tc.body, diff)
		}
		if !json.Valid(page) || bytes.Contains(page, []byte("Ann")) {
			t.Errorf("%s of %s leaves the page as %s", tc.drop, tc.body, page)
		}
		kept, err := dropping().split([]byte("["+tc.want+"]"), nil)
		if err != nil || kept[0].Hash != records[1].Hash {
			t.Errorf("%s of %s hashes otherwise than without what is dropped", tc.drop, tc.body)
		}
	}
}

func TestDropIsHeldToWhatIsRead(t *testing.T) {
	t.Parallel()
	const start = "connector: test\nversion: 1.0.0\nname: Test\nprovider_types: [sync]\nhttp: { base: \"https://x.example\" }\nstreams:\n  r: { get: /, key: id, "
	for _, tc := range []struct{ name, stream, want string }{
		{"key", "drop: id, shape: { id: int } }", "drop: key reads id: it cannot be dropped"},
		{"below", "drop: [x, m], since: { changed: m.at }, shape: { id: int } }", "c.yaml:7:35: streams.r.drop[1]: since reads m.at: it cannot be dropped"},
		{"flag", "drop: [a.b], deletes: { flag: record.a.b }, shape: { id: int } }", "deletes reads record.a.b: it cannot be dropped"},
		{"no shape", "drop: [a] }", "drop needs shape"},
		{"in the shape", "drop: [a, l.x], shape: { l: [{ x: int }] } }", "c.yaml:7:35: streams.r.drop[1]: l.x is in the shape"},
		{"below any", "drop: [a.b.c], shape: { a: { b: any } } }", "the shape does not say what a.b holds"},
	} {
		_, err := Parse("c.yaml", []byte(start+tc.stream+"\n"), tinyCompile)
		if err == nil || !strings.Contains(fmt.Sprint(err), tc.want) {
			t.Errorf("%s: %v, want %s", tc.name, err, tc.want)
		}
	}
	m, err := Parse("c.yaml", []byte(start+"drop: [a, l.x, q.r], shape: { id: int, l: [{ y: int }] } }\n"), tinyCompile)
	if err != nil {
		t.Fatal(err)
	}
	want := &koppel.Shape{Type: koppel.ShapeObject, Dropped: []string{"a"}, Members: map[string]*koppel.Shape{
		"id": {Type: koppel.ShapeInt},
		"l":  {Type: koppel.ShapeList, Elem: &koppel.Shape{Type: koppel.ShapeObject, Dropped: []string{"x"}, Members: map[string]*koppel.Shape{"y": {Type: koppel.ShapeInt}}}},
	}}
	if diff := cmp.Diff(want, m.Shape("r")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
