package verify

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// changes checks that the numbers of each webshop's change feed follow one
// another, and that each object was made known as new exactly once.
func (j *judge) changes(ctx context.Context) error {
	rows, err := j.db.Query(ctx, `
SELECT w.name, coalesce(k.changes, 0), count(c.number), count(DISTINCT c.number), coalesce(min(c.number), 1), coalesce(max(c.number), 0)
FROM webshop w LEFT JOIN webshop_counter k ON k.webshop_id = w.id LEFT JOIN change c ON c.webshop_id = w.id GROUP BY w.id, k.changes`)
	if err != nil {
		return err
	}
	var webshop string
	var counter, all, different, first, last int64
	if _, err := pgx.ForEachRow(rows, []any{&webshop, &counter, &all, &different, &first, &last}, func() error {
		j.Compared += all
		if missing := max(counter, last) - different; missing != 0 || first != 1 || counter != last {
			j.Gaps += max(missing, 1)
			j.example("%s: the feed has %d numbers from %d to %d, the counter is at %d", webshop, different, first, last, counter)
		}
		if all != different {
			j.Duplicated += all - different
			j.example("%s: %d numbers of the feed are there twice", webshop, all-different)
		}
		return nil
	}); err != nil {
		return fmt.Errorf("compare change feeds: %w", err)
	}
	var never, again int64
	err = j.db.QueryRow(ctx, `
WITH made AS (
    SELECT webshop_id, object_id, count(*) FILTER (WHERE operation = 'created') AS times FROM change GROUP BY 1, 2
), object AS (
    SELECT webshop_id, id FROM product UNION ALL SELECT webshop_id, id FROM supplier UNION ALL SELECT webshop_id, id FROM buy_order)
SELECT count(*) FILTER (WHERE coalesce(m.times, 0) = 0), count(*) FILTER (WHERE m.times > 1)
FROM object o LEFT JOIN made m ON m.webshop_id = o.webshop_id AND m.object_id = o.id`).Scan(&never, &again)
	if err != nil {
		return fmt.Errorf("compare change feeds: %w", err)
	}
	j.Lost, j.Duplicated = j.Lost+never, j.Duplicated+again
	if never+again > 0 {
		j.example("%d objects never came up as new in a change feed, %d more than once", never, again)
	}
	return nil
}
