package verify

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"
)

const outboxSQL = `
SELECT o.reference, o.state, coalesce(o.remote_id, ''),
       coalesce((SELECT string_agg(s.remote_id, ' ' ORDER BY s.remote_id) FROM source s
                 WHERE s.webshop_id = o.webshop_id AND s.coupling_id = o.coupling_id AND s.object = 'buy_orders' AND s.object_id = o.object_id), ''),
       ARRAY(SELECT concat_ws(' ', coalesce(l.remote_id, 'none'), 'of product', coalesce(
                 (SELECT string_agg(p.remote_id, ' ' ORDER BY p.remote_id) FROM source p WHERE p.webshop_id = l.webshop_id
                  AND p.coupling_id = o.coupling_id AND p.object = 'products' AND p.object_id = l.product_id), 'none'), 'times', l.quantity)
             FROM buy_order_line l WHERE l.webshop_id = o.webshop_id AND l.buy_order_id = o.object_id)
FROM outbox o ORDER BY o.id`

// orders compares every write to the shop with the shop's ledger.
func (j *judge) orders(ctx context.Context) error {
	ledger := map[string]ordered{}
	for _, o := range j.truth.ledger {
		ledger[o.Reference] = o
	}
	rows, err := j.db.Query(ctx, outboxSQL)
	if err != nil {
		return err
	}
	asked := map[string]bool{}
	var reference, state, remote, source string
	var lines []string
	if _, err := pgx.ForEachRow(rows, []any{&reference, &state, &remote, &source, &lines}, func() error {
		j.Compared++
		j.Orders.Placed++
		asked[reference] = true
		in := ledger[reference]
		right := state == "sent" && len(in.Orders) == 1
		if state != "sent" {
			j.Orders.UnknownLeft++
			j.example("order %s is %s", reference, state)
		}
		switch {
		case len(in.Orders) == 0:
			j.Orders.Missing++
			j.example("order %s did not reach the shop", reference)
		case len(in.Orders) > 1:
			j.Orders.Twice++
			j.example("order %s reached the shop %d times", reference, len(in.Orders))
		case state == "sent":
			if wrong := in.differs(remote, source, lines); wrong != "" {
				right = false
				j.Orders.WrongIDs++
				j.example("order %s: %s", reference, wrong)
			}
		}
		if right {
			j.Orders.Once++
		}
		return nil
	}); err != nil {
		return fmt.Errorf("compare orders: %w", err)
	}
	for reference := range ledger {
		if !asked[reference] {
			j.Orders.Unasked++
			j.example("the shop has order %s, which nobody placed", reference)
		}
	}
	return nil
}

// differs names what of the order is not the shop's: its id, or a line, which
// is the shop's id with the product and the quantity under it. The shop may
// have been sent the lines in another order than ours.
func (o ordered) differs(remote, source string, lines []string) string {
	order := o.Orders[0]
	id := strconv.FormatInt(order.ID, 10)
	if remote != id || source != id {
		return fmt.Sprintf("outbox row %q and source %q, in the shop %s", remote, source, id)
	}
	there := make([]string, len(order.Lines))
	for i, line := range order.Lines {
		there[i] = fmt.Sprintf("%d of product %d times %d", line.ID, line.ProductID, line.Quantity)
	}
	slices.Sort(there)
	slices.Sort(lines)
	if !slices.Equal(lines, there) {
		return fmt.Sprintf("lines %q, in the shop %q", lines, there)
	}
	return ""
}
