package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// Change is one row of a webshop's change feed.
type Change struct {
	Number    int64
	At        time.Time
	Object    koppel.Object
	ObjectID  int64
	Operation string
	// Fields has bit n set when field n of Object.Fields changed.
	Fields int64
}

// ChangedFields are the names of the fields that changed.
func (c Change) ChangedFields() []string {
	var names []string
	for i, f := range c.Object.Fields() {
		if c.Fields&(1<<i) != 0 {
			names = append(names, f.Name)
		}
	}
	return names
}

const changesSQL = `
SELECT number, at, object, object_id, operation, fields FROM change
WHERE webshop_id = @webshop AND number > @after ORDER BY number LIMIT @limit`

// Changes lists the changes of the scope's webshop after a number (0: from the first that is kept), in the order in
// which they were committed. Numbers have no gaps, so a reader that has seen n misses nothing before it.
func (tx *Tx) Changes(ctx context.Context, after int64, limit int) ([]Change, error) {
	const op = "list changes"
	webshop, err := tx.webshop(op)
	if err != nil {
		return nil, err
	}
	list, err := many[Change](ctx, tx, changesSQL, pgx.StrictNamedArgs{"webshop": webshop, "after": after, "limit": pageSize(limit)})
	return list, wrap(op, err)
}

// What a change did.
const (
	changeCreated  = "created"
	changeUpdated  = "updated"
	changeDeleted  = "deleted"
	changeRestored = "restored"
)

const noteChangeSQL = `
WITH c AS (
    UPDATE webshop_counter SET changes = changes + 1 WHERE webshop_id = @webshop RETURNING changes
)
INSERT INTO change (webshop_id, number, object, object_id, operation, fields)
SELECT @webshop, c.changes, @object, @object_id, @operation, @fields FROM c`

// noteChange appends one change to the feed. It is the last statement of its transaction but for reads, because it
// holds the webshop's counter until the end.
func (tx *Tx) noteChange(ctx context.Context, webshop int64, object koppel.Object, id int64, operation string, fields ...string) error {
	var mask int64
	for _, name := range fields {
		if i, _, ok := object.Field(name); ok {
			mask |= 1 << i
		}
	}
	_, err := tx.exec(ctx, noteChangeSQL, pgx.StrictNamedArgs{
		"webshop": webshop, "object": string(object), "object_id": id, "operation": operation, "fields": mask,
	})
	return err
}
