package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// Override is a version of a webshop's or a coupling's own mapping; versions never change.
type Override struct {
	ID        int64
	WebshopID int64
	Connector string
	// CouplingID is nil where it counts for all of the webshop's couplings of the connector.
	CouplingID *int64
	Number     int64
	// Digest is the SHA-256 of Source, in hex.
	Digest string
	// Source is the document; "" where the override was taken away.
	Source string
	Note   string
	Actor  string
	At     time.Time
	// Restores is the version that it brings back, 0 for none at all; nil for one that was written.
	Restores *int64
}

// Level is for what it counts.
func (o Override) Level() koppel.OverrideLevel {
	if o.CouplingID == nil {
		return koppel.OverrideWebshop
	}
	return koppel.OverrideCoupling
}

// Name is what people call it, such as coupling 3.
func (o Override) Name() string { return string(o.Level()) + " " + strconv.FormatInt(o.Number, 10) }

// File is its name in messages.
func (o Override) File() string { return string(o.Level()) + "-override.yaml" }

// OverrideKey names the override of a coupling, or of all the webshop's couplings of the same connector.
type OverrideKey struct {
	Coupling string // outside id
	Level    koppel.OverrideLevel
}

const (
	overrideColumns = `SELECT o.id, o.webshop_id, o.connector, o.coupling_id, o.number, o.digest, o.source, o.note, o.actor, o.at, o.restores FROM mapping_override o `
	overridesOfSQL  = overrideColumns + `
WHERE o.webshop_id = @webshop AND o.connector = @connector AND o.coupling_id IS NOT DISTINCT FROM @coupling::bigint `
	overridePageSQL   = overridesOfSQL + `AND o.number < @before ORDER BY o.number DESC LIMIT @limit`
	overrideNumberSQL = overridesOfSQL + `AND o.number = @number`
	overridesByIDSQL  = overrideColumns + `WHERE o.id = ANY ($1) ORDER BY o.coupling_id NULLS FIRST`
	insertOverrideSQL = `
INSERT INTO mapping_override (webshop_id, connector, coupling_id, number, digest, source, note, actor, restores)
VALUES (@webshop, @connector, @coupling, @number, @digest, @source, @note, @actor, @restores)`
	// inForceSQL are the overrides that count for a coupling c, the webshop's before the coupling's.
	inForceSQL = `
SELECT DISTINCT ON (m.coupling_id) m.* FROM mapping_override m
WHERE m.webshop_id = c.webshop_id AND m.connector = c.connector AND (m.coupling_id IS NULL OR m.coupling_id = c.id)
ORDER BY m.coupling_id, m.number DESC`
	overridesInForceSQL = overrideColumns + `
WHERE o.id IN (SELECT f.id FROM coupling c CROSS JOIN LATERAL (` + inForceSQL + `) f WHERE c.id = $1) AND o.source <> '' ORDER BY o.coupling_id NULLS FIRST`
)

// OverridesInForce are the overrides that a run of a coupling would start with, the stronger one last.
func (tx *Tx) OverridesInForce(ctx context.Context, coupling int64) ([]Override, error) {
	list, err := many[Override](ctx, tx, overridesInForceSQL, coupling)
	return list, wrap("get overrides in force", err)
}

// OverridesByID loads versions by their inner ids, the stronger one last.
func (tx *Tx) OverridesByID(ctx context.Context, ids []int64) ([]Override, error) {
	list, err := many[Override](ctx, tx, overridesByIDSQL, ids)
	return list, wrap("get overrides", err)
}

func (k OverrideKey) args(c Coupling) pgx.StrictNamedArgs {
	args := pgx.StrictNamedArgs{"webshop": c.WebshopID, "connector": c.Connector, "coupling": nil}
	if k.Level == koppel.OverrideCoupling {
		args["coupling"] = c.ID
	}
	return args
}

