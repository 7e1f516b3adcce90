package store

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// Review is a record that could not be linked by itself and waits for a person.
type Review struct {
	ParkedRow
	// Candidates are the objects that it could be; none when nothing has its code.
	Candidates []Candidate
}

// Candidate is an object that a record could be.
type Candidate struct {
	UUID string
	Name string
	// Why says what they have in common.
	Why string
	// Couplings are the names of the couplings that know it.
	Couplings []string
}

const reviewsSQL = parkedColumns + parkedFrom + `
WHERE p.resolved_at IS NULL AND p.kind IN ('conflict', 'not_found') AND p.object = ANY (@objects) AND p.field <> '' AND p.expression = ''
  AND (@coupling::uuid IS NULL OR c.uuid = @coupling) AND p.id < @after ORDER BY p.id DESC LIMIT @limit`

// Reviews lists what waits for a person's decision, newest first, each with its candidates.
func (tx *Tx) Reviews(ctx context.Context, coupling string, limit int, after string) (Page[Review], error) {
	const op = "list reviews"
	from, err := idAfter(op, "reviews", after, 1<<62)
	if err != nil {
		return Page[Review]{}, err
	}
	id, err := idOrNull(op, "coupling", coupling)
	if err != nil {
		return Page[Review]{}, err
	}
	size := pageSize(limit)
	rows, err := tx.tx.Query(ctx, reviewsSQL, pgx.StrictNamedArgs{"objects": reviewed, "coupling": id, "after": from, "limit": size + 1})
	if err != nil {
		return Page[Review]{}, wrap(op, err)
	}
	parked, err := pgx.CollectRows(rows, pgx.RowToStructByNameLax[ParkedRow])
	if err != nil {
		return Page[Review]{}, wrap(op, err)
	}
	list := make([]Review, len(parked))
	for i, p := range parked {
		list[i].ParkedRow = p
		if list[i].Candidates, err = tx.candidates(ctx, p); err != nil {
			return Page[Review]{}, wrap(op, err)
		}
	}
	return pageOf("reviews", list, size, func(r Review) int64 { return r.ID }), nil
}

// reviewed are the objects that are linked by codes.
var reviewed = []string{string(koppel.Products), string(koppel.Suppliers), string(koppel.SellOrders)}

const candidateSQL = `
SELECT o.uuid::text, o.NAME, ARRAY(SELECT DISTINCT c.name FROM source s JOIN coupling c ON c.id = s.coupling_id
    WHERE s.webshop_id = o.webshop_id AND s.object_id = o.id ORDER BY c.name) AS couplings
FROM TABLE o WHERE o.webshop_id = $1 AND o.id = ANY($2) ORDER BY o.id`

func (tx *Tx) candidates(ctx context.Context, p ParkedRow) ([]Candidate, error) {
	object := koppel.Object(p.Object)
	m, ok := matchers[object][p.Field]
	form := ""
	if ok {
		form = m.form(p.Input)
	}
	if form == "" {
		return []Candidate{}, nil
	}
	w := &writing{tx: tx, b: &Batch{Lease: Lease{Webshop: p.WebshopID, Coupling: p.CouplingID}}}
	hits, err := w.findHits(ctx, m, m.stored(form))
	if err != nil {
		return nil, err
	}
	why := map[bool][]int64{}
	for _, h := range hits[form] {
		why[h.own] = append(why[h.own], h.id)
	}
	name := "name"
	if object == koppel.SellOrders {
		name = "coalesce(o.number, '')"
	} else {
		name = "o." + name
	}
	list := []Candidate{}
	for own, ids := range why {
		rows, err := tx.tx.Query(ctx, strings.NewReplacer("o.NAME", name, "TABLE", tables[object].name).Replace(candidateSQL), p.WebshopID, ids)
		if err != nil {
			return nil, err
		}
		c := Candidate{Why: "it has the same " + p.Field}
		if own {
			c.Why += "; another record of this coupling is it already"
		}
		if _, err := pgx.ForEachRow(rows, []any{&c.UUID, &c.Name, &c.Couplings}, func() error {
			list = append(list, c)
			return nil
		}); err != nil {
			return nil, err
		}
	}
	return list, nil
}

const (
	decideSQL = `
INSERT INTO link_decision (webshop_id, coupling_id, object, remote_id, action, object_id, decided_by)
SELECT webshop_id, id, @object, @remote_id, @action, @target, @actor FROM coupling WHERE id = @coupling
ON CONFLICT (webshop_id, coupling_id, object, remote_id) DO UPDATE
SET action = excluded.action, object_id = excluded.object_id, decided_by = excluded.decided_by, decided_at = now()`
	undecideSQL = `DELETE FROM link_decision WHERE webshop_id = $1 AND coupling_id = $2 AND object = $3 AND remote_id = $4`
	reparkSQL   = `UPDATE parked SET resolved_at = NULL WHERE id = $1 AND NOT EXISTS (SELECT FROM parked o WHERE o.stream_id = parked.stream_id AND o.remote_id = parked.remote_id AND o.object = parked.object AND o.resolved_at IS NULL)`
	boundToSQL  = `
SELECT s.object_id, NOT EXISTS (SELECT FROM source o WHERE o.webshop_id = s.webshop_id AND o.object_id = s.object_id
    AND (o.coupling_id, o.remote_id) <> (s.coupling_id, s.remote_id) AND o.coupling_id <> 0)
FROM source s WHERE s.webshop_id = $1 AND s.coupling_id = $2 AND s.object = $3 AND s.record_id = $4 FOR UPDATE`
	unbindSQL  = `DELETE FROM source WHERE webshop_id = $1 AND coupling_id = $2 AND object = $3 AND record_id = $4`
	markOneSQL = `INSERT INTO dirty (webshop_id, stream_id, remote_id, marked) VALUES ($1, $2, $3, nextval('ticket')) ON CONFLICT (webshop_id, stream_id, remote_id) DO UPDATE SET marked = excluded.marked`
)

