package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/koppel-io/koppel"
)

// PostgreSQL's error codes that mean something here (PostgreSQL manual, appendix A).
const (
	codeSerialization = "40001"
	codeDeadlock      = "40P01"
	codeUnique        = "23505"
	codeForeignKey    = "23503"
	codeCheck         = "23514"
	codeNotNull       = "23502"
	codeBadText       = "22P02"
	codeTooLong       = "22001"
	codeOutOfRange    = "22003"
	codeCanceled      = "57014"
	classConnection   = "08"
	classResources    = "53"
	classOperator     = "57"
)

// kindOfCode is what an error code means for the caller; any other is a fault of ours.
var kindOfCode = map[string]koppel.Kind{
	codeUnique:     koppel.KindConflict,
	codeForeignKey: koppel.KindConflict,
	codeCheck:      koppel.KindInvalidRequest,
	codeNotNull:    koppel.KindInvalidRequest,
	codeBadText:    koppel.KindInvalidRequest,
	codeTooLong:    koppel.KindInvalidRequest,
	codeOutOfRange: koppel.KindInvalidRequest,
}

// wrap gives err an operation and a kind. An error that has a kind keeps it.
func wrap(op string, err error) error {
	if err == nil {
		return nil
	}
	var known *koppel.Error
	if errors.As(err, &known) {
		return koppel.Wrap(op, err)
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return &koppel.Error{Kind: koppel.KindNotFound, Op: op, Detail: "there is no such row in this scope", Err: err}
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		kind, ok := kindOfCode[pg.Code]
		if !ok {
			kind = koppel.KindInternal
		}
		// pg.Detail repeats the row's values, which may be secret or another tenant's; message and constraint do not.
		detail := pg.Message
		if pg.ColumnName != "" {
			detail += " (column " + pg.ColumnName + ")"
		}
		return &koppel.Error{Kind: kind, Op: op, Detail: detail, Err: &databaseError{pg}}
	}
	return &koppel.Error{Kind: koppel.KindInternal, Op: op, Err: err}
}

// awayRetry is after how long it makes sense to ask a database again that cannot be used now.
const awayRetry = 5 * time.Second

// wrap is the package's wrap, with a plain sentence when the database cannot be reached.
func (db *DB) wrap(op string, err error) error {
	if err != nil && !errors.Is(err, context.Canceled) && away(err) {
		return &koppel.Error{Kind: koppel.KindInternal, Op: op, Err: err, RetryAfter: awayRetry,
			Next:   "Start PostgreSQL or free its connections; nothing else is to be done. Check: koppel doctor",
			Detail: fmt.Sprintf("PostgreSQL at %s cannot be used as %s right now; it is tried again by itself once it is back", db.host, db.role)}
	}
	var known *koppel.Error
	if errors.As(err, &known) {
		return err
	}
	return wrap(op, err)
}

// away reports whether err says that the database is not there, is starting or stopping, or is full.
func away(err error) bool {
	var connect *pgconn.ConnectError
	if errors.As(err, &connect) {
		return true
	}
	if code := codeOf(err); code != "" {
		class := code[:2]
		return class == classConnection || class == classResources || class == classOperator && code != codeCanceled
	}
	return koppel.KindOf(err) == koppel.KindInternal && (pgconn.Timeout(err) || brokenConnection(err))
}

// retryable reports whether the transaction was rolled back by the database for reasons that a new try is free of.
func retryable(err error) bool {
	code := codeOf(err)
	return code == codeSerialization || code == codeDeadlock
}

// codeOf is PostgreSQL's code of err, "" when it has none.
func codeOf(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	var own *databaseError
	if errors.As(err, &own) {
		return own.pg.Code
	}
	return ""
}

// constraintOf is the constraint that err violates, "" when none.
func constraintOf(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.ConstraintName
	}
	return ""
}

// databaseError is a PostgreSQL error without the row's values.
type databaseError struct{ pg *pgconn.PgError }

func (e *databaseError) Error() string {
	if e.pg.ConstraintName != "" {
		return fmt.Sprintf("SQLSTATE %s, constraint %s", e.pg.Code, e.pg.ConstraintName)
	}
	return "SQLSTATE " + e.pg.Code
}

// invalid is the error of bad input: what is wrong and what to do.
func invalid(op, format string, args ...any) error {
	return koppel.E(koppel.KindInvalidRequest, op, fmt.Sprintf(format, args...))
}

// conflict is the error of a state that does not allow the operation.
func conflict(op, format string, args ...any) error {
	return koppel.E(koppel.KindConflict, op, fmt.Sprintf(format, args...))
}

// notFound is the error of an id that the scope cannot see.
func notFound(op, what, id string) error {
	return koppel.E(koppel.KindNotFound, op, fmt.Sprintf("there is no %s %q here", what, id))
}
