package store

import "context"

const (
	holdNameSQL           = `SELECT pg_advisory_xact_lock(hashtext('organisation ' || $1))`
	organisationByNameSQL = `SELECT ` + organisationColumns + ` FROM organisation WHERE name = $1 ORDER BY id LIMIT 1`
)

// OrganisationByName finds the oldest organisation of a name; ok is false when there is none. Until the transaction
// ends nobody else who asks this way finds or makes one of the name.
func (tx *Tx) OrganisationByName(ctx context.Context, name string) (o Organisation, ok bool, err error) {
	const op = "find organisation"
	if _, err := tx.exec(ctx, holdNameSQL, name); err != nil {
		return Organisation{}, false, wrap(op, err)
	}
	list, err := many[Organisation](ctx, tx, organisationByNameSQL, name)
	if err != nil || len(list) == 0 {
		return Organisation{}, false, wrap(op, err)
	}
	return list[0], true, nil
}
