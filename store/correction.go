package store

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
)

// Correction is a body that a person put in the place of a record's.
type Correction struct {
	RemoteID string
	// Hash is of the remote's body that it stands for.
	Hash [16]byte
	Raw  []byte
	By   string
	At   time.Time
}

const (
	correctSQL = `
INSERT INTO record_correction (webshop_id, stream_id, remote_id, hash, codec, raw, made_by)
VALUES (@webshop, @stream, @id, @hash, @codec, @raw, @by)
ON CONFLICT (stream_id, remote_id) DO UPDATE SET hash = excluded.hash, codec = excluded.codec, raw = excluded.raw, made_by = excluded.made_by, at = now()`
	correctionsSQL = `SELECT remote_id, hash, codec, raw, made_by, at FROM record_correction WHERE webshop_id = $1 AND stream_id = $2 AND ($3 = '' OR remote_id = $3)`
	// supersededSQL ends corrections whose record the remote shows with another body, and says so in the run.
	supersededSQL = `
WITH gone AS (
    DELETE FROM record_correction WHERE webshop_id = $2::bigint AND stream_id = $3::bigint AND remote_id = ANY($1::text[]) RETURNING remote_id
)
INSERT INTO timeline (webshop_id, run_id, event, data)
SELECT $2::bigint, $4::bigint, '` + EventSuperseded + `', jsonb_build_object('records', jsonb_agg(remote_id ORDER BY remote_id)) FROM gone HAVING count(*) > 0`
)

// Correct keeps a person's correction of a record of a stream, in place of an earlier one.
func (tx *Tx) Correct(ctx context.Context, webshop, stream int64, c Correction) error {
	const op = "correct record"
	packed, codec := compress(nil, c.Raw)
	_, err := tx.exec(ctx, correctSQL, pgx.StrictNamedArgs{
		"webshop": webshop, "stream": stream, "id": c.RemoteID, "hash": c.Hash[:], "codec": codec, "raw": packed, "by": c.By,
	})
	return wrap(op, err)
}

// Correction finds that of a record; nil when there is none.
func (tx *Tx) Correction(ctx context.Context, webshop, stream int64, id string) (*Correction, error) {
	list, err := tx.corrections(ctx, webshop, stream, id)
	if err != nil || len(list) == 0 {
		return nil, wrap("find correction", err)
	}
	return &list[0], nil
}

// Corrections are those of a stream by record; nil when there are none.
func (db *DB) Corrections(ctx context.Context, webshop, stream int64) (map[string]Correction, error) {
	list, err := With(ctx, db, ForWebshop(webshop), func(tx *Tx) ([]Correction, error) { return tx.corrections(ctx, webshop, stream, "") })
	if err != nil || len(list) == 0 {
		return nil, db.wrap("list corrections", err)
	}
	by := map[string]Correction{}
	for _, c := range list {
		by[c.RemoteID] = c
	}
	return by, nil
}

func (tx *Tx) corrections(ctx context.Context, webshop, stream int64, id string) ([]Correction, error) {
	rows, err := tx.tx.Query(ctx, correctionsSQL, webshop, stream, id)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (c Correction, err error) {
		var hash []byte
		var codec int16
		if err := row.Scan(&c.RemoteID, &hash, &codec, &c.Raw, &c.By, &c.At); err != nil {
			return c, err
		}
		copy(c.Hash[:], hash)
		c.Raw, err = expand(c.Raw, codec)
		return c, err
	})
}

const parentOfSQL = `
SELECT p.codec, p.raw FROM stream s
JOIN record p ON p.webshop_id = s.webshop_id AND p.stream_id = s.parent_stream_id AND p.gone_at IS NULL AND p.remote_id = coalesce(nullif($4, ''), (
    SELECT r.parent_id FROM record r WHERE r.webshop_id = s.webshop_id AND r.stream_id = s.id AND r.remote_id = $3))
WHERE s.webshop_id = $1 AND s.id = $2`

// ParentOf is the body of the record that a stream's record belongs to: the one of the id parent or, where that is empty,
// the one that it is stored under; nil when there is none.
func (db *DB) ParentOf(ctx context.Context, webshop, stream int64, id, parent string) (body []byte, err error) {
	err = db.InTx(ctx, ForWebshop(webshop), func(tx *Tx) error {
		var codec int16
		var packed []byte
		err := tx.tx.QueryRow(ctx, parentOfSQL, webshop, stream, id, parent).Scan(&codec, &packed)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err == nil {
			body, err = expand(packed, codec)
		}
		return err
	})
	return body, db.wrap("read parent of record", err)
}

// writeSuperseded ends the corrections that the batch has seen overtaken.
func (w *writing) writeSuperseded() {
	if len(w.b.Superseded) > 0 {
		l := w.b.Lease
		w.pipe.add(-1, supersededSQL, textsArg(w.b.Superseded), intArg(l.Webshop), intArg(l.Stream), intArg(l.Run))
	}
}
