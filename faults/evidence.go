package main

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Evidence of who wrote what is kept by triggers in the same transaction as
// the rows, in a schema of the board's own. koppel.lease is what a writer says
// of itself in its transaction: the stream and the epoch it believes to hold.
const evidenceSQL = `
CREATE SCHEMA faults;
CREATE TABLE faults.lease (stream_id bigint NOT NULL, epoch bigint NOT NULL, holder text NOT NULL, xid xid8 NOT NULL, PRIMARY KEY (stream_id, epoch));
CREATE TABLE faults.write (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, relation text NOT NULL, stream_id bigint NOT NULL, epoch bigint NOT NULL,
    writer text NOT NULL, xid xid8 NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE INDEX ON faults.write (stream_id, id);

CREATE FUNCTION faults.note_lease() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    INSERT INTO faults.lease (stream_id, epoch, holder, xid) VALUES (NEW.id, NEW.epoch, NEW.holder, pg_current_xact_id());
    RETURN NULL;
END $$;
CREATE TRIGGER faults_lease AFTER UPDATE ON stream FOR EACH ROW WHEN (NEW.epoch <> OLD.epoch) EXECUTE FUNCTION faults.note_lease();

CREATE FUNCTION faults.note_write() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE lease text := current_setting('koppel.lease', true);
BEGIN
    IF lease <> '' THEN
        INSERT INTO faults.write (relation, stream_id, epoch, writer, xid)
        VALUES (TG_TABLE_NAME, split_part(lease, '/', 1)::bigint, split_part(lease, '/', 2)::bigint,
                current_setting('application_name'), pg_current_xact_id());
    END IF;
    RETURN NULL;
END $$;`

// watched are the tables that batches write.
var watched = []string{"record", "source", "product", "change", "dirty", "scan", "scan_seen"}

// layEvidence makes the triggers, as the owner.
func layEvidence(ctx context.Context, db *pgxpool.Pool) error {
	sql := evidenceSQL
	for _, table := range watched {
		sql += fmt.Sprintf("\nCREATE TRIGGER faults_write AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH STATEMENT EXECUTE FUNCTION faults.note_write();", table)
	}
	_, err := db.Exec(ctx, sql)
	return err
}

// A lease is at work when its scan is open and its holder wrote under this
// very epoch a moment ago, or (where $1 asks for those too) is inside its first
// batch now, which then holds the stream's advisory lock.
const atWorkSQL = `
SELECT s.holder, s.id, s.epoch FROM stream s
JOIN scan c ON c.stream_id = s.id AND c.ended_at IS NULL
JOIN run r ON r.id = c.run_id AND r.state IN ('running', 'waiting')
WHERE EXISTS (
    SELECT FROM faults.write w WHERE w.id = (SELECT max(id) FROM faults.write WHERE stream_id = s.id)
      AND w.epoch = s.epoch AND w.writer = s.holder AND w.at > clock_timestamp() - interval '1 second')
  OR $1 AND EXISTS (
    SELECT FROM pg_locks l JOIN pg_stat_activity a USING (pid)
    WHERE l.locktype = 'advisory' AND l.classid = 7211 AND l.objid = s.id AND l.mode = 'ShareLock' AND l.granted
      AND a.application_name = s.holder)
ORDER BY random()`

// held is a lease that is at work.
type held struct {
	holder        string
	stream, epoch int64
}

// atWork lists the leases that are at work now.
func atWork(ctx context.Context, db *pgxpool.Pool, first bool) ([]held, error) {
	rows, err := db.Query(ctx, atWorkSQL, first)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []held
	for rows.Next() {
		var h held
		if err := rows.Scan(&h.holder, &h.stream, &h.epoch); err != nil {
			return nil, err
		}
		list = append(list, h)
	}
	return list, rows.Err()
}

// currentLease is who holds a stream now.
func currentLease(ctx context.Context, db *pgxpool.Pool, stream int64) (held, error) {
	h := held{stream: stream}
	err := db.QueryRow(ctx, `SELECT holder, epoch FROM stream WHERE id = $1`, stream).Scan(&h.holder, &h.epoch)
	return h, err
}

// A zombie's write is one that was committed after a later epoch was: commit
// times are PostgreSQL's own and do not depend on the engine's locks.
const zombiesSQL = `
WITH taken AS (
    SELECT stream_id, epoch, min(pg_xact_commit_timestamp(xid::xid)) OVER (
        PARTITION BY stream_id ORDER BY epoch DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS at
    FROM faults.lease)
SELECT (SELECT count(*) FROM faults.write w JOIN taken t USING (stream_id, epoch) WHERE pg_xact_commit_timestamp(w.xid::xid) > t.at)
     + (SELECT count(*) FROM faults.write w WHERE NOT EXISTS (SELECT FROM faults.lease l WHERE (l.stream_id, l.epoch) = (w.stream_id, w.epoch))),
       (SELECT count(*) FROM faults.write), (SELECT count(*) FROM faults.lease)`

// zombies counts writes by an epoch that had been taken over, beside all
// writes and leases that were noted.
func zombies(ctx context.Context, db *pgxpool.Pool) (zombies, writes, leases int64, err error) {
	err = db.QueryRow(ctx, zombiesSQL).Scan(&zombies, &writes, &leases)
	return zombies, writes, leases, err
}
