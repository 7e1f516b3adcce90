package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/koppel-io/koppel"
)

// Problem is an error as a client reads it: RFC 9457 with what koppel.Advice
// adds, who must act and the exact next step.
type Problem struct {
	Type   string       `json:"type" format:"uri" doc:"urn:koppel:kind: and the kind"`
	Title  string       `json:"title" doc:"What happened, in one sentence"`
	Status int          `json:"status" doc:"HTTP status"`
	Detail string       `json:"detail" doc:"The specific value: field, scope, id, state"`
	Kind   koppel.Kind  `json:"kind" doc:"Stable kind of the error; says what to do next"`
	Owner  koppel.Owner `json:"owner" enum:"customer,vendor,us" doc:"Who must act"`
	Next   string       `json:"next" doc:"The next step, with the exact command"`
	Errors []FieldError `json:"errors,omitempty" doc:"Every bad field at once"`

	// retryAfter goes into the header of that name; zero is none.
	retryAfter time.Duration
}

// FieldError is one bad field of a request, or one mistake in a connector file.
type FieldError struct {
	Location string `json:"location" doc:"Path such as body.lines[0].quantity, or file:line:column"`
	Message  string `json:"message" doc:"What is wrong and what was expected; never the value"`
}

// Error is the problem's detail.
func (p *Problem) Error() string { return p.Detail }

// GetStatus is the HTTP status; huma asks for it.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders are the headers that go with the problem; huma asks for them.
func (p *Problem) GetHeaders() http.Header {
	if p.retryAfter <= 0 {
		return nil
	}
	return http.Header{"Retry-After": {strconv.Itoa(int(math.Ceil(p.retryAfter.Seconds())))}}
}

// ContentType is the media type of RFC 9457; huma asks for it.
func (p *Problem) ContentType(string) string { return problemType }

const problemType = "application/problem+json"

// kindRow is what a kind of error means in an answer of this API. A title or
// next of "" takes koppel.Advise's, which speaks of the remote system.
type kindRow struct {
	status      int
	owner       koppel.Owner
	title, next string
}

var kindRows = map[koppel.Kind]kindRow{
	koppel.KindAuth:              {http.StatusUnauthorized, koppel.OwnerCustomer, "The API key was refused", "Make a key and send it as Authorization: Bearer kpl_…: koppel key create"},
	koppel.KindPermission:        {http.StatusForbidden, koppel.OwnerCustomer, "The API key may not do this", "Use a key that may, or make one: koppel key create"},
	koppel.KindRateLimited:       {status: http.StatusTooManyRequests},
	koppel.KindQuota:             {status: http.StatusTooManyRequests},
	koppel.KindNotFound:          {http.StatusNotFound, koppel.OwnerCustomer, "There is no such thing here", "Check the id, and that the key sees its webshop"},
	koppel.KindInvalidRequest:    {http.StatusUnprocessableEntity, koppel.OwnerCustomer, "The request was refused", "Correct what detail and errors name and send it again"},
	koppel.KindSchemaDrift:       {status: http.StatusBadGateway},
	koppel.KindMapping:           {status: http.StatusUnprocessableEntity},
	koppel.KindConflict:          {status: http.StatusConflict, owner: koppel.OwnerCustomer},
	koppel.KindRemoteUnavailable: {status: http.StatusBadGateway},
	koppel.KindBlocked:           {status: http.StatusBadGateway},
	koppel.KindTimeout:           {status: http.StatusGatewayTimeout},
	koppel.KindNetwork:           {status: http.StatusBadGateway},
	koppel.KindBlockedAddress:    {status: http.StatusUnprocessableEntity},
	koppel.KindCursorExpired:     {status: http.StatusConflict},
	koppel.KindTooLarge:          {http.StatusRequestEntityTooLarge, koppel.OwnerCustomer, "The request is above a limit", "Send less at once"},
	koppel.KindInternal:          {http.StatusInternalServerError, koppel.OwnerUs, "A fault of ours", "Try again; if it stays, report the request id of the X-Request-Id header"},
}

