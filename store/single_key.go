package store

import (
	"context"
	"slices"
)

// KeyKind says what a key of a single run is.
type KeyKind string

// The kinds of keys, as the manifest's find names them.
const (
	ByRemoteID KeyKind = "remote_id"
	BySKU      KeyKind = "sku"
	ByEAN      KeyKind = "ean"
	ByNumber   KeyKind = "number"
)

// SingleKey is one record that a single run reads.
type SingleKey struct {
	By    KeyKind
	Value string
	// Asked is the key as the run names it.
	Asked string
	// Stream is where the record is stored already, 0 when it is not; then
	// ParentID is the record it belongs to there, "" for none.
	Stream   int64
	ParentID string
}

// singleKeysSQL looks each key up in what the coupling has: by the record's id, or by the object that a source of it
// made.
const (
	storedKeysSQL = `
SELECT r.remote_id AS value, r.remote_id AS record_id, r.stream_id, coalesce(r.parent_id, '') AS parent_id
FROM record r JOIN stream s ON s.id = r.stream_id
WHERE s.coupling_id = $1 AND r.remote_id = ANY ($2)`
	sourceOfProductSQL = `
FROM product p JOIN source s ON s.webshop_id = p.webshop_id AND s.object_id = p.id
LEFT JOIN record r ON r.webshop_id = s.webshop_id AND r.stream_id = s.stream_id AND r.remote_id = s.record_id
WHERE s.coupling_id = $1 AND `
	skuKeysSQL    = `SELECT p.sku_code AS value, s.record_id, s.stream_id, coalesce(r.parent_id, '') AS parent_id` + sourceOfProductSQL + `p.sku_code = ANY ($2) AND p.sku_key IN (SELECT lower(k COLLATE "C") FROM unnest($2::text[]) AS k)`
	eanKeysSQL    = `SELECT p.ean_code AS value, s.record_id, s.stream_id, coalesce(r.parent_id, '') AS parent_id` + sourceOfProductSQL + `p.ean_code = ANY ($2)`
	numberKeysSQL = `
SELECT o.number AS value, s.record_id, s.stream_id, coalesce(r.parent_id, '') AS parent_id
FROM sell_order o JOIN source s ON s.webshop_id = o.webshop_id AND s.object_id = o.id
LEFT JOIN record r ON r.webshop_id = s.webshop_id AND r.stream_id = s.stream_id AND r.remote_id = s.record_id
WHERE s.coupling_id = $1 AND o.number = ANY ($2)`
)

// SingleKeys says where the keys of a single run are stored, each key once per place. A SKU, EAN or number that is
// known becomes the id of its record; one that is not stays what it is, for the remote to find.
func (db *DB) SingleKeys(ctx context.Context, run Run) ([]SingleKey, error) {
	keys, err := With(ctx, db, ForWebshop(run.WebshopID), func(tx *Tx) ([]SingleKey, error) {
		var keys []SingleKey
		for _, part := range []struct {
			by     KeyKind
			sql    string
			values []string
		}{
			{ByRemoteID, storedKeysSQL, run.Keys.RemoteIDs},
			{BySKU, skuKeysSQL, run.Keys.SKUs},
			{ByEAN, eanKeysSQL, run.Keys.EANs},
			{ByNumber, numberKeysSQL, run.Keys.Numbers},
		} {
			found, err := tx.storedKeys(ctx, part.sql, run.CouplingID, part.values)
			if err != nil {
				return nil, err
			}
			for _, value := range part.values {
				known := found[value]
				if len(known) == 0 {
					known = []SingleKey{{By: part.by, Value: value, Asked: value}}
				}
				keys = append(keys, known...)
			}
		}
		return keys, nil
	})
	return keys, db.wrap("find the keys of a single run", err)
}

type storedKey struct {
	Value, RecordID, ParentID string
	StreamID                  int64
}

func (tx *Tx) storedKeys(ctx context.Context, sql string, coupling int64, values []string) (map[string][]SingleKey, error) {
	found := map[string][]SingleKey{}
	if len(values) == 0 {
		return found, nil
	}
	list, err := many[storedKey](ctx, tx, sql, coupling, values)
	if err != nil {
		return nil, err
	}
	for _, k := range list {
		key := SingleKey{By: ByRemoteID, Value: k.RecordID, Asked: k.Value, Stream: k.StreamID, ParentID: k.ParentID}
		if !slices.Contains(found[k.Value], key) {
			found[k.Value] = append(found[k.Value], key)
		}
	}
	return found, nil
}
