package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// ParkedRow is a record that could not be processed, with the reason.
type ParkedRow struct {
	ID           int64
	UUID         string
	WebshopID    int64
	CouplingID   int64
	CouplingUUID string
	StreamID     *int64
	Stream       *string
	RemoteID     string
	Object       string
	Field        string
	Expression   string
	Input        string
	Kind         koppel.Kind
	Reason       string
	RunUUID      *string
	FirstAt      time.Time
	LastAt       time.Time
	Times        int64
	ResolvedAt   *time.Time
	// ResolvedBy took it off the list without mapping it, for ResolvedReason; nil when it was mapped after all.
	ResolvedBy     *string
	ResolvedReason *string
	// Outbox is the outside id of the write that a person must see to; nil for a record.
	Outbox *string
	// Raw is the record as it came; only Tx.Parked gives it.
	Raw []byte
}

const parkedColumns = `
SELECT p.id, p.uuid, p.webshop_id, p.coupling_id, c.uuid AS coupling_uuid, p.stream_id, st.name AS stream, p.remote_id, p.object,
       p.field, p.expression, p.input, p.kind, p.reason, r.uuid AS run_uuid, p.first_at, p.last_at, p.times, p.resolved_at,
       p.resolved_by, p.resolved_reason, b.uuid AS outbox`

const parkedFrom = `
FROM parked p JOIN coupling c ON c.id = p.coupling_id LEFT JOIN stream st ON st.id = p.stream_id LEFT JOIN run r ON r.id = p.run_id LEFT JOIN outbox b ON b.id = p.outbox_id`

const parkedSQL = parkedColumns + `, p.raw, p.codec` + parkedFrom + ` WHERE p.uuid = $1`

// Parked finds one by its outside id, with the record's bytes as they came.
func (tx *Tx) Parked(ctx context.Context, id string) (ParkedRow, error) {
	const op = "get parked record"
	if err := checkID(op, "parked record", id); err != nil {
		return ParkedRow{}, err
	}
	type row struct {
		ParkedRow
		Codec int16
	}
	p, err := one[row](ctx, tx, parkedSQL, id)
	if err != nil {
		return ParkedRow{}, foundOr(op, "parked record", id, err)
	}
	p.Raw, err = expand(p.Raw, p.Codec)
	return p.ParkedRow, wrap(op, err)
}

// ParkedFilter narrows a list of parked records; the zero value lists all open ones of the scope.
type ParkedFilter struct {
	Coupling string // outside id
	Stream   string
	Object   koppel.Object
	Kind     koppel.Kind
	Field    string
	// Search finds records whose remote id is the text, or whose reason, field or input holds it.
	Search   string
	Resolved bool // the resolved ones instead of the open ones
	Limit    int
	After    string
}

const parkedsSQL = parkedColumns + `, ''::bytea AS raw` + parkedFrom + `
WHERE p.id < @after AND (p.resolved_at IS NOT NULL) = @resolved AND (@coupling::uuid IS NULL OR c.uuid = @coupling)
  AND (@stream = '' OR st.name = @stream) AND (@object = '' OR p.object = @object) AND (@kind = '' OR p.kind = @kind)
  AND (@field = '' OR p.field = @field)
  AND (@search = '' OR p.remote_id = @search OR strpos(lower(p.reason), lower(@search)) > 0
       OR strpos(lower(p.field), lower(@search)) > 0 OR strpos(lower(p.input), lower(@search)) > 0)
ORDER BY p.id DESC LIMIT @limit`

// ParkedRecords lists parked records, newest first, without their bytes.
func (tx *Tx) ParkedRecords(ctx context.Context, f ParkedFilter) (Page[ParkedRow], error) {
	const op = "list parked records"
	from, err := idAfter(op, "parked", f.After, 1<<62)
	if err != nil {
		return Page[ParkedRow]{}, err
	}
	coupling, err := idOrNull(op, "coupling", f.Coupling)
	if err != nil {
		return Page[ParkedRow]{}, err
	}
	size := pageSize(f.Limit)
	rows, err := many[ParkedRow](ctx, tx, parkedsSQL, pgx.StrictNamedArgs{
		"after": from, "resolved": f.Resolved, "coupling": coupling, "stream": f.Stream, "object": string(f.Object), "kind": string(f.Kind),
		"field": f.Field, "search": f.Search, "limit": size + 1,
	})
	return pageOf("parked", rows, size, func(p ParkedRow) int64 { return p.ID }), wrap(op, err)
}
