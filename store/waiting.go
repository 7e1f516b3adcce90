package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// Waiting is a reference that waits for what it names.
type Waiting struct {
	// N is the row's place in the list.
	N int64
	// WebshopUUID and CouplingUUID say whose it is; the key is the coupling's.
	WebshopUUID, CouplingUUID string
	// Object is what waits, with its outside id; Field is its reference, or "lines".
	Object koppel.Object
	UUID   string
	Field  string
	// Target is what it waits for, Keys how the coupling names it: one, or one for each line that waits.
	Target koppel.Object
	Keys   []string
	// Since is when the object was first seen.
	Since time.Time
}

// WaitingFilter narrows a list of waiting references; the zero value lists all of the scope.
type WaitingFilter struct {
	Coupling       string // outside id
	Object, Target koppel.Object
	Limit          int
	After          string
}

// waitingSteps is how many places each object has in the list of what waits: one for each of waiters.
const waitingSteps = 32

// waitingSQL lists what waits from row @after on, by object and reference.
var waitingSQL = waitingWhere(`(@coupling::uuid IS NULL OR c.uuid = @coupling) AND (@object::text IS NULL OR q.object = @object) AND (@target::text IS NULL OR q.target = @target)
ORDER BY q.n LIMIT @limit`)

// waitingWhere lists what waits. The first 48 bits of a UUIDv7 are milliseconds since 1970 (RFC 9562, 5.7).
func waitingWhere(condition string) string {
	parts := make([]string, len(waiters))
	for i, w := range waiters {
		parts[i] = w.list(i)
	}
	return `
SELECT q.n, ws.uuid AS webshop_uuid, c.uuid AS coupling_uuid, q.object, q.uuid::text, q.field, q.target, q.keys,
       to_timestamp(('x' || left(replace(q.uuid::text, '-', ''), 12))::bit(48)::bigint / 1000.0) AS since
FROM (
` + strings.Join(parts, "\n    UNION ALL\n") + `
) q JOIN webshop ws ON ws.id = q.webshop_id JOIN coupling c ON c.id = q.coupling
WHERE ` + condition
}

// list selects what waits of one reference.
func (w waiter) list(i int) string {
	owner := tables[w.object]
	alive := ""
	if owner.deletes {
		alive = " AND o.deleted_at IS NULL"
	}
	field := owner.fields[w.field]
	head := fmt.Sprintf("    SELECT o.id * %d + %d AS n, o.webshop_id, o.uuid, %%s AS coupling, '%s' AS object, '%s' AS field, '%s' AS target, %%s AS keys FROM ",
		waitingSteps, i, w.object, field.Name, w.target)
	after := fmt.Sprintf("o.id * %d + %d > @after", waitingSteps, i)
	if field.Type != koppel.Lines {
		return fmt.Sprintf(head, "o.key_coupling_id", "ARRAY[o."+field.Name+"_key]") +
			fmt.Sprintf("%s o WHERE o.%s_id IS NULL AND o.%s_key IS NOT NULL AND %s%s", owner.name, field.Name, field.Name, after, alive)
	}
	return fmt.Sprintf(head, "l.key_coupling_id", "array_agg(DISTINCT l."+w.column+"_key)") +
		fmt.Sprintf("%s l JOIN %s o ON o.webshop_id = l.webshop_id AND o.id = l.%s_id WHERE l.%s_id IS NULL AND l.%s_key IS NOT NULL AND %s%s GROUP BY o.id, o.webshop_id, o.uuid, l.key_coupling_id",
			owner.lines.name, owner.name, owner.name, w.column, w.column, after, alive)
}

// Waiting lists references that wait for what they name, in the order in which the objects that have them came.
func (tx *Tx) Waiting(ctx context.Context, f WaitingFilter) (Page[Waiting], error) {
	const op = "list what waits"
	from, err := idAfter(op, "waiting", f.After, 0)
	if err != nil {
		return Page[Waiting]{}, err
	}
	coupling, err := idOrNull(op, "coupling", f.Coupling)
	if err != nil {
		return Page[Waiting]{}, err
	}
	size := pageSize(f.Limit)
	rows, err := many[Waiting](ctx, tx, waitingSQL, pgx.StrictNamedArgs{
		"after": from, "coupling": coupling, "object": textOrNull(string(f.Object)), "target": textOrNull(string(f.Target)), "limit": size + 1,
	})
	return pageOf("waiting", rows, size, func(w Waiting) int64 { return w.N }), wrap(op, err)
}
