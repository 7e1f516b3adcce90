package bol

import (
	"mime"
	"net/http"
	"strings"
)

// media refuses a request whose media types do not name the version, which
// stands nowhere else: 406 for Accept, 415 for Content-Type.
func media(c *call, rt route) *answer {
	if rt.pattern == token {
		return nil
	}
	want := jsonType
	if rt.csv {
		want = csvType
	}
	var refused answer
	switch {
	case !accepts(c.r.Header.Values("Accept"), want):
		refused = problem(http.StatusNotAcceptable, "Not Acceptable", "Accept must be "+want+".")
	case c.r.Method != http.MethodGet && len(c.body) > 0 && !accepts(c.r.Header.Values("Content-Type"), jsonType):
		refused = problem(http.StatusUnsupportedMediaType, "Unsupported Media Type", "Content-Type must be "+jsonType+".")
	default:
		return nil
	}
	return &refused
}

// accepts reports whether a media type is listed; a wildcard names no version.
func accepts(headers []string, want string) bool {
	for _, header := range headers {
		for one := range strings.SplitSeq(header, ",") {
			if kind, _, err := mime.ParseMediaType(one); err == nil && kind == want {
				return true
			}
		}
	}
	return false
}
