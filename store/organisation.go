package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// Organisation is an owner of webshops.
type Organisation struct {
	ID        int64
	UUID      string
	Name      string
	CreatedAt time.Time
}

const organisationColumns = `id, uuid, name, created_at`

const createOrganisationSQL = `
INSERT INTO organisation (uuid, name) VALUES (@uuid, @name)
RETURNING ` + organisationColumns

// CreateOrganisation makes an organisation. It needs the scope of all webshops.
func (tx *Tx) CreateOrganisation(ctx context.Context, name string) (Organisation, error) {
	const op = "create organisation"
	if name == "" {
		return Organisation{}, invalid(op, "name is empty")
	}
	o, err := one[Organisation](ctx, tx, createOrganisationSQL, pgx.StrictNamedArgs{"uuid": NewID(), "name": name})
	return o, wrap(op, err)
}

const organisationSQL = `SELECT ` + organisationColumns + ` FROM organisation WHERE uuid = $1`

// Organisation finds one by its outside id.
func (tx *Tx) Organisation(ctx context.Context, id string) (Organisation, error) {
	const op = "get organisation"
	if err := checkID(op, "organisation", id); err != nil {
		return Organisation{}, err
	}
	o, err := one[Organisation](ctx, tx, organisationSQL, id)
	return o, foundOr(op, "organisation", id, err)
}

const organisationsSQL = `SELECT ` + organisationColumns + ` FROM organisation WHERE id > @after ORDER BY id LIMIT @limit`

// Organisations lists organisations from the oldest on.
func (tx *Tx) Organisations(ctx context.Context, limit int, after string) (Page[Organisation], error) {
	const op = "list organisations"
	from, err := idAfter(op, "organisations", after, 0)
	if err != nil {
		return Page[Organisation]{}, err
	}
	size := pageSize(limit)
	rows, err := many[Organisation](ctx, tx, organisationsSQL, pgx.StrictNamedArgs{"after": from, "limit": size + 1})
	return pageOf("organisations", rows, size, func(o Organisation) int64 { return o.ID }), wrap(op, err)
}

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
