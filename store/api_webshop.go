package store

import "context"

const webshopUUIDsSQL = `SELECT id, uuid FROM webshop WHERE id = ANY ($1)`

// WebshopUUIDs gives the outside ids of the webshops of the scope that have the inner ids.
func (tx *Tx) WebshopUUIDs(ctx context.Context, ids []int64) (map[int64]string, error) {
	type row struct {
		ID   int64
		UUID string
	}
	rows, err := many[row](ctx, tx, webshopUUIDsSQL, ids)
	if err != nil {
		return nil, wrap("find webshops", err)
	}
	found := make(map[int64]string, len(rows))
	for _, r := range rows {
		found[r.ID] = r.UUID
	}
	return found, nil
}
