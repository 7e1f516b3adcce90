package store

import (
	"context"
	"time"

	"github.com/koppel-io/koppel"
)

// ParkedCause is how many open parked records have the same cause.
type ParkedCause struct {
	CouplingUUID string
	Object       string // "" for damaged records
	Kind         koppel.Kind
	Field        string
	Expression   string
	Reason       string // of one of them
	Records      int64
	FirstAt      time.Time
	LastAt       time.Time
}

// ownWordSQL tells what a person takes off the list without more: writes and the review queue have verbs of their own.
const ownWordSQL = `p.outbox_id IS NULL AND NOT ` + reviewedSQL

const parkedCausesSQL = `
SELECT c.uuid AS coupling_uuid, p.object, p.kind, p.field, p.expression, min(p.reason) AS reason, count(*) AS records,
       min(p.first_at) AS first_at, max(p.last_at) AS last_at
FROM parked p JOIN coupling c ON c.id = p.coupling_id
WHERE p.resolved_at IS NULL AND ` + ownWordSQL + ` AND ($1::uuid IS NULL OR c.uuid = $1)
GROUP BY c.uuid, p.object, p.kind, p.field, p.expression ORDER BY records DESC, first_at LIMIT 200`

// ParkedCauses lists the 200 most frequent causes of open parked records, as the inbox groups them; coupling is an
// outside id, or "" for all of the scope. Writes and the review queue are not among them.
func (tx *Tx) ParkedCauses(ctx context.Context, coupling string) ([]ParkedCause, error) {
	const op = "group parked records"
	id, err := idOrNull(op, "coupling", coupling)
	if err != nil {
		return nil, err
	}
	list, err := many[ParkedCause](ctx, tx, parkedCausesSQL, id)
	return list, wrap(op, err)
}
