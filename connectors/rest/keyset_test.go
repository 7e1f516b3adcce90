package rest

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/koppel-io/koppel"
)

const keysetManifest = head + `
http: { base: "%s" }
streams:
  rows:
    get: /rows
    records: value
    key: [ID, Location]
    page: { next: { body: next } }
    since: { keyset: Version, first: "1", query: { filter: "Version gt ${since}L" } }
`

// The cursor is the highest key up to a page, also after a resume; the first read begins at first.
func TestKeysetIsTheCursor(t *testing.T) {
	t.Parallel()
	pages := map[string]string{
		"filter=Version+gt+1L": `{"value":[{"ID":"a","Location":"L","Version":9},{"ID":"a","Location":null,"Version":"10"},{"ID":7,"Version":100}],"next":"/rows?page=2"}`,
		"page=2":               `{"value":[{"ID":"b","Location":"L","Version":100}],"next":"/rows?page=3"}`,
		"page=3":               `{"value":[]}`,
		"filter=Version+gt+5L": `{"value":[{"ID":"c","Version":8},{"ID":"d","Version":7}]}`,
		"filter=Version+gt+6L": `{"value":[{"ID":"c","Version":1.5}]}`,
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, pages[strings.ReplaceAll(r.URL.Query().Encode(), "%20", "+")])
	}))
	t.Cleanup(server.Close)
	c := client(t, manifest(t, keysetManifest, server.URL))
	var got []string
	var resume []byte
	for {
		reader, err := c.Read("rows", ReadOptions{Resume: resume})
		if err != nil {
			t.Fatal(err)
		}
		page, err := reader.Next(t.Context())
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Records {
			got = append(got, r.ID)
		}
		got = append(got, "cursor "+page.Cursor)
		resume = page.Resume
		reader.Close()
	}
	if diff := cmp.Diff([]string{"a/L", "a/", "7/", "cursor 100", "b/L", "cursor 100", "cursor 100"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for after, want := range map[string]string{
		"5": "rows must come in the order of Version, but 7 follows 8",
		"6": "record c/ has no whole number Version, on which the cursor rests",
	} {
		_, _, err := readAll(t, c, "rows", ReadOptions{After: after})
		if koppel.KindOf(err) != koppel.KindSchemaDrift || !strings.Contains(koppel.DetailOf(err), want) {
			t.Errorf("after %s: %v, want %s", after, err, want)
		}
	}
}

func TestKeysetMistakes(t *testing.T) {
	t.Parallel()
	for since, want := range map[string]string{
		`{ first: "1" }`: "first belongs to keyset",
		`{ keyset: V }`:  "keyset needs query",
		`{ keyset: V, first: x, query: { a: "${since}" } }`:    `keys are whole numbers, such as "1"`,
		`{ keyset: V, overlap: 2m, query: { a: "${since}" } }`: "overlap is of reading by time; a keyset has none",
		`{ keyset: "a..b", query: { a: "${since}" } }`:         "expected a dotted path of member names",
		`{ kyset: V, query: { a: "${since}" } }`:               "did you mean keyset?",
	} {
		text := fmt.Sprintf("%s\nhttp: { base: \"https://x.test\" }\nstreams: { r: { get: /, key: id, since: %s } }\n", head, since)
		if _, err := Parse("c.yaml", []byte(text), tinyCompile); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", since, err, want)
		}
	}
}
