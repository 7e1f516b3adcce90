package store

import (
	"context"
	"sync"

	"github.com/jackc/pgx/v5"
)

// rowTypes are the object ids of the composite types in this database, read once.
type rowTypes struct {
	mu  sync.Mutex
	ids map[string]rowTypeIDs
}

type rowTypeIDs struct{ Element, Array uint32 }

const rowTypesSQL = `SELECT typname, oid, typarray FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype = 'c' AND typname LIKE '%\_row'`

func (t *rowTypes) of(ctx context.Context, tx *Tx) (map[string]rowTypeIDs, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ids != nil {
		return t.ids, nil
	}
	found, err := tx.tx.Query(ctx, rowTypesSQL)
	if err != nil {
		return nil, err
	}
	ids := map[string]rowTypeIDs{}
	var name string
	var id rowTypeIDs
	_, err = pgx.ForEachRow(found, []any{&name, &id.Element, &id.Array}, func() error {
		ids[name] = id
		return nil
	})
	if err == nil {
		t.ids = ids
	}
	return ids, err
}
