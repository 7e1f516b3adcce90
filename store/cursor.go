package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// StreamCursor is where the next incremental read of a stream starts, and what read it last.
type StreamCursor struct {
	Stream string
	// At is the time cursor, before the manifest's overlap; nil reads everything.
	At *time.Time
	// Key is the highest key read, of a stream that is read by keyset; nil reads everything.
	Key *string
	// The last scan; nil before the first one.
	RunUUID   *string
	Mode      *koppel.Mode
	State     *koppel.RunState
	ScannedAt *time.Time // when it began
}

const cursorsSQL = `
SELECT st.name AS stream, st.cursor_at AS at, st.cursor AS key, l.run_uuid, l.mode, l.state, l.scanned_at
FROM stream st JOIN coupling c ON c.id = st.coupling_id
LEFT JOIN LATERAL (
    SELECT r.uuid AS run_uuid, r.mode, r.state, s.started_at AS scanned_at FROM scan s JOIN run r ON r.id = s.run_id
    WHERE s.stream_id = st.id AND r.mode IN ('full', 'since', 'window', 'history') ORDER BY s.id DESC LIMIT 1
) l ON true
WHERE c.uuid = $1 ORDER BY st.name`

// Cursors lists the streams of a coupling that were read, or whose cursor was set, by name.
func (tx *Tx) Cursors(ctx context.Context, coupling string) ([]StreamCursor, error) {
	const op = "list cursors"
	if err := checkID(op, "coupling", coupling); err != nil {
		return nil, err
	}
	list, err := many[StreamCursor](ctx, tx, cursorsSQL, coupling)
	return list, wrap(op, err)
}

// CursorSet says where the next incremental read of a stream starts: at a time, after a key, or, with neither, at the
// beginning.
type CursorSet struct {
	Coupling string   // outside id
	Groups   []string // the stream groups that read the stream
	Stream   string
	At       *time.Time
	Key      *string
}

const setCursorSQL = `
INSERT INTO stream (webshop_id, coupling_id, name, cursor_at, cursor) VALUES (@webshop, @coupling, @stream, @at, @key)
ON CONFLICT (coupling_id, name) DO UPDATE SET cursor = excluded.cursor, cursor_at = excluded.cursor_at`

// SetCursor sets it. While a scan of one of the groups is open it is refused (kind conflict, naming the run), since
// that scan would promote its own cursor over it.
func (tx *Tx) SetCursor(ctx context.Context, s CursorSet) error {
	const op = "set cursor"
	if s.Stream == "" || len(s.Groups) == 0 || s.At != nil && s.Key != nil {
		return invalid(op, "a stream, its groups and at most one of time and key are required")
	}
	// The lock under which runs are opened: none begins between the look and the end.
	c, err := tx.lockCoupling(ctx, op, s.Coupling)
	if err != nil {
		return err
	}
	for _, group := range s.Groups {
		open, err := many[Run](ctx, tx, openScansSQL, pgx.StrictNamedArgs{"coupling": c.ID, "group": group})
		if err != nil {
			return wrap(op, err)
		}
		for _, r := range open {
			return conflict(op, "run %s of %s is %s and would move the cursor itself; wait for it or end it: koppel run cancel %s", r.UUID, group, r.State, r.UUID)
		}
	}
	_, err = tx.exec(ctx, setCursorSQL, pgx.StrictNamedArgs{"webshop": c.WebshopID, "coupling": c.ID, "stream": s.Stream, "at": s.At, "key": s.Key})
	return wrap(op, err)
}
