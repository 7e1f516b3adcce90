package bol

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// answer is what an endpoint wants to say, before a fault spoils it.
type answer struct {
	status int
	body   []byte
	ctype  string // "" is jsonType
	effect string // what changed, for the ledger
	header http.Header
}

const (
	jsonType    = "application/vnd.retailer.v10+json"
	csvType     = "application/vnd.retailer.v10+csv"
	problemType = "application/problem+json"
)

func (an answer) write(w http.ResponseWriter) {
	h := w.Header()
	ctype := an.ctype
	if ctype == "" {
		ctype = jsonType + ";charset=UTF-8"
	}
	h.Set("Content-Type", ctype)
	for k, v := range an.header {
		h[k] = v
	}
	h.Set("Content-Length", strconv.Itoa(len(an.body)))
	w.WriteHeader(an.status)
	// The client may be gone; there is nobody to tell.
	_, _ = w.Write(an.body)
}

// says is an answer of JSON.
func says(status int, v any) answer { return answer{status: status, body: marshal(v)} }

// marshal renders what this package made, which cannot fail.
func marshal(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic("bol: " + err.Error())
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}

// violation is one refused parameter or member.
type violation struct {
	Name   string `json:"name"`
	Reason string `json:"reason"`
}

// problem is an error in the style of RFC 9457.
func problem(status int, title, detail string, violations ...violation) answer {
	an := says(status, struct {
		Type       string      `json:"type"`
		Title      string      `json:"title"`
		Status     int         `json:"status"`
		Detail     string      `json:"detail"`
		Host       string      `json:"host"`
		Instance   string      `json:"instance"`
		Violations []violation `json:"violations,omitempty"`
	}{"https://api.bol.com/problems", title, status, detail, "Instance-001", "https://api.bol.com/retailer", violations})
	an.ctype = problemType
	return an
}

// refuse is the 400 for one parameter or member.
func refuse(name, reason string) answer {
	return problem(http.StatusBadRequest, "Bad Request", "Bad request", violation{name, reason})
}

func notFound(what, id string) answer {
	return problem(http.StatusNotFound, "Not Found", "No "+what+" with id "+id+" exists.")
}

// cents is an amount as the API writes it: 59.95, 119.9.
type cents int64

// MarshalJSON writes a number with as few decimals as it has.
func (c cents) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, float64(c)/100, 'f', -1, 64), nil
}

// UnmarshalJSON reads a number.
func (c *cents) UnmarshalJSON(b []byte) error {
	f, err := strconv.ParseFloat(string(b), 64)
	if err != nil {
		return err
	}
	*c = cents(f*100 + 0.5)
	return nil
}

// stamp is a time as the API writes it: in the zone of the shop, to the second.
func (a *Account) stamp(t time.Time) string { return t.In(a.zone).Format(time.RFC3339) }

// day is the day of a time in the zone of the shop.
func (a *Account) day(t time.Time) string { return t.In(a.zone).Format(time.DateOnly) }

// receive reads the body of a write; a member that is no JSON is a 400.
func receive(c *call, v any) *answer {
	if err := json.Unmarshal(c.body, v); err != nil {
		an := refuse("body", "is not the JSON that is expected: "+err.Error())
		return &an
	}
	return nil
}
