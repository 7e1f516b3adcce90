package api

import (
	"context"

	"github.com/koppel-io/koppel/store"
)

// audit notes in the write's own transaction who did what: action as
// noun.verb, subject as the outside id. before and after hold no
// secret; nil is none.
func audit(ctx context.Context, tx *store.Tx, who caller, action, subject string, before, after any) error {
	return tx.Audit(ctx, store.Audit{Actor: who.name(), Action: action, Subject: subject, Before: before, After: after})
}
