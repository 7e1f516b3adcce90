package store

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// remerging is the work of merging objects again from the sources that are stored, without a record.
func (tx *Tx) remerging(ctx context.Context, b *Batch) (*writing, error) {
	w := &writing{db: tx.db, b: b}
	w.begin(tx)
	if _, err := tx.exec(ctx, byKeySQL); err != nil {
		return nil, err
	}
	if err := tx.tx.QueryRow(ctx, partySQL, b.Lease.Webshop).Scan(&w.partyText); err != nil {
		return nil, err
	}
	var err error
	if w.party, err = readParticipants(w.partyText); err != nil {
		return nil, err
	}
	w.waiting.refs = slices.Repeat([]bool{true}, len(waiters))
	w.pipe.types, err = tx.db.rowTypes.of(ctx, tx)
	return w, err
}

// remerge merges objects of one kind again; what nothing is left of, or what is not there, stays as it is.
func (w *writing) remerge(ctx context.Context, object koppel.Object, ids []int64) error {
	g := &group{t: tables[object], targets: map[int64]*target{}, made: map[string]int64{}}
	w.groups = map[koppel.Object]*group{object: g}
	ids = slices.Clone(ids)
	for _, id := range ids {
		g.target(id)
	}
	if err := w.loadObjects(ctx, g, ids); err != nil {
		return err
	}
	g.order = slices.DeleteFunc(g.order, func(tg *target) bool { return tg.before == nil && w.anew[tg.id] == "" || len(tg.sources) == 0 })
	for _, tg := range g.order {
		if id := w.anew[tg.id]; id != "" {
			tg.uuid = uuid.MustParse(id)
		}
	}
	for _, step := range []func(context.Context, *group) error{w.merge, w.resolve, w.writeObjects, w.setFree} {
		if err := step(ctx, g); err != nil {
			return err
		}
	}
	if err := w.pipe.run(ctx); err != nil {
		return err
	}
	return w.decidePreferred(ctx)
}

// mergeAgain merges objects of the scope's webshop again, in this transaction, as a change made here.
func (tx *Tx) mergeAgain(ctx context.Context, op string, object koppel.Object, ids ...int64) error {
	webshop, err := tx.webshop(op)
	if err != nil {
		return err
	}
	w, err := tx.remerging(ctx, &Batch{Lease: Lease{Webshop: webshop}, Total: -1})
	if err != nil {
		return wrap(op, err)
	}
	if err := w.remerge(ctx, object, ids); err != nil {
		return wrap(op, err)
	}
	w.writeChanges()
	return wrap(op, w.pipe.run(ctx))
}

// An object with one source is what that source says, however couplings are ranked.
const severalSourcesSQL = `
SELECT object_id FROM source WHERE webshop_id = $1 AND object_id > $2 AND object = $3
GROUP BY object_id HAVING count(*) > 1 ORDER BY object_id LIMIT $4`

const remergeAtOnce = 500

// MergeAgain merges the next objects of a kind that have several sources, in one transaction with the scan's position,
// from which the next call goes on. It answers done after the last.
func (db *DB) MergeAgain(ctx context.Context, lease Lease, scan Scan, object koppel.Object) (counts koppel.Counts, resume json.RawMessage, done bool, err error) {
	const op = "merge objects again"
	var after int64
	if scan.Resume != nil {
		if err := json.Unmarshal(scan.Resume, &after); err != nil {
			return counts, nil, false, wrap(op, err)
		}
	}
	err = db.InTx(ctx, ForWebshop(lease.Webshop), func(tx *Tx) error {
		found, err := tx.tx.Query(ctx, severalSourcesSQL, lease.Webshop, after, string(object), remergeAtOnce)
		if err != nil {
			return err
		}
		ids, err := pgx.CollectRows(found, pgx.RowTo[int64])
		if err != nil {
			return err
		}
		b := &Batch{Lease: lease, Total: -1}
		last := after
		if len(ids) > 0 {
			last = ids[len(ids)-1]
		}
		if done = len(ids) < remergeAtOnce; done {
			b.End = &End{Rule: "every object with several sources merged"}
		}
		if b.Resume, err = json.Marshal(last); err != nil {
			return err
		}
		resume = b.Resume
		w, err := tx.remerging(ctx, b)
		if err != nil {
			return err
		}
		if len(ids) > 0 {
			if err := w.remerge(ctx, object, ids); err != nil {
				return err
			}
		}
		w.writeChanges()
		b.Unchanged = int64(len(ids)) - w.counts.Objects
		w.writeScan()
		counts = w.counts
		return w.pipe.run(ctx)
	})
	return counts, resume, done, db.wrap(op, err)
}