// Overrides lists the versions of an override, newest first.
func (tx *Tx) Overrides(ctx context.Context, key OverrideKey, limit int, after string) (Page[Override], error) {
	const op = "list overrides"
	before, err := idAfter(op, "overrides", after, 1<<62)
	if err != nil {
		return Page[Override]{}, err
	}
	c, err := tx.Coupling(ctx, key.Coupling)
	if err != nil {
		return Page[Override]{}, err
	}
	args, size := key.args(c), pageSize(limit)
	args["before"], args["limit"] = before, size+1
	list, err := many[Override](ctx, tx, overridePageSQL, args)
	return pageOf("overrides", list, size, func(o Override) int64 { return o.Number }), wrap(op, err)
}

// LastOverride is the newest version of an override; the zero value, whose Number is 0, when there never was one.
func (tx *Tx) LastOverride(ctx context.Context, key OverrideKey) (Override, error) {
	page, err := tx.Overrides(ctx, key, 1, "")
	if err != nil || len(page.Items) == 0 {
		return Override{}, err
	}
	return page.Items[0], nil
}

// Override is one version by its number.
func (tx *Tx) Override(ctx context.Context, key OverrideKey, number int64) (Override, error) {
	const op = "get override"
	c, err := tx.Coupling(ctx, key.Coupling)
	if err != nil {
		return Override{}, err
	}
	args := key.args(c)
	args["number"] = number
	list, err := many[Override](ctx, tx, overrideNumberSQL, args)
	if err == nil && len(list) == 0 {
		return Override{}, koppel.E(koppel.KindNotFound, op, "the "+string(key.Level)+"'s override has no such version; list them: koppel mapping history "+key.Coupling)
	}
	if err != nil {
		return Override{}, wrap(op, err)
	}
	return list[0], nil
}

// NewOverride is a version to be saved. Actor is required.
type NewOverride struct {
	OverrideKey
	// Source is the document; "" takes the override away.
	Source string
	Note   string
	Actor  string
	// After is the version it was made from: when another one was saved meanwhile, the error is of kind conflict. nil
	// does not ask.
	After *int64
	// Restores is the version that it brings back.
	Restores *int64
}

// Fits says whether overrides go with a connector version: nil, or what is wrong with them.
type Fits func(ctx context.Context, v ConnectorVersion, overrides []Override) error

// SaveOverride keeps a version and puts it in force, once it fits every coupling that it counts for. It gives the
// couplings that were held back from the connector's current version and go with it now.
func (tx *Tx) SaveOverride(ctx context.Context, n NewOverride, fits Fits) (Override, []Coupling, error) {
	const op = "save override"
	if n.Actor == "" {
		return Override{}, nil, invalid(op, "who saves it is required")
	}
	c, err := tx.editCoupling(ctx, op, n.Coupling, func(Coupling) error { return nil })
	if err != nil {
		return Override{}, nil, err
	}
	// No version is published meanwhile that it was not checked with.
	if _, err := tx.exec(ctx, shareConnectorSQL, c.Connector); err != nil {
		return Override{}, nil, wrap(op, err)
	}
	last, err := tx.LastOverride(ctx, n.OverrideKey)
	switch {
	case err != nil:
		return Override{}, nil, wrap(op, err)
	case n.After != nil && *n.After != last.Number:
		return Override{}, nil, conflict(op, "version %d was saved meanwhile; look at it first: koppel mapping diff %s --from %d --to %d", last.Number, c.UUID, *n.After, last.Number)
	case n.Source == last.Source:
		return Override{}, nil, conflict(op, "nothing would change: version %d says the same", last.Number)
	}
	sum := sha256.Sum256([]byte(n.Source))
	args := n.args(c)
	args["number"], args["digest"], args["source"] = last.Number+1, hex.EncodeToString(sum[:]), n.Source
	args["note"], args["actor"], args["restores"] = n.Note, n.Actor, n.Restores
	_, err = tx.exec(ctx, insertOverrideSQL, args)
	if codeOf(err) == codeUnique {
		return Override{}, nil, conflict(op, "another version was saved at the same moment; look at it first: koppel mapping history %s", c.UUID)
	}
	if err != nil {
		return Override{}, nil, wrap(op, err)
	}
	released, err := tx.fitSaved(ctx, c, n.Level, fits)
	if err != nil {
		return Override{}, nil, err
	}
	saved, err := tx.LastOverride(ctx, n.OverrideKey)
	return saved, released, wrap(op, err)
}
