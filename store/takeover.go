package store

import (
	"context"
	"encoding/json"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

const (
	importTakeoverSQL = `
INSERT INTO takeover (webshop_id, coupling_id, object, remote_id, their_id, sku, ean, fields)
SELECT $1, $2, u.object, u.remote_id, u.their_id, u.sku, u.ean, u.fields::jsonb
FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[]) AS u(object, remote_id, their_id, sku, ean, fields)
ON CONFLICT (coupling_id, object, remote_id) DO UPDATE
SET their_id = excluded.their_id, sku = excluded.sku, ean = excluded.ean, fields = excluded.fields, at = now()`
	clearTakeoverSQL = `DELETE FROM takeover WHERE coupling_id = $1`
)

// ImportTakeover keeps rows of the mapping that a coupling is to take over; one that is there is replaced. No remote id
// of an object may be in them twice.
func (tx *Tx) ImportTakeover(ctx context.Context, c Coupling, rows []koppel.TakeoverRow) error {
	const op = "import takeover"
	columns := make([][]string, 6)
	type key struct{ object, id string }
	seen := map[key]bool{}
	for _, r := range rows {
		if seen[key{string(r.Object), r.RemoteID}] {
			return invalid(op, "%s %s is there twice", r.Object, r.RemoteID)
		}
		seen[key{string(r.Object), r.RemoteID}] = true
		fields := []byte("{}")
		if len(r.Fields) > 0 {
			var err error
			if fields, err = json.Marshal(r.Fields); err != nil {
				return wrap(op, err)
			}
		}
		for i, text := range []string{string(r.Object), r.RemoteID, r.ID, r.SKU, r.EAN, string(fields)} {
			columns[i] = append(columns[i], text)
		}
	}
	_, err := tx.exec(ctx, importTakeoverSQL, c.WebshopID, c.ID, columns[0], columns[1], columns[2], columns[3], columns[4], columns[5])
	return wrap(op, err)
}

// ClearTakeover forgets what was imported for a coupling, and says how many rows.
func (tx *Tx) ClearTakeover(ctx context.Context, coupling int64) (int64, error) {
	n, err := tx.exec(ctx, clearTakeoverSQL, coupling)
	return n, wrap("clear takeover", err)
}

const (
	takeoverObjectsSQL = `SELECT DISTINCT object FROM takeover WHERE coupling_id = $1 ORDER BY object`
	takeoverCountsSQL  = `
WITH t AS (SELECT remote_id FROM takeover WHERE coupling_id = $2 AND object = $3),
     s AS (SELECT DISTINCT remote_id FROM source WHERE webshop_id = $1 AND coupling_id = $2 AND object = $3 AND gone_at IS NULL)
SELECT (SELECT count(*) FROM t), (SELECT count(*) FROM s), (SELECT count(*) FROM t JOIN s USING (remote_id))`
	onlyTheirsSQL = `
SELECT t.remote_id, t.their_id, '' FROM takeover t WHERE t.coupling_id = $2 AND t.object = $3 AND NOT EXISTS (
    SELECT FROM source s WHERE s.webshop_id = $1 AND s.coupling_id = $2 AND s.object = $3 AND s.remote_id = t.remote_id AND s.gone_at IS NULL)
ORDER BY t.remote_id LIMIT $4`
	onlyOursSQL = `
SELECT s.remote_id, '', (SELECT o.uuid::text FROM TABLE o WHERE o.webshop_id = s.webshop_id AND o.id = s.object_id) FROM source s
WHERE s.webshop_id = $1 AND s.coupling_id = $2 AND s.object = $3 AND s.gone_at IS NULL AND NOT EXISTS (
    SELECT FROM takeover t WHERE t.coupling_id = $2 AND t.object = $3 AND t.remote_id = s.remote_id)
ORDER BY s.remote_id LIMIT $4`
	// otherLinksSQL compares which remote ids lead to one object, over all couplings of the webshop.
	otherLinksSQL = `
WITH linked AS MATERIALIZED (
    SELECT t.coupling_id, t.remote_id, t.their_id, s.object_id FROM takeover t
    JOIN source s ON s.webshop_id = $1 AND s.coupling_id = t.coupling_id AND s.object = $3 AND s.remote_id = t.remote_id AND s.gone_at IS NULL
    WHERE t.webshop_id = $1 AND t.object = $3 AND t.their_id <> ''
), apart AS (SELECT their_id FROM linked GROUP BY their_id HAVING count(DISTINCT object_id) > 1),
joint AS (SELECT object_id FROM linked GROUP BY object_id HAVING count(DISTINCT their_id) > 1)
SELECT l.remote_id, l.their_id, (SELECT o.uuid::text FROM TABLE o WHERE o.webshop_id = $1 AND o.id = l.object_id), a.their_id IS NOT NULL
FROM linked l LEFT JOIN apart a ON a.their_id = l.their_id LEFT JOIN joint j ON j.object_id = l.object_id
WHERE l.coupling_id = $2 AND (a.their_id IS NOT NULL OR j.object_id IS NOT NULL) ORDER BY l.remote_id`
	// besideSQL lays an object beside what they have of it.
	besideSQL = `
SELECT t.remote_id, t.their_id, t.sku, t.ean, t.fields::text, o.uuid::text, to_jsonb(o)::text FROM takeover t
JOIN source s ON s.webshop_id = $1 AND s.coupling_id = $2 AND s.object = $3 AND s.remote_id = t.remote_id AND s.gone_at IS NULL
JOIN TABLE o ON o.webshop_id = $1 AND o.id = s.object_id
WHERE t.coupling_id = $2 AND t.object = $3 AND (t.sku <> '' OR t.ean <> '' OR t.fields <> '{}') ORDER BY t.remote_id`
)

// TakeoverReport lays what was imported for a coupling beside what it has here.
func (tx *Tx) TakeoverReport(ctx context.Context, c Coupling) (koppel.TakeoverReport, error) {
	const op = "report takeover"
	out := koppel.TakeoverReport{Objects: []koppel.TakeoverCounts{}, Differing: []koppel.TakeoverDifference{}}
	type row struct{ Object koppel.Object }
	objects, err := many[row](ctx, tx, takeoverObjectsSQL, c.ID)
	if err != nil {
		return out, wrap(op, err)
	}
	for _, o := range objects {
		r := takeoverReport{tx: tx, coupling: c, t: tables[o.Object], counts: koppel.TakeoverCounts{Object: o.Object, Fields: map[string]int64{}}, listed: map[koppel.TakeoverKind]int{}, otherwise: map[string]bool{}}
		if err := r.run(ctx); err != nil {
			return out, wrap(op, err)
		}
		out.Objects, out.Differing = append(out.Objects, r.counts), append(out.Differing, r.differing...)
	}
	return out, nil
}

// takeoverReport is the report of one object.
type takeoverReport struct {
	tx        *Tx
	coupling  Coupling
	t         *table
	counts    koppel.TakeoverCounts
	differing []koppel.TakeoverDifference
	listed    map[koppel.TakeoverKind]int
	// otherwise are the remote ids that lead to different objects.
	otherwise map[string]bool
}

func (r *takeoverReport) run(ctx context.Context) error {
	n := &r.counts
	args := []any{r.coupling.WebshopID, r.coupling.ID, string(r.t.object)}
	if err := r.tx.tx.QueryRow(ctx, takeoverCountsSQL, args...).Scan(&n.Theirs, &n.Ours, &n.Both); err != nil {
		return err
	}
	n.OnlyTheirs, n.OnlyOurs = n.Theirs-n.Both, n.Ours-n.Both
	for _, only := range []struct {
		what koppel.TakeoverKind
		sql  string
	}{{koppel.OnlyTheirs, onlyTheirsSQL}, {koppel.OnlyOurs, onlyOursSQL}} {
		rows, err := r.tx.tx.Query(ctx, r.t.named(only.sql), append(args, koppel.TakeoverShown)...)
		if err != nil {
			return err
		}
		d := koppel.TakeoverDifference{What: only.what}
		if _, err := pgx.ForEachRow(rows, []any{&d.RemoteID, &d.TheirID, &d.ObjectID}, func() error { r.differs(d); return nil }); err != nil {
			return err
		}
	}
	if err := r.links(ctx, args); err != nil {
		return err
	}
	if err := r.beside(ctx, args); err != nil {
		return err
	}
	n.LinkedOtherwise = int64(len(r.otherwise))
	return nil
}

// differs lists a difference, unless there are enough of its kind.
func (r *takeoverReport) differs(d koppel.TakeoverDifference) {
	if d.Object = r.t.object; r.listed[d.What] < koppel.TakeoverShown {
		r.listed[d.What]++
		r.differing = append(r.differing, d)
	}
}

func (r *takeoverReport) links(ctx context.Context, args []any) error {
	rows, err := r.tx.tx.Query(ctx, r.t.named(otherLinksSQL), args...)
	if err != nil {
		return err
	}
	d := koppel.TakeoverDifference{What: koppel.LinkedOtherwise}
	apart := false
	_, err = pgx.ForEachRow(rows, []any{&d.RemoteID, &d.TheirID, &d.ObjectID, &apart}, func() error {
		d.Reason = "here it is one object with another that they keep apart"
		if apart {
			d.Reason = "they have one object where there are several here"
		}
		r.otherwise[d.RemoteID] = true
		r.differs(d)
		return nil
	})
	return err
}
