package verify

import (
	"context"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"
)

const outboxSQL = `
SELECT o.reference, o.state, coalesce(o.remote_id, ''),
       coalesce((SELECT string_agg(s.remote_id, ' ' ORDER BY s.remote_id) FROM source s
                 WHERE s.webshop_id = o.webshop_id AND s.coupling_id = o.coupling_id AND s.object = 'buy_orders' AND s.object_id = o.object_id), ''),
       ARRAY(SELECT coalesce(l.remote_id, '') FROM buy_order_line l WHERE l.webshop_id = o.webshop_id AND l.buy_order_id = o.object_id ORDER BY l.position),
       ARRAY(SELECT l.quantity FROM buy_order_line l WHERE l.webshop_id = o.webshop_id AND l.buy_order_id = o.object_id ORDER BY l.position)
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
	var quantities []int64
	if _, err := pgx.ForEachRow(rows, []any{&reference, &state, &remote, &source, &lines, &quantities}, func() error {
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
			if wrong := in.differs(remote, source, lines, quantities); wrong != "" {
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

// differs names the first id that is not the shop's.
func (o ordered) differs(remote, source string, lines []string, quantities []int64) string {
	order := o.Orders[0]
	id := strconv.FormatInt(order.ID, 10)
	if remote != id || source != id {
		return fmt.Sprintf("outbox row %q and source %q, in the shop %s", remote, source, id)
	}
	if len(lines) != len(order.Lines) {
		return fmt.Sprintf("%d lines, in the shop %d", len(lines), len(order.Lines))
	}
	for i, line := range order.Lines {
		if lines[i] != strconv.FormatInt(line.ID, 10) || quantities[i] != line.Quantity {
			return fmt.Sprintf("line %d is %q of %d pieces, in the shop %d of %d", i+1, lines[i], quantities[i], line.ID, line.Quantity)
		}
	}
	return ""
}
