package rest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/koppel-io/koppel"
)

// file serves one body under /file; how changes the answer.
func file(t *testing.T, decode, body string, how func(w http.ResponseWriter)) *Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/csv")
		w.Header().Set("X-Rows", fmt.Sprint(strings.Count(body, "\n")-1))
		if how != nil {
			how(w)
			return
		}
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	return client(t, manifest(t, head+`
http: { base: "%s", max_body: 64KiB }
streams:
  file: { get: /file, key: id, decode: `+decode+` }
  counted: { like: file, total: { header: X-Rows } }
`, server.URL))
}

// given are the records of a read: their bytes, or what is wrong with them.
func given(t *testing.T, c *Client, opts ReadOptions) (rows []string, end End, err error) {
	t.Helper()
	r, err := c.Read("file", opts)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for {
		page, err := r.Next(t.Context())
		if err == io.EOF {
			return rows, r.End(), nil
		}
		if err != nil {
			return rows, r.End(), err
		}
		for _, record := range page.Records {
			text := string(record.Raw)
			if record.Err != nil {
				text += " | " + koppel.DetailOf(record.Err)
			}
			rows = append(rows, text)
		}
		page.Release()
	}
}

func TestCSVRowsBecomeObjects(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, decode, body string
		want               []string
	}{
		{"plain", "{ as: csv }", "id,name\r\n1,Tent\r\n\r\n2,\r\n", []string{`{"id":"1","name":"Tent"}`, `{"id":"2","name":""}`}},
		{"quotes", "{ as: csv }", "id,name\n1,\"a, \"\"b\"\"\nc\"\n\"2\",\"\"\n", []string{`{"id":"1","name":"a, \"b\"\u000ac"}`, `{"id":"2","name":""}`}},
		{"no newline at the end", "{ as: csv }", "\ufeffid,name\n1,x", []string{`{"id":"1","name":"x"}`}},
		{"separator and latin-1", "{ as: csv, separator: ';', charset: latin-1 }", "id;name\n1;Caf\xe9\n", []string{`{"id":"1","name":"Café"}`}},
		{"tab and own names", "{ as: csv, separator: tab, names: [id, name] }", "1\tx\n", []string{`{"id":"1","name":"x"}`}},
		{"bad rows are kept", "{ as: csv }", "id,name\n1\n2,a\"b\n3,\"x\" y\n4,\xff\n5,ok\n", []string{
			`{"id":"5","name":"ok"}`,
			"1 | row 1: the row has 1 fields, the file has 2 names",
			"2,a\"b | row 2: a quote stands inside a field without quotes, in field 2",
			"3,\"x\" y | row 3: text follows a closing quote, in field 2",
			"4,\xff | row 4: the field name is not valid UTF-8",
		}},
		{"a row without key", "{ as: csv }", "id,name\n,x\n", []string{`{"id":"","name":"x"} | the record has no key`}},
		{"only names", "{ as: csv }", "id,name\n", nil},
		{"lines", "{ as: json_lines }", "{\"id\":1}\n\n{\"id\":2, \"a\":[1]}\n{\"id\":\n", []string{`{"id":1}`, `{"id":2, "a":[1]}`, `{"id": | row 3: the line is not one JSON value`}},
	} {
		rows, end, err := given(t, file(t, tc.decode, tc.body, nil), ReadOptions{})
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
		}
		if diff := cmp.Diff(tc.want, rows); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
		if !end.Complete || end.Read != int64(len(tc.want)) || end.Rule != fmt.Sprintf("end of the file after %d rows", len(tc.want)) {
			t.Errorf("%s: %+v", tc.name, end)
		}
	}
}

