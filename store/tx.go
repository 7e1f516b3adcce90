package store

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// Tx is one transaction in one scope. It is used by one goroutine and only inside the function given to InTx.
type Tx struct {
	tx    pgx.Tx
	db    *DB
	scope Scope
}

// attempts is how often a transaction that the database rolled back is tried.
const attempts = 5

// InTx runs fn in a transaction that sees scope, and commits when fn returns nil. fn runs again from its start when
// PostgreSQL rolled the transaction back for a deadlock or a serialization failure, so it must not act outside it.
// A commit whose outcome is unknown is never repeated.
func (db *DB) InTx(ctx context.Context, scope Scope, fn func(*Tx) error) error {
	return db.inTx(ctx, scope, pgx.TxOptions{}, fn)
}

func (db *DB) inTx(ctx context.Context, scope Scope, opts pgx.TxOptions, fn func(*Tx) error) error {
	const op = "transaction"
	switch {
	case scope.kind == scopeNone, scope.kind == scopeWebshop && scope.webshop <= 0, scope.kind == scopeOrganisation && scope.organisation <= 0:
		return invalid(op, "no scope is given: name a webshop, an organisation, all webshops or the queues")
	case (scope.kind == scopeAll || scope.kind == scopeOrganisation) && db.role != App:
		return koppel.E(koppel.KindPermission, op, "only the app role may look at all webshops or those of an organisation")
	}
	var err error
	for try := range attempts {
		if try > 0 {
			db.log.DebugContext(ctx, "transaction tried again", "scope", scope.String(), "try", try, "code", codeOf(err))
			if !pause(ctx, time.Duration(1<<try)*time.Millisecond+rand.N(10*time.Millisecond)) {
				return koppel.Wrap(op, ctx.Err())
			}
		}
		if err = db.once(ctx, scope, opts, fn); err == nil || !retryable(err) {
			return err
		}
	}
	return err
}

func (db *DB) once(ctx context.Context, scope Scope, opts pgx.TxOptions, fn func(*Tx) error) error {
	const op = "transaction"
	tx, err := db.pool.BeginTx(ctx, opts)
	if err != nil {
		return db.wrap(op, err)
	}
	// After a commit this does nothing. The caller's context may be over, or fn panic; the connection must go back
	// clean all the same.
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	t := &Tx{tx: tx, db: db}
	if err := t.setScope(ctx, scope); err != nil {
		return db.wrap(op, err)
	}
	if err := fn(t); err != nil {
		return db.wrap(op, err)
	}
	return db.wrap(op, tx.Commit(ctx))
}

const (
	scopeSQL             = `SELECT set_config('koppel.webshop', $1, true)`
	organisationScopeSQL = `SELECT set_config('koppel.webshop', $1, true), set_config('koppel.organisation', $2, true)`
)

// setScope makes the policies of the database see scope until the transaction ends.
func (tx *Tx) setScope(ctx context.Context, scope Scope) error {
	tx.scope = scope
	if scope.kind == scopeOrganisation {
		_, err := tx.tx.Exec(ctx, organisationScopeSQL, scope.setting(), strconv.FormatInt(scope.organisation, 10))
		return err
	}
	_, err := tx.tx.Exec(ctx, scopeSQL, scope.setting())
	return err
}

// Scope is what the transaction sees.
func (tx *Tx) Scope() Scope { return tx.scope }

// webshop is the scope's webshop; an error when the scope names none.
func (tx *Tx) webshop(op string) (int64, error) {
	if tx.scope.kind != scopeWebshop {
		return 0, invalid(op, "this needs the scope of one webshop, and %s was given", tx.scope)
	}
	return tx.scope.webshop, nil
}

// With runs fn in a transaction as InTx does and hands its result on.
func With[T any](ctx context.Context, db *DB, scope Scope, fn func(*Tx) (T, error)) (T, error) {
	return with(ctx, db, scope, pgx.TxOptions{}, fn)
}

// Read is With for what only reads: all statements of fn see the same moment, so that an order and its lines, or an
// object and its sources, belong together.
func Read[T any](ctx context.Context, db *DB, scope Scope, fn func(*Tx) (T, error)) (T, error) {
	return with(ctx, db, scope, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, fn)
}

func with[T any](ctx context.Context, db *DB, scope Scope, opts pgx.TxOptions, fn func(*Tx) (T, error)) (T, error) {
	var result T
	err := db.inTx(ctx, scope, opts, func(tx *Tx) error {
		var err error
		result, err = fn(tx)
		return err
	})
	if err != nil {
		var zero T
		return zero, err
	}
	return result, nil
}

// one reads exactly one row into T by column names.
func one[T any](ctx context.Context, tx *Tx, sql string, args ...any) (T, error) {
	rows, err := tx.tx.Query(ctx, sql, args...)
	if err != nil {
		var zero T
		return zero, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[T])
}

// many reads all rows into T by column names.
func many[T any](ctx context.Context, tx *Tx, sql string, args ...any) ([]T, error) {
	rows, err := tx.tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[T])
}

// exec runs one statement and says how many rows it touched.
func (tx *Tx) exec(ctx context.Context, sql string, args ...any) (int64, error) {
	tag, err := tx.tx.Exec(ctx, sql, args...)
	return tag.RowsAffected(), err
}

// checkID answers not_found for an id that is no uuid, which then cannot be anybody's.
func checkID(op, what, id string) error {
	if uuid.Validate(id) != nil {
		return notFound(op, what, id)
	}
	return nil
}

// foundOr turns "no rows" into not_found naming what was looked for.
func foundOr(op, what, id string, err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return notFound(op, what, id)
	}
	return wrap(op, err)
}

// pause waits for d; false when ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// brokenConnection reports whether err is of a connection that is gone.
func brokenConnection(err error) bool {
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)
}

// idOrNull is an optional outside id as a query argument: nil when it is empty.
func idOrNull(op, what, id string) (*string, error) {
	if id == "" {
		return nil, nil
	}
	return &id, checkID(op, what, id)
}

// textOrNull is an optional text as a query argument: nil when it is empty.
func textOrNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
