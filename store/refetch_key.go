package store

import (
	"context"
)

// RefetchKey is a record that a run reads because webhooks or new records named it.
type RefetchKey struct {
	ID string
	// Stored: there is such a record; ParentID is the one that it belongs to, "" for none.
	Stored   bool
	ParentID string
	// Gone: the last call said that it was deleted.
	Gone bool
	// Body is the record as the last call gave it, whole; nil where it is read.
	Body []byte
	// Ticket was taken when the last call came.
	Ticket int64
}

const refetchKeysSQL = `
SELECT k.remote_id AS id, r.remote_id IS NOT NULL AS stored, coalesce(r.parent_id, '') AS parent_id, k.gone, k.body, k.ticket
FROM refetch_key k LEFT JOIN stream s ON s.coupling_id = k.coupling_id AND s.name = k.stream
LEFT JOIN record r ON r.webshop_id = k.webshop_id AND r.stream_id = s.id AND r.remote_id = k.remote_id
WHERE k.coupling_id = $1 AND k.stream_group = $2 AND k.run_id = $3 AND k.stream = $4 ORDER BY k.remote_id`

// RefetchKeys lists what a run reads of a stream because webhooks named it.
func (db *DB) RefetchKeys(ctx context.Context, run Run, stream string) ([]RefetchKey, error) {
	list, err := With(ctx, db, ForWebshop(run.WebshopID), func(tx *Tx) ([]RefetchKey, error) {
		return many[RefetchKey](ctx, tx, refetchKeysSQL, run.CouplingID, run.StreamGroup, run.ID, stream)
	})
	return list, db.wrap("find what webhooks named", err)
}

const (
	dropRefetchedSQL = `DELETE FROM refetch_key WHERE coupling_id = $1 AND stream_group = $2 AND run_id = $3`
	addSweptSQL      = `UPDATE hook SET swept = swept + $3, swept_at = now() WHERE coupling_id = $1 AND topic = ANY ($2) AND state IN ('active', 'failing')`
)

// DropRefetched forgets what a run that has ended read because webhooks named it.
func (tx *Tx) DropRefetched(ctx context.Context, run Run) error {
	if !run.Refetches() {
		return nil
	}
	_, err := tx.exec(ctx, dropRefetchedSQL, run.CouplingID, run.StreamGroup, run.ID)
	return wrap("forget what webhooks named", err)
}

// HooksSwept counts changes that only a scan found at the subscriptions of the topics that should have told them.
func (tx *Tx) HooksSwept(ctx context.Context, coupling int64, topics []string, n int64) error {
	_, err := tx.exec(ctx, addSweptSQL, coupling, topics, n)
	return wrap("count what only a scan found", err)
}
