package store

import (
	"context"
	"fmt"
	"time"

	"github.com/koppel-io/koppel"
)

// Lease is the right to write the batches of one stream. Each attempt of an activity takes it anew and so raises the
// epoch; a writer with an older epoch, paused and revived, can write nothing.
type Lease struct {
	Webshop, Coupling, Stream, Run, Scan, Epoch int64
}

// String is stream/epoch, and empty for a writer without the lease.
func (l Lease) String() string {
	if l.Epoch == 0 {
		return ""
	}
	return fmt.Sprintf("%d/%d", l.Stream, l.Epoch)
}

// ErrLeaseLost is what WriteBatch answers when another attempt took the lease. Its kind is conflict.
var ErrLeaseLost error = koppel.E(koppel.KindConflict, "lease", "another attempt has taken over this stream")

// lockStream is the class of the advisory locks on streams; the second number is the stream's.
const lockStream = 7211

// leaseWait is how long a new attempt waits for a batch in flight before it ends the session that writes it. It is
// short, since there is a new attempt only after the old one has been silent for long.
const leaseWait = 2 * time.Second

// lockLeaseSQL waits for the batches in flight, in the order of asking, and then shuts their writers out.
const (
	lockLeaseSQL  = `SELECT set_config('lock_timeout', $3, true), pg_advisory_xact_lock($1, $2)`
	openStreamSQL = `
INSERT INTO stream (webshop_id, coupling_id, name)
SELECT r.webshop_id, r.coupling_id, $2 FROM run r WHERE r.id = $1
ON CONFLICT (coupling_id, name) DO NOTHING`
	findStreamSQL = `SELECT s.id, s.coupling_id FROM run r JOIN stream s ON s.coupling_id = r.coupling_id AND s.name = $2 WHERE r.id = $1`
	raiseEpochSQL = `UPDATE stream SET epoch = epoch + 1, holder = $2 WHERE id = $1 RETURNING epoch`
	openScanSQL   = `
INSERT INTO scan (webshop_id, stream_id, run_id, since, until, after)
SELECT r.webshop_id, s.id, r.id,
       CASE r.mode WHEN 'since' THEN s.cursor_at WHEN 'window' THEN r.window_from WHEN 'history' THEN r.window_from END,
       CASE r.mode WHEN 'window' THEN r.window_to WHEN 'history' THEN s.covered_from END, CASE r.mode WHEN 'since' THEN s.cursor END
FROM run r JOIN stream s ON s.id = $2 WHERE r.id = $1
ON CONFLICT (run_id, stream_id) DO NOTHING`
)

// TakeLease gives run's attempt the right to write stream's batches and says where the scan stands. Stream and scan
// are made when they are new. It waits for a batch that is being written. holder says who asks, for people.
func (db *DB) TakeLease(ctx context.Context, webshop, run int64, stream, holder string) (Lease, Scan, error) {
	return db.openScan(ctx, "take lease of "+stream, webshop, run, stream, &holder)
}

// OpenReplay opens or finds the scan in which run maps stream's stored records again. It takes no lease: the records'
// tickets keep it from overwriting what is newer.
func (db *DB) OpenReplay(ctx context.Context, webshop, run int64, stream string) (Lease, Scan, error) {
	return db.openScan(ctx, "open replay of "+stream, webshop, run, stream, nil)
}

func (db *DB) openScan(ctx context.Context, op string, webshop, run int64, stream string, holder *string) (lease Lease, scan Scan, err error) {
	for {
		lease, scan, err = db.tryScan(ctx, op, webshop, run, stream, holder)
		if lease.Stream == 0 || codeOf(err) != codeLockTimeout {
			return lease, scan, db.wrap(op, err)
		}
		if err := db.endWriters(ctx, lease.Stream); err != nil {
			return lease, scan, db.wrap(op, err)
		}
	}
}

func (db *DB) tryScan(ctx context.Context, op string, webshop, run int64, stream string, holder *string) (lease Lease, scan Scan, err error) {
	err = db.InTx(ctx, ForWebshop(webshop), func(tx *Tx) error {
		lease = Lease{Webshop: webshop, Run: run}
		if _, err := tx.exec(ctx, openStreamSQL, run, stream); err != nil {
			return err
		}
		if err := tx.tx.QueryRow(ctx, findStreamSQL, run, stream).Scan(&lease.Stream, &lease.Coupling); err != nil {
			return foundOr(op, "run", stream, err)
		}
		if holder != nil {
			if _, err := tx.exec(ctx, lockLeaseSQL, lockStream, int32(lease.Stream), fmt.Sprint(db.leaseWait.Milliseconds())); err != nil {
				return err
			}
			if err := tx.tx.QueryRow(ctx, raiseEpochSQL, lease.Stream, *holder).Scan(&lease.Epoch); err != nil {
				return err
			}
		}
		if _, err := tx.exec(ctx, openScanSQL, run, lease.Stream); err != nil {
			return err
		}
		scan, err = tx.scanOf(ctx, run, lease.Stream)
		lease.Scan = scan.ID
		return err
	})
	return lease, scan, err
}

const endWritersSQL = `
SELECT count(pg_terminate_backend(pid)) FROM pg_locks
WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND classid = $1::int::oid AND objid = $2::int::oid AND objsubid = 2 AND mode = 'ShareLock' AND granted`

// endWriters ends the sessions that are writing a batch of a stream. No timeout of PostgreSQL reaches the session of a
// process that was stopped while it sent its statements: to the server it is neither idle nor late.
func (db *DB) endWriters(ctx context.Context, stream int64) error {
	var n int64
	err := db.pool.QueryRow(ctx, endWritersSQL, lockStream, int32(stream)).Scan(&n)
	if n > 0 {
		db.log.WarnContext(ctx, "sessions that kept a stream were ended", "stream", stream, "sessions", n)
	}
	return err
}

const streamIDSQL = `
WITH made AS (
    INSERT INTO stream (webshop_id, coupling_id, name) VALUES ($1, $2, $3)
    ON CONFLICT (coupling_id, name) DO NOTHING RETURNING id
)
SELECT id FROM made UNION ALL SELECT id FROM stream WHERE webshop_id = $1 AND coupling_id = $2 AND name = $3 LIMIT 1`

// StreamID is the inner id of a coupling's stream, made when it is new.
func (db *DB) StreamID(ctx context.Context, webshop, coupling int64, name string) (int64, error) {
	op := "find stream " + name
	id, err := With(ctx, db, ForWebshop(webshop), func(tx *Tx) (id int64, err error) {
		err = tx.tx.QueryRow(ctx, streamIDSQL, webshop, coupling, name).Scan(&id)
		return id, err
	})
	return id, db.wrap(op, err)
}

// Ticket takes the next number in the order of requests to remotes.
func (db *DB) Ticket(ctx context.Context) (ticket int64, err error) {
	err = db.pool.QueryRow(ctx, `SELECT nextval('ticket')`).Scan(&ticket)
	return ticket, db.wrap("take ticket", err)
}
