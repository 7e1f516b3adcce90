package demoshop

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// answer is what an endpoint wants to say, before a fault spoils it.
type answer struct {
	status int
	body   []byte
	ctype  string // "" is JSON
	allow  string
	total  int // listings only
	per    int // listings only; 0 for other answers
	link   string
	effect string // what changed, for the ledger
	header http.Header
}

const jsonType = "application/json; charset=UTF-8"

// write sends an answer with the headers of a WordPress. Header names go out
// in its spelling, not in Go's canonical one.
func (a answer) write(w http.ResponseWriter) {
	h := w.Header()
	ctype := a.ctype
	if ctype == "" {
		ctype = jsonType
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Access-Control-Expose-Headers", "X-WP-Total, X-WP-TotalPages, Link")
		h.Set("Access-Control-Allow-Headers", "Authorization, X-WP-Nonce, Content-Disposition, Content-MD5, Content-Type")
		if a.allow != "" {
			h.Set("Allow", a.allow)
			h.Set("Expires", "Wed, 11 Jan 1984 05:00:00 GMT")
			h.Set("Cache-Control", "no-cache, must-revalidate, max-age=0, no-store, private")
		}
	}
	h.Set("Content-Type", ctype)
	if a.per > 0 {
		h["X-WP-Total"] = []string{strconv.Itoa(a.total)}
		h["X-WP-TotalPages"] = []string{strconv.Itoa(pagesOf(a.total, a.per))}
	}
	if a.link != "" {
		h.Set("Link", a.link)
	}
	for k, v := range a.header {
		h[k] = v
	}
	h.Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.status)
	// The client may be gone; there is nobody to tell.
	_, _ = w.Write(a.body)
}

// compressed is the answer with a gzip body.
func (a answer) compressed() answer {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	// A bytes.Buffer takes everything.
	_, _ = w.Write(a.body)
	_ = w.Close()
	a.body = b.Bytes()
	a.header = http.Header{"Content-Encoding": {"gzip"}, "Vary": {"Accept-Encoding"}}
	return a
}

func pagesOf(total, per int) int { return (total + per - 1) / per }

// wpError renders an error body: code, message and the members of data after
// status, each already rendered.
func wpError(httpStatus int, code, message string, data ...string) answer {
	b := append([]byte(nil), `{"code":"`...)
	b = append(b, code...)
	b = append(b, `","message":`...)
	b = appendString(b, message)
	b = append(b, `,"data":{"status":`...)
	b = strconv.AppendInt(b, int64(httpStatus), 10)
	for _, d := range data {
		b = append(b, ',')
		b = append(b, d...)
	}
	return answer{status: httpStatus, body: append(b, '}', '}')}
}

// paramError is one refused parameter.
type paramError struct{ name, code, message string }

// invalidParams is the 400 for refused parameters.
func invalidParams(errs []paramError) answer {
	names := make([]string, len(errs))
	params, details := []byte(`"params":{`), []byte(`"details":{`)
	for k, e := range errs {
		names[k] = e.name
		if k > 0 {
			params, details = append(params, ','), append(details, ',')
		}
		params = append(appendString(params, e.name), ':')
		params = appendString(params, e.message)
		details = append(appendString(details, e.name), `:{"code":"`...)
		details = append(details, e.code...)
		details = append(details, `","message":`...)
		details = appendString(details, e.message)
		details = append(details, `,"data":null}`...)
	}
	return wpError(http.StatusBadRequest, "rest_invalid_param", "Invalid parameter(s): "+strings.Join(names, ", "),
		string(append(params, '}')), string(append(details, '}')))
}

// invalidBody is the 400 for refused members of a body, in a fixed order.
func invalidBody(wrong map[string]string) answer {
	var errs []paramError
	for name, message := range wrong {
		errs = append(errs, paramError{name, "rest_invalid_param", message})
	}
	slices.SortFunc(errs, func(a, b paramError) int { return strings.Compare(a.name, b.name) })
	return invalidParams(errs)
}

func badJSON() answer {
	return wpError(http.StatusBadRequest, "rest_invalid_json", "Invalid JSON body passed.",
		`"json_error_code":4`, `"json_error_message":"Syntax error"`)
}

// notHere is the 404 of the API, and below no API that of the theme.
func notHere(path string) answer {
	if !strings.HasPrefix(path, "/wp-json/") {
		return answer{status: http.StatusNotFound, ctype: "text/html; charset=UTF-8", body: []byte("<!DOCTYPE html><html lang=\"en-US\"><head><title>Page not found</title></head><body><h1>That page can&rsquo;t be found.</h1></body></html>")}
	}
	return wpError(http.StatusNotFound, "rest_no_route", "No route was found matching the URL and request method.")
}

func invalidID(code string) answer { return wpError(http.StatusNotFound, code, "Invalid ID.") }

// decodeJSON reads a body into v with numbers kept exact.
func decodeJSON(body []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	return d.Decode(v)
}
