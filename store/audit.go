package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"
)

// Audit is who did what to what, with the state before and after. It must hold no secret.
type Audit struct {
	Actor   string // such as "key kpl_ab12… (support)"
	Action  string // such as "buy_order.place"
	Subject string // the outside id
	Before  any    // becomes JSON; nil for none
	After   any
}

const auditSQL = `
INSERT INTO audit (webshop_id, actor, action, subject, before, after)
VALUES (@webshop, @actor, @action, @subject, @before, @after)`

// Audit notes a change in its own transaction: both happen or neither does. In the scope of one webshop the entry
// is that webshop's, else the installation's.
func (tx *Tx) Audit(ctx context.Context, a Audit) error {
	const op = "write audit"
	if a.Actor == "" || a.Action == "" {
		return invalid(op, "actor and action are required")
	}
	before, err := jsonOrNull(a.Before)
	if err != nil {
		return wrap(op, err)
	}
	after, err := jsonOrNull(a.After)
	if err != nil {
		return wrap(op, err)
	}
	var webshop *int64
	if tx.scope.kind == scopeWebshop {
		webshop = &tx.scope.webshop
	}
	_, err = tx.exec(ctx, auditSQL, pgx.StrictNamedArgs{
		"webshop": webshop, "actor": a.Actor, "action": a.Action, "subject": a.Subject, "before": before, "after": after,
	})
	return wrap(op, err)
}

func jsonOrNull(v any) (json.RawMessage, error) {
	if v == nil {
		return nil, nil
	}
	return json.Marshal(v)
}

// AuditRow is a kept audit entry.
type AuditRow struct {
	ID        int64
	At        time.Time
	WebshopID *int64
	Actor     string
	Action    string
	Subject   string
	Before    json.RawMessage
	After     json.RawMessage
}

const auditsSQL = `
SELECT id, at, webshop_id, actor, action, subject, before, after FROM audit
WHERE id < @after_id AND (@subject = '' OR subject = @subject) ORDER BY id DESC LIMIT @limit`

// Audits lists the audit entries of the scope about a subject, or about all when it is "", newest first. It needs
// the app role.
func (tx *Tx) Audits(ctx context.Context, subject string, limit int, after string) (Page[AuditRow], error) {
	const op = "list audit"
	from, err := idAfter(op, "audit", after, 1<<62)
	if err != nil {
		return Page[AuditRow]{}, err
	}
	size := pageSize(limit)
	rows, err := many[AuditRow](ctx, tx, auditsSQL, pgx.StrictNamedArgs{"after_id": from, "subject": subject, "limit": size + 1})
	return pageOf("audit", rows, size, func(a AuditRow) int64 { return a.ID }), wrap(op, err)
}
