package store

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

const redirectSQL = `SELECT new_uuid FROM redirect WHERE object = $1 AND old_uuid = $2`

// redirected is the id under which an object is found: of one that was merged into another, that one's.
func (tx *Tx) redirected(ctx context.Context, op string, object koppel.Object, id string) (string, error) {
	if err := checkID(op, string(object), id); err != nil {
		return "", err
	}
	var to string
	err := tx.tx.QueryRow(ctx, redirectSQL, string(object), id).Scan(&to)
	if errors.Is(err, pgx.ErrNoRows) {
		return id, nil
	}
	return to, wrap(op, err)
}
