package rest

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/koppel-io/koppel"
)

// Decode says that an answer is a file of rows in place of a JSON document. It
// may be larger than answers are: it is kept aside whole, then read row by row.
type Decode struct {
	As        string   `y:"as,required" doc:"What the rows are: csv (RFC 4180; a row becomes an object of strings) or json_lines" enum:"csv,json_lines"`
	Separator string   `y:"separator" doc:"Character between the fields of a csv; a comma when absent, tab for a tabulator"`
	Charset   string   `y:"charset" doc:"Encoding of a csv; utf-8 when absent" enum:"utf-8,latin-1"`
	Names     []string `y:"names" doc:"Names of the fields, where the file has no row of names"`
	// Newline is proof against a file that a proxy ended early but properly.
	Newline bool          `y:"ends_with_newline" doc:"true: a whole file ends with a newline, one that does not was cut off"`
	Most    Size          `y:"most" doc:"Largest file, decompressed; 512MiB when absent"`
	Timeout time.Duration `y:"timeout" doc:"Limit of fetching the file; 10m when absent"`
}

// Defaults of a decoded file.
const (
	decodeMost    = 512 << 20
	decodeTimeout = 10 * time.Minute
)

// checkDecode holds decoded files to what they rest on.
func (s *Stream) checkDecode(d *decoder, n *node) {
	at := n.get("decode")
	if s.Decode == nil || at == nil {
		return
	}
	if s.Decode.Separator == "" {
		s.Decode.Separator = ","
	}
	if s.Decode.Separator == "tab" {
		s.Decode.Separator = "\t"
	}
	if s.Decode.Most == 0 {
		s.Decode.Most = decodeMost
	}
	if s.Decode.Timeout == 0 {
		s.Decode.Timeout = decodeTimeout
	}
	sep := s.Decode.Separator
	switch {
	case len(sep) != 1 || strings.ContainsAny(sep, "\"\r\n") || sep[0] >= utf8.RuneSelf:
		d.fail(at.get("separator"), "expected one character that is no quote and no line break, or tab")
	case n.get("page") != nil:
		d.fail(n.get("page"), "a file of rows is one answer; leave page out")
	case !s.Records.isWhole():
		d.fail(n.get("records"), "a file of rows has no members around the rows; leave records out")
	case s.Total != nil && s.Total.Header == "":
		d.fail(n.get("total"), "the total of a file of rows stands in a header")
	case s.Each != "":
		d.fail(at, "a stream that is read per parent has no file of rows")
	}
	if s.Decode.As == "json_lines" && (at.get("separator") != nil || len(s.Decode.Names) > 0 || s.Decode.Charset == "latin-1") {
		d.fail(at, "separator, names and charset are for csv")
	}
	if len(s.Decode.Names) > 0 {
		if problem := s.badNames(s.Decode.Names); problem != "" {
			d.fail(at.get("names"), "%s", problem)
		}
	}
}

// badNames says what is wrong with the names of a file's fields; empty when
// nothing is. Every key and every member that the shape calls for must be there.
func (s *Stream) badNames(names []string) string {
	for i, name := range names {
		switch {
		case name == "":
			return "a field has no name"
		case slices.Contains(names[:i], name):
			return "two fields are named " + shorten(name)
		}
	}
	needed := slices.Clone([]string(s.Key))
	if s.Parent != nil {
		needed = append(needed, s.Parent.Key...)
	}
	if s.Shape != nil && s.Shape.Type == koppel.ShapeObject {
		for name, member := range s.Shape.Members {
			if !member.Nullable {
				needed = append(needed, name)
			}
		}
	}
	slices.Sort(needed)
	for _, name := range needed {
		if !slices.Contains(names, name) {
			return "the file has no field " + name + "; it has " + strings.Join(names, ", ")
		}
	}
	return ""
}
