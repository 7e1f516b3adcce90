package store

import (
	"context"
	"testing"
	"time"
)

// LockWebshopForTest locks the webshop's row until the transaction ends.
func LockWebshopForTest(ctx context.Context, tx *Tx, id int64) error {
	_, err := tx.exec(ctx, `SELECT id FROM webshop WHERE id = $1 FOR UPDATE`, id)
	return wrap("lock webshop", err)
}

// ExecForTest runs a statement as the DB's role in the scope Queues.
func ExecForTest(ctx context.Context, db *DB, sql string, args ...any) error {
	return db.InTx(ctx, Queues(), func(tx *Tx) error {
		_, err := tx.exec(ctx, sql, args...)
		return wrap("test", err)
	})
}

// SettingForTest is a setting of the DB's connections.
func SettingForTest(t *testing.T, db *DB, name string) string {
	t.Helper()
	var value string
	if err := db.pool.QueryRow(t.Context(), `SELECT current_setting($1)`, name).Scan(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

// SetLeaseWaitForTest makes a new attempt wait no longer than d for a batch in flight.
func (db *DB) SetLeaseWaitForTest(d time.Duration) { db.leaseWait = d }
