package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// ObjectRow is an object as it is read: the merge of its sources, with them.
type ObjectRow struct {
	ID        int64
	WebshopID int64
	UUID      string
	Object    koppel.Object
	ChangedAt time.Time
	// RunUUID is the run that changed it last; nil for a change made here.
	RunUUID   *string
	DeletedAt *time.Time
	// StateReason is why it is disabled, ignored or deleted; nil while it counts.
	StateReason *koppel.StateReason
	// Values has a slot for each of Object.Fields: nil is null, a Ref slot holds a Reference, Lines a []Line.
	Values  koppel.Values
	Sources []SourceRow
}

// Reference is what a Ref field points to.
type Reference struct {
	// UUID is the outside id of the object; nil while the key waits for it.
	UUID *string `json:"id"`
	// Key is how the coupling names it; "" for a reference made here.
	Key string `json:"key,omitempty"`
}

// Line is one line of an order.
type Line struct {
	// UUID is the line's outside id; "" for lines of sell orders, which have none.
	UUID string
	// Values has a slot for each of Field.Line, as in ObjectRow.
	Values koppel.Values
}

// SourceRow binds an object to one coupling's remote id.
type SourceRow struct {
	ObjectID     int64
	CouplingUUID string
	CouplingName string
	Connector    string
	// Priority of the coupling: the lowest number wins a field.
	Priority int64
	RemoteID string
	// Stream is nil for a source that a push made and no pull has met yet.
	Stream    *string
	RunUUID   *string
	ChangedAt time.Time
	// SyncedAt is the last own change, or the last complete scan that saw the record, whichever is later.
	SyncedAt time.Time
	GoneAt   *time.Time
	// GoneReason says how that is known; nil while it is there.
	GoneReason *koppel.GoneReason
	// Mapped are the values that the coupling gives, by field; Notes what was done to values that could not be taken as they came.
	Mapped json.RawMessage
	Notes  json.RawMessage
}

// ObjectFilter narrows a list of objects; the zero value lists all of the scope. Filters on a field that the object
// lacks find nothing.
type ObjectFilter struct {
	SKU      string
	EAN      string
	Number   string // of sell orders; of buy orders and item deliveries the reference, of shipments the tracking code
	RemoteID string
	Coupling string // outside id: objects that have a source of it
	Limit    int
	After    string
}

// Object finds one by its outside id, deleted ones too. The id of one that was merged into another finds that one.
func (tx *Tx) Object(ctx context.Context, object koppel.Object, id string) (ObjectRow, error) {
	const op = "get object"
	read, err := readsOf(op, object)
	if err != nil {
		return ObjectRow{}, err
	}
	if id, err = tx.redirected(ctx, op, object, id); err != nil {
		return ObjectRow{}, err
	}
	list, err := tx.readObjects(ctx, object, read, id)
	if err != nil {
		return ObjectRow{}, wrap(op, err)
	}
	if len(list) == 0 {
		return ObjectRow{}, notFound(op, string(object), id)
	}
	return list[0], nil
}

// Objects lists objects with their lines and sources from the oldest on, without deleted ones.
func (tx *Tx) Objects(ctx context.Context, object koppel.Object, f ObjectFilter) (Page[ObjectRow], error) {
	const op = "list objects"
	read, err := listsOf(op, object)
	if err != nil {
		return Page[ObjectRow]{}, err
	}
	from, err := idAfter(op, string(object), f.After, 0)
	if err != nil {
		return Page[ObjectRow]{}, err
	}
	coupling, err := idOrNull(op, "coupling", f.Coupling)
	if err != nil {
		return Page[ObjectRow]{}, err
	}
	size := pageSize(f.Limit)
	rows, err := tx.readObjects(ctx, object, read, pgx.StrictNamedArgs{
		"after": from, "limit": size + 1, "object": string(object), "sku": textOrNull(f.SKU), "ean": textOrNull(f.EAN),
		"number": textOrNull(f.Number), "remote_id": textOrNull(f.RemoteID), "coupling": coupling,
	})
	return pageOf(string(object), rows, size, func(o ObjectRow) int64 { return o.ID }), wrap(op, err)
}

func readsOf(op string, object koppel.Object) (string, error) {
	reads, ok := objectReads[object]
	if !ok {
		return "", invalid(op, "object %q is unknown", object)
	}
	return reads.one, nil
}

func listsOf(op string, object koppel.Object) (string, error) {
	if _, err := readsOf(op, object); err != nil {
		return "", err
	}
	return objectReads[object].list, nil
}

// readObjects reads rows, then their lines and sources in one statement each.
func (tx *Tx) readObjects(ctx context.Context, object koppel.Object, sql string, args ...any) ([]ObjectRow, error) {
	rows, err := tx.tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	fields := object.Fields()
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (ObjectRow, error) {
		o := ObjectRow{Object: object}
		slots := newSlots(fields)
		head := []any{&o.ID, &o.WebshopID, &o.UUID, &o.ChangedAt, &o.RunUUID, &o.DeletedAt, &o.StateReason}
		err := row.Scan(append(head, slots.targets...)...)
		o.Values = slots.values()
		return o, err
	})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	byID := make(map[int64]*ObjectRow, len(list))
	ids, webshops := make([]int64, len(list)), []int64{}
	for i := range list {
		byID[list[i].ID], ids[i] = &list[i], list[i].ID
		if len(webshops) == 0 || webshops[len(webshops)-1] != list[i].WebshopID {
			webshops = append(webshops, list[i].WebshopID)
		}
	}
	if err := tx.readLines(ctx, object, byID, ids, webshops); err != nil {
		return nil, err
	}
	sources, err := many[SourceRow](ctx, tx, objectSourcesSQL, pgx.StrictNamedArgs{"webshops": webshops, "object": string(object), "ids": ids})
	for _, s := range sources {
		o := byID[s.ObjectID]
		o.Sources = append(o.Sources, s)
	}
	return list, err
}

func (tx *Tx) readLines(ctx context.Context, object koppel.Object, byID map[int64]*ObjectRow, ids, webshops []int64) error {
	index, field, ok := object.Field("lines")
	if !ok {
		return nil
	}
	for _, o := range byID {
		o.Values[index] = []Line{}
	}
	rows, err := tx.tx.Query(ctx, objectReads[object].lines, pgx.StrictNamedArgs{"webshops": webshops, "ids": ids})
	if err != nil {
		return err
	}
	var order int64
	var line Line
	slots := newSlots(field.Line)
	_, err = pgx.ForEachRow(rows, append([]any{&order, &line.UUID}, slots.targets...), func() error {
		o := byID[order]
		o.Values[index] = append(o.Values[index].([]Line), Line{UUID: line.UUID, Values: slots.values()})
		return nil
	})
	return err
}
