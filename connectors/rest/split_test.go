package rest

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"github.com/koppel-io/koppel"
)

func splitterFor(records, key string, change ...func(*Stream)) *splitter {
	s := &Stream{Records: Selector{Paths: strings.Fields(records)}, Key: Paths{key}}
	for _, f := range change {
		f(s)
	}
	return newSplitter(s)
}

func TestSplitGivesKeysAndBytes(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, records, key, body string
		ids                      []string
		bad                      []error
	}{
		{"list", "@", "id", `[{"id":1},{"id":"b","x":[{"id":9}]}]`, []string{"1", "b"}, []error{nil, nil}},
		{"beyond 2^53", "@", "id", `[{"id":9007199254740993},{"id":123456789012345678901234567890}]`, []string{"9007199254740993", "123456789012345678901234567890"}, []error{nil, nil}},
		{"nested key", "@", "a.b", `[{"a":{"c":1,"b":"x"}},{"a":5}]`, []string{"x", ""}, []error{nil, errNoKey}},
		{"path", "d.results", "ID", ` {"x":[1],"d":{"__next":"n","results":[{"ID":"g"}]}} `, []string{"g"}, []error{nil}},
		{"one object", "d", "ID", `{"d":{"ID":"g"}}`, []string{"g"}, []error{nil}},
		{"first of several places", "d.results d", "ID", `{"d":{"__next":"n","results":[{"ID":"g"},{"ID":"h"}]}}`, []string{"g", "h"}, []error{nil, nil}},
		{"second of several places", "d.results d", "ID", `{"d":[{"ID":"g","results":[{"ID":"x"}]}]}`, []string{"g"}, []error{nil}},
		{"one object in several places", "d.results d @", "ID", `{"d":{"ID":"g"}}`, []string{"g"}, []error{nil}},
		{"last of several places", "d.results d @", "ID", `{"ID":"g"}`, []string{"g"}, []error{nil}},
		{"null in the first place", "d.results d", "ID", `{"d":{"results":null,"ID":"x"}}`, nil, nil},
		{"null", "d", "ID", `{"d":null}`, nil, nil},
		{"empty", "@", "id", `[ ]`, nil, nil},
		{"escapes", "@", "id", `[{"\u0069d":"a\u0062\n"}]`, []string{"ab\n"}, []error{nil}},
		{"no key", "@", "id", `[{"x":1},{"id":null},{"id":true},{"id":""},{"id":{}},[1],7]`, []string{"", "", "", "", "", "", ""},
			[]error{errNoKey, errNoKey, errNoKey, errNoKey, errNoKey, errNotObject, errNotObject}},
		{"duplicate", "@", "id", `[{"id":1,"id":2},{"id":3,"x":{"y":1,"\u0079":2}},{"id":4}]`, []string{"2", "3", "4"}, []error{errDuplicates, errDuplicates, nil}},
		{"not UTF-8", "@", "id", "[{\"id\":1,\"n\":\"\xff\"},{\"id\":2}]", []string{"1", "2"}, []error{errNotUTF8, nil}},
		{"long key", "@", "id", `[{"id":"` + strings.Repeat("k", 256) + `"}]`, []string{""}, []error{errLongKey}},
	} {
		records, err := splitterFor(tc.records, tc.key).split([]byte(tc.body), nil)
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		var ids []string
		for i, r := range records {
			ids = append(ids, r.ID)
			if !errors.Is(r.Err, tc.bad[i]) {
				t.Errorf("%s: record %d: error %v, want %v", tc.name, i, r.Err, tc.bad[i])
			}
			if r.Err != nil && koppel.KindOf(r.Err) != koppel.KindSchemaDrift {
				t.Errorf("%s: record %d: kind %s, want %s", tc.name, i, koppel.KindOf(r.Err), koppel.KindSchemaDrift)
			}
			if len(r.Raw) == 0 || !strings.Contains(tc.body, string(r.Raw)) {
				t.Errorf("%s: record %d: bytes %q", tc.name, i, r.Raw)
			}
		}
		if diff := cmp.Diff(tc.ids, ids); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}
}

