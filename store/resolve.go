package store

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// waitingKeysSQL are the references of a coupling that wait although what they name by its id is there, and those that
// name it by a code.
var waitingKeysSQL = func() string {
	keys := make([]string, len(waiters))
	for i, w := range waiters {
		keys[i] = w.keys
	}
	return `
WITH w AS (` + strings.Join(keys, `
    UNION `) + `)
SELECT w.object, w.key, coalesce(s.object_id, 0) FROM w
LEFT JOIN LATERAL (SELECT object_id FROM source WHERE webshop_id = $1 AND coupling_id = $2 AND object = w.object AND remote_id = w.key LIMIT 1) s ON true
WHERE s.object_id IS NOT NULL OR w.key ~ '^(sku|ean|name|gln):'
ORDER BY 1, 2`
}()

// ResolveReferences sets free what still waits for something that is there, and says how many objects that changed.
// Batches do so themselves; only two that are written at the same moment, one with the reference and one with what it
// names, can miss each other. So a run calls it once at its end. Run may be 0.
func (db *DB) ResolveReferences(ctx context.Context, webshop, coupling, run int64) (int64, error) {
	w := &writing{db: db, b: &Batch{Lease: Lease{Webshop: webshop, Coupling: coupling, Run: run}}}
	var named map[koppel.Object]*freed
	err := db.InTx(ctx, ForWebshop(webshop), func(tx *Tx) error {
		w.begin(tx)
		if _, err := tx.exec(ctx, byKeySQL); err != nil {
			return err
		}
		var err error
		if w.pipe.types, err = db.rowTypes.of(ctx, tx); err != nil {
			return err
		}
		found, err := tx.tx.Query(ctx, waitingKeysSQL, webshop, coupling)
		if err != nil {
			return err
		}
		keys := map[refKey]int64{}
		named = map[koppel.Object]*freed{}
		var object koppel.Object
		var key string
		var id int64
		if _, err := pgx.ForEachRow(found, []any{&object, &key, &id}, func() error {
			if named[object] == nil {
				named[object] = &freed{}
			}
			if id != 0 {
				named[object].add(coupling, key, id)
			} else {
				keys[refKey{coupling, object, key}] = 0
			}
			return nil
		}); err != nil {
			return err
		}
		if err := w.lookUp(ctx, keys); err != nil {
			return err
		}
		for k, id := range keys {
			if id != 0 {
				named[k.object].add(coupling, k.key, id)
			}
		}
		w.waiting.refs = slices.Repeat([]bool{true}, len(waiters))
		for _, object := range koppel.Objects() {
			if f := named[object]; f != nil {
				w.free(object, *f)
			}
		}
		if err := w.pipe.run(ctx); err != nil {
			return err
		}
		if err := w.decidePreferred(ctx); err != nil {
			return err
		}
		if err := w.decideCompleted(ctx); err != nil {
			return err
		}
		w.writeChanges()
		return w.pipe.run(ctx)
	})
	changed := w.counts.Objects
	for object, fields := range pairOf {
		if err != nil {
			break
		}
		var keys []string
		for _, i := range fields {
			if f := named[object.Fields()[i].Ref]; f != nil {
				keys = append(keys, f.keys...)
			}
		}
		if len(keys) > 0 {
			var n int64
			n, err = db.relink(ctx, w.b.Lease, object, keys)
			changed += n
		}
	}
	return changed, db.wrap("resolve references", err)
}
