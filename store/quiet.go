package store

import "context"

const quietSQL = `
SELECT NOT EXISTS (SELECT FROM scan WHERE webshop_id = $1 AND run_id = $3 AND (whole OR records <> unchanged OR gone > 0))
   AND NOT EXISTS (SELECT FROM stream s JOIN dirty d ON d.webshop_id = s.webshop_id AND d.stream_id = s.id WHERE s.webshop_id = $1 AND s.coupling_id = $2)
   AND NOT EXISTS (SELECT FROM gone_suspect WHERE webshop_id = $1 AND coupling_id = $2)`

// Quiet reports whether a run's reading left nothing for the stages after it: it found nothing new, no scan has to be
// compared with what is stored, no record waits to be mapped and none is suspected to be gone.
func (db *DB) Quiet(ctx context.Context, webshop, coupling, run int64) (quiet bool, err error) {
	err = db.InTx(ctx, ForWebshop(webshop), func(tx *Tx) error {
		return tx.tx.QueryRow(ctx, quietSQL, webshop, coupling, run).Scan(&quiet)
	})
	return quiet, db.wrap("look for what a run left to do", err)
}
