package store

import (
	"context"
	"regexp"
	"time"

	"github.com/jackc/pgx/v5"
)

// Webshop is the customer unit whose systems are coupled.
type Webshop struct {
	ID             int64
	UUID           string
	OrganisationID int64
	// OrganisationUUID is nil in the scope of one webshop, which does not see its organisation.
	OrganisationUUID *string
	Kind             string
	Name             string
	ExternalRef      *string
	TimeZone         string
	OrderPrefix      string
	// BuyOrderCap is the most buy orders that begin to be pushed within an hour.
	BuyOrderCap int32
	CreatedAt   time.Time
}

// NewWebshop is what a webshop is made of. Organisation and Name are required.
type NewWebshop struct {
	// Organisation is the owner's outside id.
	Organisation string
	Name         string
	// Kind is "webshop" (when empty) or "location".
	Kind string
	// ExternalRef is the host's own id, unique within the organisation; "" for none.
	ExternalRef string
	// TimeZone is an IANA name; Europe/Amsterdam when empty.
	TimeZone string
	// OrderPrefix starts the references of buy orders: two to four capitals, KOP when empty.
	OrderPrefix string
}

const webshopSelect = `
SELECT w.id, w.uuid, w.organisation_id, o.uuid AS organisation_uuid, w.kind, w.name, w.external_ref, w.time_zone, w.order_prefix, w.buy_order_cap, w.created_at
FROM webshop w LEFT JOIN organisation o ON o.id = w.organisation_id`

const createWebshopSQL = `
WITH made AS (
    INSERT INTO webshop (uuid, organisation_id, kind, name, external_ref, time_zone, order_prefix)
    VALUES (@uuid, @organisation, @kind, @name, nullif(@external_ref, ''), @time_zone, @order_prefix)
    RETURNING id
)
INSERT INTO webshop_counter (webshop_id) SELECT id FROM made`

var orderPrefix = regexp.MustCompile(`^[A-Z]{2,4}$`)

// CreateWebshop makes a webshop with its counters. It needs the scope of all webshops.
func (tx *Tx) CreateWebshop(ctx context.Context, n NewWebshop) (Webshop, error) {
	const op = "create webshop"
	n.Kind = orDefault(n.Kind, "webshop")
	n.TimeZone = orDefault(n.TimeZone, "Europe/Amsterdam")
	n.OrderPrefix = orDefault(n.OrderPrefix, "KOP")
	switch {
	case n.Name == "":
		return Webshop{}, invalid(op, "name is empty")
	case n.Kind != "webshop" && n.Kind != "location":
		return Webshop{}, invalid(op, "kind %q is neither webshop nor location", n.Kind)
	case !orderPrefix.MatchString(n.OrderPrefix):
		return Webshop{}, invalid(op, "order prefix %q is not two to four capital letters", n.OrderPrefix)
	}
	if _, err := time.LoadLocation(n.TimeZone); err != nil {
		return Webshop{}, invalid(op, "time zone %q is unknown; use a name such as Europe/Amsterdam", n.TimeZone)
	}
	o, err := tx.Organisation(ctx, n.Organisation)
	if err != nil {
		return Webshop{}, wrap(op, err)
	}
	id := NewID()
	_, err = tx.exec(ctx, createWebshopSQL, pgx.StrictNamedArgs{
		"uuid": id, "organisation": o.ID, "kind": n.Kind, "name": n.Name, "external_ref": n.ExternalRef,
		"time_zone": n.TimeZone, "order_prefix": n.OrderPrefix,
	})
	if constraintOf(err) == "webshop_external_ref" {
		return Webshop{}, conflict(op, "the organisation has a webshop with external_ref %q already", n.ExternalRef)
	}
	if err != nil {
		return Webshop{}, wrap(op, err)
	}
	return tx.Webshop(ctx, id)
}

const webshopSQL = webshopSelect + ` WHERE w.uuid = $1`

// Webshop finds one by its outside id.
func (tx *Tx) Webshop(ctx context.Context, id string) (Webshop, error) {
	const op = "get webshop"
	if err := checkID(op, "webshop", id); err != nil {
		return Webshop{}, err
	}
	w, err := one[Webshop](ctx, tx, webshopSQL, id)
	return w, foundOr(op, "webshop", id, err)
}

const setCapSQL = `UPDATE webshop SET buy_order_cap = @cap WHERE uuid = @uuid`

// SetBuyOrderCap sets how many buy orders may begin to be pushed within an hour.
func (tx *Tx) SetBuyOrderCap(ctx context.Context, id string, orders int) (Webshop, error) {
	const op = "set cap of buy orders"
	if orders < 1 || orders > 1_000_000 {
		return Webshop{}, invalid(op, "the cap %d is not between 1 and 1000000", orders)
	}
	if err := checkID(op, "webshop", id); err != nil {
		return Webshop{}, err
	}
	if _, err := tx.exec(ctx, setCapSQL, pgx.StrictNamedArgs{"uuid": id, "cap": orders}); err != nil {
		return Webshop{}, wrap(op, err)
	}
	return tx.Webshop(ctx, id)
}

const ownWebshopSQL = webshopSelect + ` WHERE w.id = $1`

// OwnWebshop is the webshop of the transaction's scope.
func (tx *Tx) OwnWebshop(ctx context.Context) (Webshop, error) {
	const op = "get own webshop"
	id, err := tx.webshop(op)
	if err != nil {
		return Webshop{}, err
	}
	w, err := one[Webshop](ctx, tx, ownWebshopSQL, id)
	return w, wrap(op, err)
}

const webshopsSQL = webshopSelect + `
WHERE w.id > @after AND (@organisation::uuid IS NULL OR o.uuid = @organisation) AND (@external_ref = '' OR w.external_ref = @external_ref)
ORDER BY w.id LIMIT @limit`

// WebshopFilter narrows a list of webshops; the zero value lists all of the scope.
type WebshopFilter struct {
	Organisation string // outside id
	ExternalRef  string
	Limit        int
	After        string
}

// Webshops lists the webshops of the scope from the oldest on.
func (tx *Tx) Webshops(ctx context.Context, f WebshopFilter) (Page[Webshop], error) {
	const op = "list webshops"
	from, err := idAfter(op, "webshops", f.After, 0)
	if err != nil {
		return Page[Webshop]{}, err
	}
	organisation, err := idOrNull(op, "organisation", f.Organisation)
	if err != nil {
		return Page[Webshop]{}, err
	}
	size := pageSize(f.Limit)
	rows, err := many[Webshop](ctx, tx, webshopsSQL, pgx.StrictNamedArgs{
		"after": from, "organisation": organisation, "external_ref": f.ExternalRef, "limit": size + 1,
	})
	return pageOf("webshops", rows, size, func(w Webshop) int64 { return w.ID }), wrap(op, err)
}

func orDefault(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}

const webshopUUIDsSQL = `SELECT id, uuid FROM webshop WHERE id = ANY ($1)`

// WebshopUUIDs gives the outside ids of the webshops of the scope that have the inner ids.
func (tx *Tx) WebshopUUIDs(ctx context.Context, ids []int64) (map[int64]string, error) {
	type row struct {
		ID   int64
		UUID string
	}
	rows, err := many[row](ctx, tx, webshopUUIDsSQL, ids)
	if err != nil {
		return nil, wrap("find webshops", err)
	}
	found := make(map[int64]string, len(rows))
	for _, r := range rows {
		found[r.ID] = r.UUID
	}
	return found, nil
}
