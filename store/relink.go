package store

import (
	"context"
	"encoding/json"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// waitingPairSQL are a coupling's sources of objects of pairs that wait for one of the keys $3.
func (t *table) waitingPairSQL() string {
	fields := pairOf[t.object]
	a, b := t.fields[fields[0]].Name, t.fields[fields[1]].Name
	return `
SELECT s.stream_id, s.record_id, s.remote_id, s.mapped::text, s.notes::text FROM (
    SELECT id FROM ` + t.name + ` WHERE webshop_id = $1 AND key_coupling_id = $2 AND ` + a + `_id IS NULL AND ` + a + `_key = ANY($3)
    UNION
    SELECT id FROM ` + t.name + ` WHERE webshop_id = $1 AND key_coupling_id = $2 AND ` + b + `_id IS NULL AND ` + b + `_key = ANY($3)
) t CROSS JOIN LATERAL (SELECT * FROM source WHERE webshop_id = $1 AND object_id = t.id OFFSET 0) s
WHERE s.coupling_id = $2 AND s.object = '` + string(t.object) + `' AND s.gone_at IS NULL AND s.stream_id <> 0 ORDER BY s.stream_id, s.record_id LIMIT $4`
}

// waitingPair is a source whose object waits, with the values that it gives.
type waitingPair struct {
	stream int64
	record string
	Mapped
}

// relinkAtOnce is how many sources are written in one transaction.
const relinkAtOnce = 1000

// relink writes objects of pairs anew that wait for what is there by now: so they are linked to the one that has the
// pair already, and a composition that would close a circle is parked.
func (db *DB) relink(ctx context.Context, lease Lease, object koppel.Object, keys []string) (changed int64, err error) {
	t := tables[object]
	var list []waitingPair
	err = db.InTx(ctx, ForWebshop(lease.Webshop), func(tx *Tx) error {
		if _, err := tx.exec(ctx, byKeySQL); err != nil {
			return err
		}
		found, err := tx.tx.Query(ctx, t.waitingPairSQL(), lease.Webshop, lease.Coupling, keys, 20*relinkAtOnce)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(found, func(row pgx.CollectableRow) (p waitingPair, err error) {
			var mapped, notes []byte
			p.Object = object
			if err := row.Scan(&p.stream, &p.record, &p.RemoteID, &mapped, &notes); err != nil {
				return p, err
			}
			if notes != nil {
				_ = json.Unmarshal(notes, &p.Notes) // ours
			}
			p.Values, err = decodeMapped(mapped, t.fields)
			return p, err
		})
		return err
	})
	if err != nil {
		return 0, err
	}
	for len(list) > 0 {
		n := 1
		for n < len(list) && n < relinkAtOnce && list[n].stream == list[0].stream {
			n++
		}
		counts, err := db.relinkOf(ctx, lease, list[:n])
		if err != nil {
			return changed, err
		}
		changed, list = changed+counts.Objects, list[n:]
	}
	return changed, nil
}

// relinkOf writes sources of one stream.
func (db *DB) relinkOf(ctx context.Context, lease Lease, list []waitingPair) (koppel.Counts, error) {
	lease.Stream = list[0].stream
	mapped := map[string][]Mapped{}
	var ids []string
	for _, p := range list {
		if mapped[p.record] == nil {
			ids = append(ids, p.record)
		}
		mapped[p.record] = append(mapped[p.record], p.Mapped)
	}
	records, err := db.RecordsByID(ctx, lease.Webshop, lease.Stream, ids)
	if err != nil {
		return koppel.Counts{}, err
	}
	b := &Batch{Lease: lease, Total: -1, Mapping: true, only: list[0].Object}
	for _, r := range records {
		b.Records = append(b.Records, Record{ID: r.ID, ParentID: r.ParentID, Hash: r.Hash, Ticket: r.Ticket, Raw: r.Raw, Mapped: mapped[r.ID]})
	}
	return db.WriteBatch(ctx, b)
}
