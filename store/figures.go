package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/koppel-io/koppel"
)

// Figures counts what an operator watches.
type Figures struct {
	// Runs that are open, or were queued since the asked time, by state.
	Runs map[koppel.RunState]int64
	// Parked is how many records are parked.
	Parked int64
	// Outbox rows that are not sent, or were made since the asked time, by state.
	Outbox map[string]int64
}

const (
	// Ids are UUIDv7 with an index: the time bound is a bound on them.
	runFiguresSQL = `
SELECT state, count(*) FROM run WHERE uuid >= $1 OR state IN ('queued', 'running', 'waiting') GROUP BY state`
	outboxFiguresSQL = `SELECT state, count(*) FROM outbox WHERE uuid >= $1 OR state <> 'sent' GROUP BY state`
	parkedFiguresSQL = `SELECT count(*) FROM parked WHERE resolved_at IS NULL`
)

// Figures counts runs, parked records and outbox rows of the scope; states without a row are 0.
func (tx *Tx) Figures(ctx context.Context, since time.Time) (Figures, error) {
	const op = "count figures"
	f := Figures{Runs: map[koppel.RunState]int64{}, Outbox: map[string]int64{}}
	for _, s := range []koppel.RunState{koppel.RunQueued, koppel.RunRunning, koppel.RunWaiting, koppel.RunSucceeded,
		koppel.RunSucceededWithParked, koppel.RunSuspect, koppel.RunFailed, koppel.RunCancelled} {
		f.Runs[s] = 0
	}
	for _, s := range []string{"pending", "sending", "sent", "unknown", "parked"} {
		f.Outbox[s] = 0
	}
	type count struct {
		State string
		Count int64
	}
	first := firstID(since)
	runs, err := many[count](ctx, tx, runFiguresSQL, first)
	if err != nil {
		return f, wrap(op, err)
	}
	for _, c := range runs {
		f.Runs[koppel.RunState(c.State)] = c.Count
	}
	rows, err := many[count](ctx, tx, outboxFiguresSQL, first)
	if err != nil {
		return f, wrap(op, err)
	}
	for _, c := range rows {
		f.Outbox[c.State] = c.Count
	}
	err = tx.tx.QueryRow(ctx, parkedFiguresSQL).Scan(&f.Parked)
	return f, wrap(op, err)
}

// firstID is the least UUIDv7 (RFC 9562 section 5.7) of a moment: its first 48 bits are the milliseconds.
func firstID(at time.Time) string {
	var id uuid.UUID
	ms := at.UnixMilli()
	for i := range 6 {
		id[i] = byte(ms >> (8 * (5 - i)))
	}
	return id.String()
}
