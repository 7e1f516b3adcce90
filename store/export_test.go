package store

import "context"

// LockWebshopForTest locks the webshop's row until the transaction ends.
func LockWebshopForTest(ctx context.Context, tx *Tx, id int64) error {
	_, err := tx.exec(ctx, `SELECT id FROM webshop WHERE id = $1 FOR UPDATE`, id)
	return wrap("lock webshop", err)
}
