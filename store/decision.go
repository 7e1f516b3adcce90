package store

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

const decisionsSQL = `
SELECT remote_id, action, coalesce(object_id, 0) FROM link_decision
WHERE webshop_id = $1 AND coupling_id = $2 AND object = $3 AND remote_id = ANY($4)`

// decided binds what a person decided about, and answers what is still to be looked for.
func (w *writing) decided(ctx context.Context, g *group, fresh []*item) ([]*item, error) {
	if !w.waiting.decisions {
		return fresh, nil
	}
	byKey := map[string]*item{}
	keys := make([]string, len(fresh))
	for i, it := range fresh {
		byKey[it.r.ID], keys[i] = it, it.r.ID
	}
	l := w.b.Lease
	found, err := w.tx.tx.Query(ctx, decisionsSQL, l.Webshop, l.Coupling, string(g.t.object), keys)
	if err != nil {
		return nil, err
	}
	var key string
	var action koppel.Decision
	var object int64
	if _, err := pgx.ForEachRow(found, []any{&key, &action, &object}, func() error {
		it := byKey[key]
		switch action {
		case koppel.DecideLink:
			it.object = object
		case koppel.DecideIgnore:
			g.leave(it)
		}
		delete(byKey, key)
		return nil
	}); err != nil {
		return nil, err
	}
	open := fresh[:0]
	for _, it := range fresh {
		if byKey[it.r.ID] != nil {
			open = append(open, it)
		}
	}
	return open, nil
}
