package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"
)

// Event is one thing that happened in a run.
type Event struct {
	ID    int64
	At    time.Time
	Event string
	Data  json.RawMessage
}

// The events that the store itself writes; callers add theirs.
const (
	EventQueued    = "queued"
	EventStarted   = "started"
	EventWaiting   = "waiting"
	EventResumed   = "resumed"
	EventFinished  = "finished"
	EventCancelled = "cancelled"
	// EventSkipped: a schedule fired while the run was open, and started nothing.
	EventSkipped = "schedule skipped"
	// EventTakenOver: somebody asked for what the queued run reads, or for more.
	EventTakenOver = "taken over"
	// EventNamed says how many calls of webhooks, and how many new records, named how many records.
	EventNamed = "named"
	// EventSuperseded names records that people had corrected and that the remote shows with another body now.
	EventSuperseded = "corrections superseded"
	// EventNames says how many new records named how many others, which are read singly.
	EventNames = "names"
	// EventCompared says what a comparison found of a stream.
	EventCompared = "compared"
)

// eventLimit is the most bytes of data one event may hold.
const eventLimit = 16 << 10

const appendTimelineSQL = `
INSERT INTO timeline (webshop_id, run_id, event, data)
SELECT webshop_id, id, @event, @data FROM run WHERE id = @run`

// AppendTimeline notes an event of a run, by the run's inner id. data becomes a JSON object of at most 16 KiB and
// must hold no record and no secret; nil is {}.
func (tx *Tx) AppendTimeline(ctx context.Context, run int64, event string, data any) error {
	const op = "append to timeline"
	text := []byte(`{}`)
	if data != nil {
		var err error
		if text, err = json.Marshal(data); err != nil {
			return wrap(op, err)
		}
	}
	if len(text) > eventLimit {
		text = []byte(`{"note":"the data of this event was above 16 KiB and left out"}`)
	}
	n, err := tx.exec(ctx, appendTimelineSQL, pgx.StrictNamedArgs{"run": run, "event": event, "data": json.RawMessage(text)})
	if err == nil && n == 0 {
		return notFound(op, "run", "")
	}
	return wrap(op, err)
}

const timelineSQL = `
SELECT t.id, t.at, t.event, t.data FROM timeline t JOIN run r ON r.id = t.run_id AND r.webshop_id = t.webshop_id
WHERE r.uuid = @run AND t.id > @after ORDER BY t.id LIMIT @limit`

// Timeline lists a run's events in order, from the one after the given id on (0: from the first).
func (tx *Tx) Timeline(ctx context.Context, run string, after int64, limit int) ([]Event, error) {
	const op = "list timeline"
	if err := checkID(op, "run", run); err != nil {
		return nil, err
	}
	list, err := many[Event](ctx, tx, timelineSQL, pgx.StrictNamedArgs{"run": run, "after": after, "limit": pageSize(limit)})
	return list, wrap(op, err)
}
