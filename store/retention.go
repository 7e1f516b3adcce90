package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// RetentionRow is how long a kind of data is kept, and what was deleted of it in the whole installation.
type RetentionRow struct {
	Kind koppel.RetentionKind
	Days int
	// Own: the organisation said so itself; else it is the installation's, or the default.
	Own bool
	// SweptAt is when it was last looked for data that is too old; nil before the first time.
	SweptAt    *time.Time
	Partitions int64
	Rows       int64
}

const retentionSQL = `
SELECT k.kind, coalesce(o.days, i.days, 0) AS days, o.days IS NOT NULL AS own,
       CASE WHEN s.swept_at > '-infinity' THEN s.swept_at END AS swept_at, coalesce(s.partitions, 0) AS partitions, coalesce(s.rows, 0) AS rows
FROM unnest(@kinds::text[]) WITH ORDINALITY AS k (kind, place)
LEFT JOIN retention o ON o.kind = k.kind AND o.organisation_id = @organisation::bigint
LEFT JOIN retention i ON i.kind = k.kind AND i.organisation_id IS NULL
LEFT JOIN retention_sweep s ON s.kind = k.kind
ORDER BY k.place`

// Retention lists how long the data of an organisation, by its outside id, is kept; with "" that of those which say
// nothing of their own. It needs the scope of all webshops.
func (tx *Tx) Retention(ctx context.Context, organisation string) ([]RetentionRow, error) {
	const op = "list retention"
	owner, err := tx.ownerOf(ctx, organisation)
	if err != nil {
		return nil, err
	}
	rows, err := many[RetentionRow](ctx, tx, retentionSQL, pgx.StrictNamedArgs{"kinds": retentionKinds(), "organisation": owner})
	for i := range rows {
		if rows[i].Days == 0 {
			kind, _ := koppel.RetentionOf(rows[i].Kind)
			rows[i].Days = kind.Default
		}
	}
	return rows, wrap(op, err)
}

func retentionKinds() (kinds []string) {
	for _, r := range koppel.Retentions() {
		kinds = append(kinds, string(r.Kind))
	}
	return kinds
}

// ownerOf is the inner id of an organisation; nil for "".
func (tx *Tx) ownerOf(ctx context.Context, organisation string) (*int64, error) {
	if organisation == "" {
		return nil, nil
	}
	o, err := tx.Organisation(ctx, organisation)
	return &o.ID, err
}

const (
	setRetentionSQL = `
INSERT INTO retention (organisation_id, kind, days, changed_by) VALUES (@organisation, @kind, @days, @by)
ON CONFLICT (organisation_id, kind) DO UPDATE SET days = excluded.days, changed_by = excluded.changed_by, changed_at = now()`
	unsetRetentionSQL = `DELETE FROM retention WHERE organisation_id IS NOT DISTINCT FROM @organisation::bigint AND kind = @kind`
)

// SetRetention sets for how many days a kind of data is kept: of an organisation, or with "" of all that say nothing
// of their own. 0 days takes back what was set. It needs the scope of all webshops.
func (tx *Tx) SetRetention(ctx context.Context, organisation string, kind koppel.RetentionKind, days int, by string) error {
	const op = "set retention"
	r, ok := koppel.RetentionOf(kind)
	switch {
	case !ok:
		return invalid(op, "kind %q is none of those that are kept for some time", kind)
	case days != 0 && (days < r.Least || days > koppel.RetentionMost):
		return invalid(op, "%s are kept between %d and %d days", kind, r.Least, koppel.RetentionMost)
	}
	owner, err := tx.ownerOf(ctx, organisation)
	if err != nil {
		return err
	}
	if days == 0 {
		_, err = tx.exec(ctx, unsetRetentionSQL, pgx.StrictNamedArgs{"organisation": owner, "kind": string(kind)})
		return wrap(op, err)
	}
	_, err = tx.exec(ctx, setRetentionSQL, pgx.StrictNamedArgs{"organisation": owner, "kind": string(kind), "days": days, "by": by})
	return wrap(op, err)
}
