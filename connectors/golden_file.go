package connectors

import (
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/koppel-io/koppel/connectors/rest"
)

// goldenFile is one golden case as it is written: plain text in sections, each
// under a line of its own.
//
//	What the case shows, in a sentence or two.
//
//	-- case --
//	settings: { per_page: 2 }
//	version: 11.0.1
//	steps:
//	  - read: products
//
//	-- record products 302 --
//	{"id":302, … a record that was read before}
//
//	-- record stock 7 of 302 --
//	{"id":7, … one that was read before and belongs to 302}
//
//	-- exchange --
//	GET /wp-json/wc/v3/products?per_page=2
//	> {"the": "body that is sent, where there is one"}
//
//	HTTP/1.1 200 OK
//	Content-Type: application/json
//
//	[… the answer as it was recorded]
//
//	-- expect --
//	{ … what comes out, written by -update }
type goldenFile struct {
	about     string
	source    string // everything before the expectation
	spec      goldenSpec
	records   []goldenRecord
	exchanges []*goldenExchange
	expect    string
}

// goldenSpec is the section "case".
type goldenSpec struct {
	// Credentials by field name; the default has a value for every field.
	Credentials map[string]string `yaml:"credentials"`
	Settings    map[string]any    `yaml:"settings"`
	// Version of the remote; empty when it is not known.
	Version string `yaml:"version"`
	// Now is the time of the case, RFC 3339, for reads that depend on it; the
	// present when absent.
	Now string `yaml:"now"`
	// Login: the case shows how an access token is got; else it has one.
	Login bool         `yaml:"login"`
	Steps []GoldenStep `yaml:"steps"`
}

// GoldenStep is one thing a golden case does: exactly one of its verbs.
type GoldenStep struct {
	Check  bool `yaml:"check"`  // prove the credentials
	Detect bool `yaml:"detect"` // find the remote's version

	Read  string `yaml:"read"`  // read a stream: its name
	Since string `yaml:"since"` // from this time, RFC 3339
	Until string `yaml:"until"` // up to this time
	After string `yaml:"after"` // from this key, of a stream by keyset
	// Pages stops the read after so many pages; 0 reads to the end.
	Pages int `yaml:"pages"`
	// Resume is the position that an earlier read gave.
	Resume string `yaml:"resume"`

	One    string `yaml:"one"` // read one record: the stream's name
	ID     string `yaml:"id"`
	Parent string `yaml:"parent"` // id of the parent, for a stream with each

	Find  string `yaml:"find"` // look a record up: the stream's name
	By    string `yaml:"by"`   // sku, ean or number
	Value string `yaml:"value"`

	Push    string `yaml:"push"`    // write an object: its name
	Preview string `yaml:"preview"` // show what would be sent: the object's name
	// Operation is create when it is left out; update, cancel and set want ID,
	// and set wants Target.
	Operation string `yaml:"operation"`
	Target    any    `yaml:"target"`
	// Again: the outcome of an earlier attempt is unknown. State is what it left.
	Again bool           `yaml:"again"`
	State rest.PushState `yaml:"state"`

	LookUp string         `yaml:"look_up"` // find a pushed object: its name
	Object map[string]any `yaml:"object"`
}

// goldenRecord is a record that was read before the case begins.
type goldenRecord struct {
	stream, id, parent string
	raw                []byte
}

// goldenExchange is a request that the case may make and its recorded answer.
type goldenExchange struct {
	line   string // method and path with query
	body   string
	status int
	header http.Header
	answer string
}

func readGolden(path string) (*goldenFile, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	f := &goldenFile{}
	f.source, f.expect, _ = strings.Cut(string(raw), "-- expect --\n")
	about, rest, _ := strings.Cut(f.source, "-- ")
	f.about = strings.TrimSpace(about)
	for _, part := range strings.Split("\n-- "+strings.TrimSuffix(rest, "\n"), "\n-- ")[1:] {
		name, text, ok := strings.Cut(part, " --\n")
		if !ok {
			return nil, fmt.Errorf("expected a line such as -- case --, found -- %.40s", part)
		}
		if err := f.section(name, text); err != nil {
			return nil, fmt.Errorf("section %s: %w", name, err)
		}
	}
	if f.about == "" {
		return nil, fmt.Errorf("the first line must say what the case shows")
	}
	if len(f.spec.Steps) == 0 {
		return nil, fmt.Errorf("the section -- case -- has no steps")
	}
	return f, nil
}

func (f *goldenFile) section(name, text string) error {
	whole := text
	text = strings.TrimRight(text, "\n")
	switch words := strings.Fields(name); {
	case name == "case":
		return yaml.UnmarshalWithOptions([]byte(text), &f.spec, yaml.Strict())
	case name == "exchange":
		e, err := parseExchange(text)
		if err == nil && strings.Contains(e.header.Get("Content-Type"), "csv") {
			// The line break that ends a file is a part of it: the empty line
			// before the next section stands for it.
			e.answer += whole[len(text):]
		}
		f.exchanges = append(f.exchanges, e)
		return err
	case len(words) == 3 && words[0] == "record":
		f.records = append(f.records, goldenRecord{stream: words[1], id: words[2], raw: []byte(text)})
		return nil
	case len(words) == 5 && words[0] == "record" && words[3] == "of":
		f.records = append(f.records, goldenRecord{words[1], words[2], words[4], []byte(text)})
		return nil
	}
	return fmt.Errorf("sections are case, record STREAM ID, record STREAM ID of PARENT, exchange and expect")
}

func parseExchange(text string) (*goldenExchange, error) {
	e := &goldenExchange{header: http.Header{}}
	request, answer, ok := strings.Cut(text, "\n\nHTTP/1.1 ")
	if !ok {
		return nil, fmt.Errorf("expected a request, an empty line and an answer that begins with HTTP/1.1")
	}
	var bodies []string
	e.line, request, _ = strings.Cut(request, "\n")
	for line := range strings.Lines(request) {
		body, ok := strings.CutPrefix(line, "> ")
		if !ok {
			return nil, fmt.Errorf("expected a line of the body after >, found %q", line)
		}
		bodies = append(bodies, body)
	}
	e.body = strings.Join(bodies, "")
	head, body, _ := strings.Cut(answer, "\n\n")
	e.answer = body
	status, headers, _ := strings.Cut(head, "\n")
	if _, err := fmt.Sscan(status, &e.status); err != nil {
		return nil, fmt.Errorf("expected a status such as 200 OK, found %q", status)
	}
	for line := range strings.SplitSeq(headers, "\n") {
		if name, value, ok := strings.Cut(line, ": "); ok {
			e.header.Add(name, value)
		}
	}
	return e, nil
}
