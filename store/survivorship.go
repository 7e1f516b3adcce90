package store

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

const (
	rankSQL = `
UPDATE coupling SET updated_at = now(), ranks = CASE WHEN @place::float8 > 0
    THEN jsonb_set(ranks || jsonb_build_object(@object::text, coalesce(ranks->@object, '{}')), ARRAY[@object, @group], to_jsonb(@place::float8))
    ELSE ranks #- ARRAY[@object, @group] END
WHERE webshop_id = @webshop AND id = @id`
	webshopCouplingsSQL = couplingSelect + ` WHERE c.webshop_id = $1 AND c.state <> 'removed' ORDER BY nullif(c.priority, 0), c.id`
)

// WebshopCouplings are the couplings of the scope's webshop but removed ones, in the order in which they were activated.
func (tx *Tx) WebshopCouplings(ctx context.Context) ([]Coupling, error) {
	const op = "list couplings of webshop"
	webshop, err := tx.webshop(op)
	if err != nil {
		return nil, err
	}
	list, err := many[Coupling](ctx, tx, webshopCouplingsSQL, webshop)
	return list, wrap(op, err)
}

// RankCouplings sets the order of strength of the scope's webshop for a field group of an object: the couplings by
// outside id, the strongest first. Couplings that are not named follow in the order in which they were activated; with
// none named that order holds again. Objects that are there follow when they are merged again.
func (tx *Tx) RankCouplings(ctx context.Context, object koppel.Object, group string, order []string) error {
	const op = "rank couplings"
	if !slices.ContainsFunc(object.Groups(), func(g koppel.FieldGroup) bool { return g.Name == group }) {
		return invalid(op, "%s have no field group %q", object, group)
	}
	all, err := tx.WebshopCouplings(ctx)
	if err != nil {
		return err
	}
	for i, id := range order {
		if !slices.ContainsFunc(all, func(c Coupling) bool { return c.UUID == id }) {
			return notFound(op, "coupling of this webshop", id)
		}
		if slices.Contains(order[:i], id) {
			return invalid(op, "coupling %s is named twice", id)
		}
	}
	for _, c := range all {
		_, err := tx.exec(ctx, rankSQL, pgx.StrictNamedArgs{
			"webshop": c.WebshopID, "id": c.ID, "object": string(object), "group": group, "place": float64(slices.Index(order, c.UUID) + 1),
		})
		if err != nil {
			return wrap(op, err)
		}
	}
	return nil
}

// Strength is the order of couplings for a field group of an object, the strongest first.
func Strength(couplings []Coupling, object koppel.Object, group string) []Coupling {
	order := slices.Clone(couplings)
	slices.SortStableFunc(order, func(a, b Coupling) int {
		x := (&participant{Priority: a.Priority, Ranks: a.Ranks, Pushes: a.Pushes}).rank(object, group)
		y := (&participant{Priority: b.Priority, Ranks: b.Ranks, Pushes: b.Pushes}).rank(object, group)
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	})
	return order
}
