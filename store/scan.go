package store

import (
	"context"
	"time"

	"github.com/koppel-io/koppel"
)

// Scan is one read of one stream within a run, with its counters.
type Scan struct {
	ID         int64
	Stream     string
	Since      *time.Time
	Until      *time.Time
	StartedAt  time.Time
	LastPageAt *time.Time
	EndedAt    *time.Time
	// EndRule is the manifest's end rule that was met; "" before that.
	EndRule  string
	Complete bool
	// Total is what the remote said there is; -1 when it did not tell.
	Total   int64
	Batches int64
	koppel.Counts
}

const scansSQL = `
SELECT s.id, st.name AS stream, s.since, s.until, s.started_at, s.last_page_at, s.ended_at, s.end_rule, s.complete, s.total, s.batches,
       s.pages, s.records, s.changed, s.unchanged, s.parked, s.gone, s.objects, s.bytes
FROM scan s JOIN run r ON r.id = s.run_id JOIN stream st ON st.id = s.stream_id
WHERE r.uuid = $1 ORDER BY s.id`

// Scans lists the scans of a run in the order in which they began.
func (tx *Tx) Scans(ctx context.Context, run string) ([]Scan, error) {
	const op = "list scans"
	if err := checkID(op, "run", run); err != nil {
		return nil, err
	}
	list, err := many[Scan](ctx, tx, scansSQL, run)
	return list, wrap(op, err)
}
