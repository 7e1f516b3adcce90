package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/koppel-io/koppel"
)

// Problem is a failed call as the API tells it (RFC 9457 problem details with
// the product's members): what happened, who must act, the next step.
type Problem struct {
	// Type is "urn:koppel:kind:" and the kind.
	Type string `json:"type,omitempty"`
	// Status is the HTTP status; 0 when no answer came.
	Status int          `json:"status"`
	Kind   koppel.Kind  `json:"kind"`
	Title  string       `json:"title"`
	Detail string       `json:"detail,omitempty"`
	Owner  koppel.Owner `json:"owner,omitempty"`
	// Next is the next step, with the command where there is one.
	Next string `json:"next,omitempty"`
	// Errors names each bad field or line on its own.
	Errors []FieldError `json:"errors,omitempty"`
	cause  error
}

// FieldError is one thing that is wrong with a request.
type FieldError struct {
	// Location is where: "body.name", "query.limit", "connector.yaml:12:3".
	Location string `json:"location"`
	Message  string `json:"message"`
}

// Error is the problem for people, in lines: what happened, each bad field,
// who must act and how.
func (p *Problem) Error() string {
	var text strings.Builder
	text.WriteString(p.Title)
	if p.Detail != "" && p.Detail != p.Title {
		text.WriteString(": " + p.Detail)
	}
	for _, e := range p.Errors {
		text.WriteString("\n  ")
		if e.Location != "" {
			text.WriteString(e.Location + ": ")
		}
		text.WriteString(e.Message)
	}
	if who := p.who(); who != "" {
		text.WriteString("\n" + who)
	}
	if p.Next != "" {
		text.WriteString("\nnext: " + p.Next)
	}
	return text.String()
}

func (p *Problem) who() string {
	switch p.Owner {
	case koppel.OwnerCustomer:
		return "who must act: the customer"
	case koppel.OwnerVendor:
		return "who must act: the vendor of the remote system"
	case koppel.OwnerUs:
		return "who must act: us"
	}
	return ""
}

// Unwrap returns the cause of a call that got no answer.
func (p *Problem) Unwrap() error { return p.cause }

// The most of a failed answer that is read, in bytes.
const problemLimit = 1 << 20

// problemOf reads the answer of a failed call.
func problemOf(res *http.Response, r request) *Problem {
	body, _ := io.ReadAll(io.LimitReader(res.Body, problemLimit))
	media, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	var p Problem
	if media != "application/problem+json" || json.Unmarshal(body, &p) != nil || p.Kind == "" {
		return notOurs(res, r, body)
	}
	p.Status = res.StatusCode
	return &p
}

// notOurs is the problem of an answer that this API does not give.
func notOurs(res *http.Response, r request, body []byte) *Problem {
	first, _, _ := strings.Cut(strings.TrimSpace(string(body)), "\n")
	if runes := []rune(first); len(runes) > 120 {
		first = string(runes[:120]) + "…"
	}
	p := &Problem{
		Status: res.StatusCode, Kind: koppel.KindSchemaDrift, Owner: koppel.OwnerUs,
		Title:  "The answer is not one of Koppel's API",
		Detail: fmt.Sprintf("%s %s answers %s: %q", r.method, res.Request.URL.Redacted(), res.Status, first),
		Next:   "Check that the address is Koppel's, of the same version, and what stands in between: koppel doctor --api",
	}
	switch res.StatusCode {
	case http.StatusUnauthorized:
		p.Kind = koppel.KindAuth
	case http.StatusForbidden:
		p.Kind = koppel.KindPermission
	case http.StatusNotFound:
		p.Kind = koppel.KindNotFound
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		p.Kind = koppel.KindRemoteUnavailable
	}
	return p
}

// unreachable is the problem of a call that got no answer. A call that its own
// caller ended is that end.
func (c *Client) unreachable(r request, err error) error {
	var cause *url.Error
	if errors.As(err, &cause) {
		err = cause.Err
	}
	if errors.Is(err, context.Canceled) {
		return koppel.Wrap(r.method+" "+r.path, err)
	}
	return &Problem{
		Kind: koppel.KindNetwork, Owner: koppel.OwnerUs, cause: err,
		Title:  "Koppel's API does not answer",
		Detail: fmt.Sprintf("%s: %v", c.base.Redacted(), err),
		Next:   "Check the address (--url, KOPPEL_URL or the profile) and that the server runs: koppel server",
	}
}