// problemOf makes a problem of any error and logs faults of ours.
func (s *server) problemOf(ctx context.Context, err error) *Problem {
	var known *Problem
	if errors.As(err, &known) {
		return known
	}
	visit := visitOf(ctx)
	advice := koppel.Advise(err, visit.coupling, visit.run)
	meant, ok := kindRows[advice.Kind]
	if !ok {
		meant = kindRows[koppel.KindInternal]
	}
	p := &Problem{
		Type: "urn:koppel:kind:" + string(advice.Kind), Status: meant.status, Kind: advice.Kind, Detail: advice.Detail,
		Title: cmp.Or(meant.title, advice.Title), Owner: cmp.Or(meant.owner, advice.Owner), Next: cmp.Or(meant.next, advice.Next),
	}
	if advice.Kind == koppel.KindConflict {
		p.Next = lookFirst(visit)
	}
	var fields *fieldErrors
	if errors.As(err, &fields) {
		p.Errors = fields.list
	}
	switch {
	case advice.Kind == koppel.KindInternal && ctx.Err() != nil:
		p.Detail = "the request was given up before it was answered"
	case advice.Kind == koppel.KindInternal:
		p.comesBack(err)
		s.log.LogAttrs(ctx, slog.LevelError, "request failed", slog.String("request", visit.id), slog.String("route", visit.route), slog.Any("error", err))
		if !hasDetail(err) {
			// The text of an error nobody meant for people may hold anything.
			p.Detail = "the server's log says more about request " + visit.id
		}
	}
	return p
}

// comesBack makes a fault that passes by itself, such as a database that is away, a 503 that says when to ask again.
func (p *Problem) comesBack(err error) {
	var e *koppel.Error
	if !errors.As(err, &e) || e.RetryAfter == 0 {
		return
	}
	p.Status, p.retryAfter = http.StatusServiceUnavailable, e.RetryAfter
	p.Title, p.Next = "The platform cannot do this right now", cmp.Or(e.Next, p.Next)
}

// lookFirst is the next step where a state does not allow the request.
func lookFirst(v *visit) string {
	switch {
	case v.coupling != "":
		return "Look at the state first: koppel coupling show " + v.coupling
	case v.run != "":
		return "Look at the state first: koppel run show " + v.run
	default:
		return "Look at what detail names first, then decide"
	}
}

// hasDetail reports whether somebody wrote a sentence for people.
func hasDetail(err error) bool {
	var e *koppel.Error
	for cause := err; errors.As(cause, &e); cause = e.Err {
		if e.Detail != "" {
			return true
		}
	}
	return false
}

// fieldErrors is bad input with every bad field.
type fieldErrors struct{ list []FieldError }

func (f *fieldErrors) Error() string { return "bad fields" }

// add names a bad field.
func (f *fieldErrors) add(location, message string) {
	f.list = append(f.list, FieldError{Location: location, Message: message})
}

// err is the error of all that was added; nil when nothing was.
func (f *fieldErrors) err(op string) error {
	if len(f.list) == 0 {
		return nil
	}
	return &koppel.Error{Kind: koppel.KindInvalidRequest, Op: op, Detail: "validation failed: see errors", Err: f}
}

// statusKinds is the kind behind a status that huma or the router chose.
var statusKinds = map[int]koppel.Kind{
	http.StatusBadRequest: koppel.KindInvalidRequest, http.StatusUnprocessableEntity: koppel.KindInvalidRequest,
	http.StatusUnsupportedMediaType: koppel.KindInvalidRequest, http.StatusNotAcceptable: koppel.KindInvalidRequest,
	http.StatusNotFound: koppel.KindNotFound, http.StatusMethodNotAllowed: koppel.KindInvalidRequest,
	http.StatusRequestEntityTooLarge: koppel.KindTooLarge, http.StatusRequestTimeout: koppel.KindTimeout,
}

// newProblem makes a problem of a status that huma or the router chose.
func newProblem(status int, detail string, errs ...error) *Problem {
	kind, ok := statusKinds[status]
	if !ok {
		kind = koppel.KindInternal
	}
	meant := kindRows[kind]
	advice := koppel.Advise(koppel.E(kind, "", detail), "", "")
	p := &Problem{
		Type: "urn:koppel:kind:" + string(kind), Status: status, Kind: kind, Detail: detail,
		Title: cmp.Or(meant.title, advice.Title), Owner: cmp.Or(meant.owner, advice.Owner), Next: cmp.Or(meant.next, advice.Next),
	}
	for _, err := range errs {
		var field huma.ErrorDetailer
		if errors.As(err, &field) {
			// The value stays out: it may be a secret.
			d := field.ErrorDetail()
			p.Errors = append(p.Errors, FieldError{Location: d.Location, Message: d.Message})
		}
	}
	return p
}

// huma makes its errors with this variable and nothing else, and documents
// the type it gives; this package is huma's only user.
func init() {
	huma.NewError = func(status int, detail string, errs ...error) huma.StatusError {
		return newProblem(status, detail, errs...)
	}
}

// writeProblem answers with p outside huma.
func writeProblem(w http.ResponseWriter, p *Problem) {
	maps.Copy(w.Header(), p.GetHeaders())
	w.Header().Set("Content-Type", problemType)
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p)
}