func TestSplitRefusesDamagedPages(t *testing.T) {
	t.Parallel()
	for body, truncated := range map[string]bool{
		`[{"id":1},{"id":2}`: true, `[{"id":1},{"id`: true, `[{"id":1`: true, ``: true, `[{"id":tru`: true, `[{"id":"a\`: true,
		`[{"id":1}{"id":2}]`: false, `[{"id":1},]`: false, `[{"id":01}]`: false, `[{"id":tru}]`: false, `[{"id":1}] x`: false,
		`[{'id':1}]`: false, `[{"id":"` + "\n" + `"}]`: false, `[{"id":"\x"}]`: false, `[{"id":1.}]`: false, `7`: false, `{"a":1}x`: false,
		strings.Repeat("[", 300) + strings.Repeat("]", 300): false,
	} {
		_, err := splitterFor("@", "id").split([]byte(body), nil)
		if err == nil || errors.Is(err, errTruncated) != truncated {
			t.Errorf("%.40q: %v, want truncated %v", body, err, truncated)
		}
	}
	if _, err := splitterFor("rows", "id").split([]byte(`{"other":[]}`), nil); err == nil {
		t.Error("a missing member was taken for an empty page")
	}
	if _, err := splitterFor("d.results d", "id").split([]byte(`{"other":[]}`), nil); err == nil || !strings.Contains(err.Error(), "d.results or d") {
		t.Errorf("without any of several places: %v", err)
	}
	optional := func(s *Stream) { s.Records.Optional = true }
	if _, err := splitterFor("rows", "id", optional).split([]byte(`{}`), nil); err != nil {
		t.Errorf("an optional member may be missing: %v", err)
	}
}

func TestHashLeavesVolatileMembersOut(t *testing.T) {
	t.Parallel()
	volatile := func(s *Stream) { s.Volatile = []string{"_links", "seen"} }
	hash := func(body string) [16]byte {
		records, err := splitterFor("@", "id", volatile).split([]byte("["+body+"]"), nil)
		if err != nil {
			t.Fatal(err)
		}
		return records[0].Hash
	}
	plain := `{"id":1,"name":"a"}`
	want := sha256.Sum256([]byte(plain))
	if got := hash(plain); !bytes.Equal(got[:], want[:16]) {
		t.Errorf("hash of a plain record is not its SHA-256")
	}
	for _, same := range []string{
		`{"id":1,"name":"a","_links":{"x":[1,2]}}`, `{"_links":1,"id":1,"name":"a"}`, `{"id":1,"seen":"now","name":"a"}`,
		`{"id":1,"seen":"now","_links":{},"name":"a"}`, `{"id":1,"name":"a","seen":3,"_links":{}}`,
		`{"seen":0,"id":1,"name":"a","_links":5}`,
	} {
		if hash(same) != hash(plain) {
			t.Errorf("%s hashes otherwise than %s", same, plain)
		}
	}
	if hash(`{"id":1,"name":"b","_links":1}`) == hash(plain) {
		t.Error("a changed name does not change the hash")
	}
}

func TestChangedIsReadInItsLayout(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 31, 10, 0, 0, 0, time.UTC)
	for _, tc := range []struct{ layout, zone, value string }{
		{"2006-01-02T15:04:05", "UTC", `"2026-01-31T10:00:00"`},
		{"2006-01-02 15:04:05", "Europe/Amsterdam", `"2026-01-31 11:00:00"`},
		{time.RFC3339, "UTC", `"2026-01-31T11:00:00+01:00"`},
		{"unix", "UTC", `1769853600`},
		{"unix_ms", "UTC", `"1769853600000"`},
		{"date_ms", "UTC", `"\/Date(1769853600000)\/"`},
	} {
		sp := splitterFor("@", "id", func(s *Stream) {
			s.Since = &Since{Changed: "m.at", Layout: tc.layout, Zone: tc.zone}
		})
		records, err := sp.split(fmt.Appendf(nil, `[{"id":1,"m":{"at":%s}}]`, tc.value), nil)
		if err != nil {
			t.Fatal(err)
		}
		if !records[0].ChangedAt.Equal(at) {
			t.Errorf("%s: %s read as %s", tc.layout, tc.value, records[0].ChangedAt)
		}
	}
}

// FuzzSplit holds the scanner against encoding/json: it accepts the same
// bodies, and the records are the list's elements, byte for byte.
func FuzzSplit(f *testing.F) {
	for _, seed := range []string{
		`[]`, `[{"id":1}]`, `[{"id":1,"a":[1,2.5e-3,{"b":null}]},{"id":"x\u00e9"}]`, `[{"id":1},`, `[1,"a",true,null,{}]`,
		`[{"id":1,"id":2}]`, "[{\"id\":\"\xff\"}]", ` [ { "id" : -0.0E+1 } ] `, `{"id":"one"}`, `nul`, `[{"":0},{"\u0000":0}]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		records, err := splitterFor("@", "id").split(body, nil)
		var elements []json.RawMessage
		trimmed := bytes.TrimLeft(body, " \t\r\n")
		valid := json.Valid(body) && len(trimmed) > 0 && (trimmed[0] == '[' || trimmed[0] == '{' || trimmed[0] == 'n')
		if err != nil {
			if valid && !strings.Contains(err.Error(), "fewer nested values") {
				t.Fatalf("refused %q: %v", body, err)
			}
			return
		}
		if !valid {
			t.Fatalf("accepted %q", body)
		}
		switch trimmed[0] {
		case '[':
			if err := json.Unmarshal(body, &elements); err != nil {
				t.Fatal(err)
			}
		case '{':
			elements = []json.RawMessage{bytes.TrimRight(trimmed, " \t\r\n")}
		}
		if len(records) != len(elements) {
			t.Fatalf("%d records of %d elements in %q", len(records), len(elements), body)
		}
		for i, r := range records {
			if !bytes.Equal(r.Raw, elements[i]) {
				t.Fatalf("record %d is %q, want %q", i, r.Raw, elements[i])
			}
			checkAgainstStandard(t, r)
		}
	})
}