// Decide keeps a person's decision about a parked record: the record is mapped by it from now on. target is the
// object's outside id of a link. It answers the parked row; the caller maps the record again.
func (tx *Tx) Decide(ctx context.Context, id string, action koppel.Decision, target, actor string) (ParkedRow, error) {
	const op = "decide about a record"
	p, err := tx.reviewable(ctx, op, id)
	if err != nil {
		return p, err
	}
	var inner *int64
	switch action {
	case koppel.DecideLink:
		_, object, _, err := tx.lockObject(ctx, op, koppel.Object(p.Object), target)
		if err != nil {
			return p, err
		}
		inner = &object
	case koppel.DecideCreate, koppel.DecideIgnore:
		if target != "" {
			return p, invalid(op, "only a link names an object")
		}
	default:
		return p, invalid(op, "%q is no decision: link, create or ignore", action)
	}
	_, err = tx.exec(ctx, decideSQL, pgx.StrictNamedArgs{
		"coupling": p.CouplingID, "object": p.Object, "remote_id": p.RemoteID, "action": string(action), "target": inner, "actor": actor,
	})
	if err != nil || p.StreamID == nil {
		return p, wrap(op, err)
	}
	_, err = tx.exec(ctx, markOneSQL, p.WebshopID, *p.StreamID, p.RemoteID)
	return p, wrap(op, err)
}

// Undecide takes a decision back, so that the record waits for a person again: what it gave the object that it was
// linked to goes. A record that became an object of its own is refused; that object is merged instead.
func (tx *Tx) Undecide(ctx context.Context, id string) (ParkedRow, error) {
	const op = "undo decision"
	p, err := tx.reviewable(ctx, op, id)
	if err != nil {
		return p, err
	}
	n, err := tx.exec(ctx, undecideSQL, p.WebshopID, p.CouplingID, p.Object, p.RemoteID)
	switch {
	case err != nil:
		return p, wrap(op, err)
	case n == 0:
		return p, conflict(op, "nothing is decided about record %s", p.RemoteID)
	}
	var object int64
	var only bool
	switch err := tx.tx.QueryRow(ctx, boundToSQL, p.WebshopID, p.CouplingID, p.Object, p.RemoteID).Scan(&object, &only); {
	case errors.Is(err, pgx.ErrNoRows):
	case err != nil:
		return p, wrap(op, err)
	case only:
		return p, conflict(op, "record %s is an object of its own by now; merge that one into another: koppel object merge", p.RemoteID)
	default:
		if _, err := tx.exec(ctx, unbindSQL, p.WebshopID, p.CouplingID, p.Object, p.RemoteID); err != nil {
			return p, wrap(op, err)
		}
		if err := tx.mergeAgain(ctx, op, koppel.Object(p.Object), object); err != nil {
			return p, err
		}
	}
	_, err = tx.exec(ctx, reparkSQL, p.ID)
	return p, wrap(op, err)
}

func (tx *Tx) reviewable(ctx context.Context, op, id string) (ParkedRow, error) {
	if _, err := tx.webshop(op); err != nil {
		return ParkedRow{}, err
	}
	p, err := tx.Parked(ctx, id)
	if err != nil {
		return p, err
	}
	if !strings.Contains(" "+strings.Join(reviewed, " ")+" ", " "+p.Object+" ") || (p.Kind != koppel.KindConflict && p.Kind != koppel.KindNotFound) {
		return p, conflict(op, "record %s is parked for another reason (%s); fix that and retry it", p.RemoteID, p.Kind)
	}
	return p, nil
}

// findableSQL marks the parked records of coupling $2 that name a code which an object has by now.
const findableSQL = `
INSERT INTO dirty (webshop_id, stream_id, remote_id, marked)
SELECT DISTINCT ON (p.stream_id, p.remote_id) p.webshop_id, p.stream_id, p.remote_id, nextval('ticket') FROM parked p
WHERE p.webshop_id = $1 AND p.coupling_id = $2 AND p.resolved_at IS NULL AND p.kind = 'not_found' AND p.stream_id IS NOT NULL AND (
    p.object = 'products' AND p.field = 'sku_code' AND EXISTS (SELECT FROM product o WHERE o.webshop_id = $1 AND o.sku_key = p.input)
    OR p.object = 'products' AND p.field = 'ean_code' AND EXISTS (
        SELECT FROM product o WHERE o.webshop_id = $1 AND o.ean_code IN (p.input, right(p.input, 13), right(p.input, 12), right(p.input, 8)))
    OR p.object = 'suppliers' AND p.field = 'name' AND EXISTS (
        SELECT FROM supplier o WHERE o.webshop_id = $1 AND lower(regexp_replace(trim(o.name), '\s+', ' ', 'g') COLLATE "C") = p.input))
ON CONFLICT (webshop_id, stream_id, remote_id) DO UPDATE SET marked = excluded.marked`

// MarkFindable has the map stage look again at the coupling's records that found nothing to be linked to, where there
// is something by now, and says how many.
func (db *DB) MarkFindable(ctx context.Context, webshop, coupling int64) (n int64, err error) {
	err = db.InTx(ctx, ForWebshop(webshop), func(tx *Tx) error {
		n, err = tx.exec(ctx, findableSQL, webshop, coupling)
		return err
	})
	return n, db.wrap("look for what can be linked by now", err)
}
