package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/koppel-io/koppel"
)

// Scan is one read of one stream within a run, with its counters.
type Scan struct {
	ID       int64
	StreamID int64
	Stream   string
	// Resume is the position after the last written page; nil before the first.
	Resume     json.RawMessage
	Since      *time.Time
	Until      *time.Time
	StartedAt  time.Time
	LastPageAt *time.Time
	EndedAt    *time.Time
	// EndRule is the manifest's end rule that was met; "" before that.
	EndRule  string
	Complete bool
	// Whole: the whole collection was asked for. Counted: the remote told a total that did not move.
	Whole, Counted bool
	// Compared: what it did not see was compared with what is stored.
	Compared bool
	// Ignored counts answers that a response rule ignored, by rule.
	Ignored map[string]int64
	// Total is what the remote said there is; -1 when it did not tell.
	Total   int64
	Batches int64
	// Swept are changed records of which no webhook had told.
	Swept int64
	// After is the key that an incremental read by keyset begins after, Cursor the highest it has read; "" for none.
	After, Cursor string
	koppel.Counts
}

// scanSQL reads scans with the run r and the stream st.
const scanSQL = `
SELECT s.id, s.stream_id, st.name AS stream, s.resume, s.ignored, s.since, s.until, s.started_at, s.last_page_at, s.ended_at, s.end_rule, s.complete, s.whole, s.counted, s.compared_at IS NOT NULL AS compared, s.total, s.batches, s.swept, coalesce(s.after, '') AS after, coalesce(s.cursor, '') AS cursor,
       s.pages, s.records, s.changed, s.unchanged, s.parked, s.gone, s.objects, s.bytes
FROM scan s JOIN run r ON r.id = s.run_id JOIN stream st ON st.id = s.stream_id
`

// Scans lists the scans of a run in the order in which they began.
func (tx *Tx) Scans(ctx context.Context, run string) ([]Scan, error) {
	const op = "list scans"
	if err := checkID(op, "run", run); err != nil {
		return nil, err
	}
	list, err := many[Scan](ctx, tx, scanSQL+`WHERE r.uuid = $1 ORDER BY s.id`, run)
	return list, wrap(op, err)
}

// Ended reports whether the scan reached its end.
func (s Scan) Ended() bool { return s.EndedAt != nil }

// scanOf is the scan of a stream in a run, by inner ids.
func (tx *Tx) scanOf(ctx context.Context, run, stream int64) (Scan, error) {
	return one[Scan](ctx, tx, scanSQL+`WHERE s.run_id = $1 AND s.stream_id = $2`, run, stream)
}