func TestFileIsRefused(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, decode, body string
		how                func(http.ResponseWriter)
		kind               koppel.Kind
		detail             string
	}{
		{"two names", "{ as: csv }", "id,name,name\n", nil, koppel.KindSchemaDrift, "two fields are named name"},
		{"no name", "{ as: csv }", "id,,name\n", nil, koppel.KindSchemaDrift, "a field has no name"},
		{"no key", "{ as: csv }", "ean,name\n", nil, koppel.KindSchemaDrift, "the file has no field id; it has ean, name"},
		{"empty", "{ as: csv }", "", nil, koppel.KindSchemaDrift, "the file has no row of names"},
		{"endless", "{ as: csv }", "id,name\n1,\"" + strings.Repeat("x\n", 1<<20), nil, koppel.KindSchemaDrift, "a quote that is not closed"},
		{"no newline", "{ as: csv, ends_with_newline: true }", "id\n1", nil, koppel.KindNetwork, "it is cut off"},
		{"too large", "{ as: csv, most: 1MiB }", "id\n" + strings.Repeat("123\n", 1<<19), nil, koppel.KindTooLarge, "larger than 1 MiB"},
		{"cut on the way", "{ as: csv }", "", func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "id\n1\n")
		}, koppel.KindNetwork, "broke the answer off after"},
		{"a page for people", "{ as: csv }", "", func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<html><title>Login</title></html>")
		}, koppel.KindBlocked, "a web page"},
		{"an error", "{ as: csv }", "", func(w http.ResponseWriter) { w.WriteHeader(406) }, koppel.KindInvalidRequest, "answers 406"},
	} {
		_, _, err := given(t, file(t, tc.decode, tc.body, tc.how), ReadOptions{})
		if koppel.KindOf(err) != tc.kind || !strings.Contains(koppel.DetailOf(err), tc.detail) {
			t.Errorf("%s: %v, want %s with %q", tc.name, err, tc.kind, tc.detail)
		}
	}
	c := file(t, "{ as: csv, ends_with_newline: true }", "id\n1\n2\n", func(w http.ResponseWriter) {
		w.Header().Set("X-Rows", "3")
		_, _ = io.WriteString(w, "id\n1\n2\n")
	})
	if _, _, err := readAll(t, c, "counted", ReadOptions{}); koppel.KindOf(err) != koppel.KindNetwork || !strings.Contains(err.Error(), "2 rows where the remote counts 3") {
		t.Errorf("counted: %v", err)
	}
}

// TestLargeFileIsSpooled reads a file far above the cap of answers, in pages,
// resumes in the middle, and leaves nothing on the disk.
func TestLargeFileIsSpooled(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	var body bytes.Buffer
	body.WriteString("id,name\n")
	const count = 30_000
	for k := range count {
		fmt.Fprintf(&body, "%d,%s\n", k, strings.Repeat("x", 100))
	}
	c := file(t, "{ as: csv }", body.String(), nil)
	r, err := c.Read("file", ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	var resume []byte
	for range 4 {
		page, err := r.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if page.Bytes > bytesOfPage+longestRow || len(page.Records) > rowsOfPage {
			t.Errorf("page of %d rows and %d bytes", len(page.Records), page.Bytes)
		}
		seen += len(page.Records)
		resume = page.Resume
		page.Release()
	}
	r.Close()
	rows, end, err := given(t, c, ReadOptions{Resume: resume})
	if err != nil || seen+len(rows) != count || !end.Complete || end.Read != count {
		t.Errorf("%d and %d rows, %+v, %v", seen, len(rows), end, err)
	}
	if want := fmt.Sprintf(`{"id":"%d",`, seen); !strings.HasPrefix(rows[0], want) {
		t.Errorf("went on with %.40s, want %s", rows[0], want)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left %v, %v", left, err)
	}
	changed := file(t, "{ as: csv }", "id,name\n0,other\n", nil)
	if rows, end, err = given(t, changed, ReadOptions{Resume: resume}); err != nil || len(rows) != 1 || end.Read != 1 {
		t.Errorf("another file: %v %+v %v", rows, end, err)
	}
}

func TestSpoolToldDiskFromRemote(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir()+"/none")
	s := &spool{limit: 8 << 20}
	err := s.fill(bytes.NewReader(make([]byte, 2<<20)))
	c := client(t, manifest(t, head+"http: { base: \"%s\" }\n", "https://x.example"))
	call, buildErr := c.build("test", &Request{Get: &Template{parts: []templatePart{{text: "/x"}}}}, c.env)
	if buildErr != nil {
		t.Fatal(buildErr)
	}
	if kind := c.fault(&answer{call: call}, err).Kind; kind != koppel.KindInternal {
		t.Errorf("%v is %s", err, kind)
	}
}

func TestDecodeIsChecked(t *testing.T) {
	t.Parallel()
	for stream, want := range map[string]string{
		"decode: { as: csv, separator: ab }": "expected one character",
		"decode: { as: xml }":                "unknown value xml",
		"decode: { as: csv }, page: { number: p, full: 2, end: { short: true } }":                     "leave page out",
		"decode: { as: csv }, records: rows":                                                          "leave records out",
		"decode: { as: csv, names: [a, b] }":                                                          "no field id",
		"decode: { as: json_lines, separator: ';' }":                                                  "are for csv",
		"decode: { as: csv }, total: { body: n }":                                                     "stands in a header",
		"job: { submit: { post: /j, id: body.id }, poll: { get: /j/1 } }":                             "ended is missing",
		"job: { submit: { id: body.id }, poll: { get: /j/1, ended: body.done, success: body.done } }": "post",
		"partitions: [{ set: { a: b } }], job: { submit: { post: /j, id: body.id }, poll: { get: /j, ended: body.done, success: body.done } }": "do not go with it",
	} {
		_, err := Parse("c.yaml", []byte(head+"http: { base: https://x.example }\nstreams: { r: { get: /r, key: id, "+stream+" } }\n"), tinyCompile)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", stream, err, want)
		}
	}
}