// checkAgainstStandard compares one record's key and error with what
// encoding/json and jsontext say about it.
func checkAgainstStandard(t *testing.T, r Record) {
	strict := jsontext.Value(r.Raw).IsValid()
	spoiled := r.Err == nil || errors.Is(r.Err, errDuplicates) || errors.Is(r.Err, errNotUTF8)
	if r.Raw[0] == '{' && spoiled && strict == (errors.Is(r.Err, errDuplicates) || errors.Is(r.Err, errNotUTF8)) && !loneSurrogate(r.Raw) {
		t.Fatalf("record %q: error %v, strictly valid %v", r.Raw, r.Err, strict)
	}
	if r.Err != nil || !utf8.Valid(r.Raw) {
		return
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(r.Raw, &object); err != nil {
		t.Fatalf("record %q without an error: %v", r.Raw, err)
	}
	want := string(object["id"])
	if strings.HasPrefix(want, `"`) {
		if err := json.Unmarshal(object["id"], &want); err != nil {
			t.Fatal(err)
		}
	}
	if r.ID != want {
		t.Fatalf("record %q: key %q, want %q", r.Raw, r.ID, want)
	}
}

// loneSurrogate: jsontext also refuses \ud800 without its second half, which
// the scanner lets pass as every decoder does.
func loneSurrogate(raw []byte) bool { return bytes.Contains(bytes.ToLower(raw), []byte(`\ud`)) }

// wooPage is a page of a hundred product records of about 850 bytes.
func wooPage() []byte {
	var b bytes.Buffer
	b.WriteByte('[')
	for i := range 100 {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":%d,"name":"Trail tent 2P number %d","slug":"trail-tent-2p-%d","permalink":"https:\/\/shop.example\/product\/trail-tent-%d\/","date_created_gmt":"2026-01-02T08:00:00","date_modified_gmt":"2026-01-31T10:00:00","type":"simple","status":"publish","description":"A light tent for two people, three seasons, with a porch for boots and packs.","sku":"TENT-%05d","price":"59.95","regular_price":"59.95","sale_price":"","virtual":false,"downloadable":false,"tax_class":"","manage_stock":true,"stock_quantity":%d,"stock_status":"instock","backorders":"no","weight":"2100","dimensions":{"length":"40","width":"18","height":"18"},"categories":[{"id":15,"name":"Tents","slug":"tents"}],"parent_id":0,"variations":[],"grouped_products":[],"global_unique_id":"8712345000017","meta_data":[{"id":9,"key":"_ean","value":"8712345000017"}],"_links":{"self":[{"href":"https:\/\/shop.example\/wp-json\/wc\/v3\/products\/%d"}]}}`, i+1, i, i, i, i, i%40, i)
	}
	b.WriteByte(']')
	return b.Bytes()
}

func BenchmarkSplit(b *testing.B) {
	page := wooPage()
	sp := splitterFor("@", "id", func(s *Stream) {
		s.Volatile = []string{"_links"}
		s.Since = &Since{Changed: "date_modified_gmt", Layout: "2006-01-02T15:04:05", Zone: "UTC"}
	})
	records := make([]Record, 0, 100)
	b.SetBytes(int64(len(page)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := sp.split(page, records[:0]); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkJSONText reads the same page with jsontext and lenient options: the
// measure that the scanner is held against.
func BenchmarkJSONText(b *testing.B) {
	page := wooPage()
	b.SetBytes(int64(len(page)))
	b.ReportAllocs()
	for b.Loop() {
		d := jsontext.NewDecoder(bytes.NewReader(page), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
		if _, err := d.ReadToken(); err != nil {
			b.Fatal(err)
		}
		for d.PeekKind() != ']' {
			if _, err := d.ReadValue(); err != nil {
				b.Fatal(err)
			}
		}
	}
}
