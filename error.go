package koppel

import (
	"errors"
	"strings"
	"time"
)

// Error is the one error type of the product. Its Kind says what to do next,
// Detail carries the specific value (field, scope, shop, expiry) a person needs.
// It never holds a secret.
type Error struct {
	Kind Kind
	// Op is the operation that failed with its key, such as "pull products of coupling 0197…".
	Op string
	// Detail is one plain sentence naming the specific value.
	Detail string
	// RetryAfter is how long the remote asked to wait; zero when it said nothing.
	RetryAfter time.Duration
	// Next is the next step where it is not the kind's: one sentence with the exact
	// command, in which {coupling} and {run} are filled in.
	Next string
	// Exchange is the id of the captured, redacted request and response; zero when there is none.
	Exchange int64
	// Err is the cause, if any.
	Err error
}

// Error joins operation, kind, detail and cause, outermost first.
func (e *Error) Error() string {
	parts := make([]string, 0, 4)
	if e.Op != "" {
		parts = append(parts, e.Op)
	}
	var cause *Error
	if !errors.As(e.Err, &cause) || cause.Kind != e.Kind {
		parts = append(parts, string(e.Kind))
	}
	if e.Detail != "" {
		parts = append(parts, e.Detail)
	}
	if e.Err != nil {
		parts = append(parts, e.Err.Error())
	}
	return strings.Join(parts, ": ")
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// E makes an Error of a kind with an operation and a detail.
func E(kind Kind, op, detail string) *Error {
	return &Error{Kind: kind, Op: op, Detail: detail}
}

// Wrap adds an operation to err. A *Error keeps its kind, RetryAfter, Next and
// Exchange, and DetailOf still finds its detail; any other error becomes
// KindInternal. Wrap(op, nil) is nil.
func Wrap(op string, err error) error {
	if err == nil {
		return nil
	}
	var e *Error
	if errors.As(err, &e) {
		return &Error{Kind: e.Kind, Op: op, RetryAfter: e.RetryAfter, Next: e.Next, Exchange: e.Exchange, Err: err}
	}
	return &Error{Kind: KindInternal, Op: op, Err: err}
}

// KindOf returns the kind of the outermost *Error in err's chain,
// KindInternal for any other error, and "" for nil.
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return KindInternal
}

// DetailOf returns the innermost non-empty Detail in err's chain, or err's
// text when there is none: the sentence to show to a person.
func DetailOf(err error) string {
	if err == nil {
		return ""
	}
	detail := ""
	var e *Error
	for cause := err; errors.As(cause, &e); cause = e.Err {
		if e.Detail != "" {
			detail = e.Detail
		}
	}
	if detail == "" {
		return err.Error()
	}
	return detail
}
