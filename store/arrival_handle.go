package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// Received is a stored call that waits to be worked off.
type Received struct {
	ID int64
	At time.Time
	// Topic is what it is about; Ticket was taken when it came.
	Topic       string
	Ticket      int64
	ContentType string
	Body        []byte
}

// callsOf finds calls of a job by key: Since is when the first came, and the others came with it, so that of the
// partitions one or two are looked at.
const callsOf = `webshop_id = $1 AND id = ANY ($2) AND at >= $3 AND at < $3::timestamptz + interval '5 minutes'`

const unhandledSQL = `
SELECT id, at, topic, ticket, coalesce(headers->>'content-type', '') AS content_type, body FROM inbox
WHERE ` + callsOf + ` AND handled_at IS NULL ORDER BY id`

// Unhandled reads the calls of a job that nobody worked off yet.
func (db *DB) Unhandled(ctx context.Context, job InboxJob) ([]Received, error) {
	return With(ctx, db, ForWebshop(job.Webshop), func(tx *Tx) ([]Received, error) {
		list, err := many[Received](ctx, tx, unhandledSQL, job.Webshop, job.Calls, job.Since)
		return list, wrap("read calls", err)
	})
}

// Handled is what came of a call.
type Handled struct {
	Received
	// Outcome is kept, ignored, or why it could not be read.
	Outcome string
	// Forget: the body is not kept, as it may hold what the connector drops.
	Forget bool
	// Named is what is to be read because of it.
	Named []Named
}

// The outcomes of a call that could be read.
const (
	OutcomeKept    = "kept"
	OutcomeIgnored = "ignored"
)

// Named is a record that a call names, or with an empty ID that something in its group changed.
type Named struct {
	Group, Stream, ID string
	Gone              bool
	// Body is the record, whole, where the call holds it, and ChangedAt when the remote changed it; zero where it does
	// not say.
	Body      []byte
	ChangedAt time.Time
	// Gather is for how long more is gathered before it is read.
	Gather time.Duration
}

const (
	lockCallSQL = `SELECT id FROM inbox WHERE ` + callsOf + ` AND handled_at IS NULL ORDER BY id FOR UPDATE`
	handledSQL  = `
UPDATE inbox i SET handled_at = clock_timestamp(), outcome = h.outcome, body = CASE WHEN h.forget THEN ''::bytea ELSE i.body END
FROM unnest($2::bigint[], $4::text[], $5::boolean[]) AS h(of, outcome, forget)
WHERE ` + callsOf + ` AND i.id = h.of`
	// The same as nameRow.hear.
	nameSQL = `
INSERT INTO refetch_key (webshop_id, coupling_id, stream_group, stream, remote_id, gone, body, changed_at, ticket, events)
VALUES (@webshop, @coupling, @group, @stream, @id, @gone, @body, @changed, @ticket, @events)
ON CONFLICT (coupling_id, stream, remote_id, run_id) DO UPDATE SET
    (gone, body, changed_at) = (
        SELECT one.gone, one.body, one.changed_at FROM (VALUES
            (refetch_key.gone, refetch_key.body, refetch_key.changed_at, refetch_key.ticket),
            (excluded.gone, excluded.body, excluded.changed_at, excluded.ticket)) AS one (gone, body, changed_at, ticket)
        ORDER BY CASE WHEN refetch_key.gone OR excluded.gone THEN 0 WHEN one.body IS NULL THEN 1 ELSE 0 END DESC,
            CASE WHEN refetch_key.gone OR excluded.gone THEN NULL ELSE one.changed_at END DESC NULLS LAST, one.ticket DESC
        LIMIT 1),
    ticket = greatest(refetch_key.ticket, excluded.ticket), events = refetch_key.events + excluded.events`
	// The row is locked whether it is there or not, so that the job that ends it sees every key.
	waitSQL = `
INSERT INTO refetch (webshop_id, coupling_id, stream_group, due_at) VALUES (@webshop, @coupling, @group, now() + @gather)
ON CONFLICT (coupling_id, stream_group) DO UPDATE SET due_at = least(refetch.due_at, excluded.due_at)
RETURNING xmax = 0`
)

// Handle notes what came of a job's calls, with the records that they name and a job for each group that has none
// waiting: all of it once, however often the job runs.
func (db *DB) Handle(ctx context.Context, job InboxJob, coupling int64, calls []Handled) error {
	const op = "work calls off"
	return db.wrap(op, db.InTx(ctx, ForWebshop(job.Webshop), func(tx *Tx) error {
		rows, err := tx.tx.Query(ctx, lockCallSQL, job.Webshop, job.Calls, job.Since)
		if err != nil {
			return err
		}
		open, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil {
			return err
		}
		waits := map[int64]bool{}
		for _, id := range open {
			waits[id] = true
		}
		named := &naming{webshop: job.Webshop, coupling: coupling, keys: map[nameKey]*nameRow{}, gather: map[string]time.Duration{}}
		var ids []int64
		var outcomes []string
		var forget []bool
		for _, call := range calls {
			if waits[call.ID] {
				ids, outcomes, forget = append(ids, call.ID), append(outcomes, cut(call.Outcome, 1000)), append(forget, call.Forget)
				named.add(call)
			}
		}
		if len(ids) == 0 {
			return nil
		}
		if _, err := tx.exec(ctx, handledSQL, job.Webshop, ids, job.Since, outcomes, forget); err != nil {
			return err
		}
		return named.write(ctx, tx)
	}))
}

// cut shortens text to at most so many bytes, at a character.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for most > 0 && text[most]&0xC0 == 0x80 {
		most--
	}
	return text[:most]
}
