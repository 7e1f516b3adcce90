package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// handwork moves sources between objects of one kind, in one transaction, while nobody else creates or links them.
type handwork struct {
	tx      *Tx
	op      string
	webshop int64
	object  koppel.Object
	t       *table
}

func (tx *Tx) byHand(ctx context.Context, op string, object koppel.Object) (*handwork, error) {
	if err := mergeable(op, object); err != nil {
		return nil, err
	}
	webshop, err := tx.webshop(op)
	if err != nil {
		return nil, err
	}
	h := &handwork{tx: tx, op: op, webshop: webshop, object: object, t: tables[object]}
	_, err = tx.exec(ctx, lockSourceSQL, lockObject, fmt.Sprintf("%d %s", webshop, object))
	return h, wrap(op, err)
}

// lockTwo locks two objects in the order of their ids.
func (h *handwork) lockTwo(ctx context.Context, a, b string) (ObjectID, ObjectID, error) {
	ids := []string{a, b}
	slices.Sort(ids)
	found := map[string]ObjectID{}
	for _, id := range ids {
		_, inner, outer, err := h.tx.lockObject(ctx, h.op, h.object, id)
		if err != nil {
			return ObjectID{}, ObjectID{}, err
		}
		found[id] = ObjectID{inner, outer}
	}
	if found[a].ID == found[b].ID {
		return ObjectID{}, ObjectID{}, conflict(h.op, "both are the object %s already", found[a].UUID)
	}
	return found[a], found[b], nil
}

// source finds a source and the object it is of.
func (h *handwork) source(ctx context.Context, b Binding) (Move, ObjectID, error) {
	if err := checkID(h.op, "coupling", b.Coupling); err != nil {
		return Move{}, ObjectID{}, err
	}
	move, err := one[Move](ctx, h.tx, sourceByKeySQL, h.webshop, b.Coupling, string(h.object), b.RemoteID)
	if errors.Is(err, pgx.ErrNoRows) {
		return Move{}, ObjectID{}, koppel.E(koppel.KindNotFound, h.op, fmt.Sprintf("coupling %s has no %s with remote id %q", b.Coupling, h.object, b.RemoteID))
	}
	if err != nil {
		return Move{}, ObjectID{}, wrap(h.op, err)
	}
	from := ObjectID{ID: move.From}
	err = h.tx.tx.QueryRow(ctx, `SELECT uuid::text FROM `+h.t.name+` WHERE webshop_id = $1 AND id = $2`, h.webshop, move.From).Scan(&from.UUID)
	return move, from, wrap(h.op, err)
}

const (
	moveSourceSQL = `UPDATE source SET object_id = $5, changed_at = now() WHERE webshop_id = $1 AND coupling_id = $2 AND object = $3 AND remote_id = $4`
	takeEditSQL   = `DELETE FROM source WHERE webshop_id = $1 AND coupling_id = 0 AND object = $2 AND object_id = $3 RETURNING mapped::text`
	leadSQL       = `UPDATE redirect SET new_id = $4, new_uuid = $5 WHERE webshop_id = $1 AND object = $2 AND new_id = $3`
	redirectToSQL = `
INSERT INTO redirect (webshop_id, object, old_id, old_uuid, new_id, new_uuid) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (webshop_id, object, old_uuid) DO UPDATE SET new_id = excluded.new_id, new_uuid = excluded.new_uuid`
	decideAnewSQL = `UPDATE link_decision SET object_id = $4 WHERE webshop_id = $1 AND object = $2 AND object_id = $3`
)

// move moves sources and what refers to them; into is the object that they meet, or that a split leaves behind.
func (h *handwork) move(ctx context.Context, m *Moves, into ObjectID) error {
	w, err := h.tx.remerging(ctx, &Batch{Lease: Lease{Webshop: h.webshop}, Total: -1})
	if err != nil {
		return err
	}
	for _, s := range m.Sources {
		if err := h.moveSource(ctx, w, s.Coupling, s.RemoteID, s.From, s.To); err != nil {
			return err
		}
	}
	affected := []int64{into.ID}
	for _, s := range m.Sources {
		affected = append(affected, s.From)
	}
	if m.Ended != nil {
		if err := h.end(ctx, w, m, into); err != nil {
			return err
		}
	}
	if m.Made != nil {
		affected = append(affected, m.Made.ID)
	}
	return h.merge(ctx, w, affected, m.Made)
}

// merge merges what was touched again; anew is an object whose row is to be made, with its outside id.
func (h *handwork) merge(ctx context.Context, w *writing, ids []int64, anew *ObjectID) error {
	slices.Sort(ids)
	if anew != nil {
		w.anew = map[int64]string{anew.ID: anew.UUID}
	}
	if err := w.remerge(ctx, h.object, slices.Compact(ids)); err != nil {
		return err
	}
	w.writeChanges()
	return w.pipe.run(ctx)
}

// moveSource moves one source and what names it.
func (h *handwork) moveSource(ctx context.Context, w *writing, coupling int64, key string, from, to int64) error {
	if _, err := h.tx.exec(ctx, moveSourceSQL, h.webshop, coupling, string(h.object), key, to); err != nil {
		return err
	}
	return h.references(ctx, w, from, to, coupling, key)
}

// end takes the row of an object that went into another one away and leaves a redirect.
func (h *handwork) end(ctx context.Context, w *writing, m *Moves, into ObjectID) error {
	a := *m.Ended
	lines, err := h.linesMadeHere(ctx, a.ID)
	if err != nil {
		return err
	}
	m.Lines = lines
	if err := h.references(ctx, w, a.ID, into.ID); err != nil {
		return err
	}
	var edit string
	switch err := h.tx.tx.QueryRow(ctx, takeEditSQL, h.webshop, string(h.object), a.ID).Scan(&edit); {
	case err == nil:
		m.Edit = json.RawMessage(edit)
	case !errors.Is(err, pgx.ErrNoRows):
		return err
	}
	for _, step := range []struct {
		sql  string
		args []any
	}{
		{leadSQL, []any{h.webshop, string(h.object), a.ID, into.ID, into.UUID}},
		{redirectToSQL, []any{h.webshop, string(h.object), a.ID, a.UUID, into.ID, into.UUID}},
		{decideAnewSQL, []any{h.webshop, string(h.object), a.ID, into.ID}},
		{`DELETE FROM ` + h.t.name + ` WHERE webshop_id = $1 AND id = $2`, []any{h.webshop, a.ID}},
	} {
		if _, err := h.tx.exec(ctx, step.sql, step.args...); err != nil {
			return err
		}
	}
	w.change(h.object, changeDeleted, a.ID, 0)
	return nil
}

// references moves what refers to an object, in every table of the model; key, a coupling and its remote id, narrows it
// to what names that.
func (h *handwork) references(ctx context.Context, w *writing, from, to int64, key ...any) error {
	for _, object := range koppel.Objects() {
		t := tables[object]
		for _, x := range []struct {
			t    *table
			back string
			bit  int
		}{{t, "id", -1}, {t.lines, t.name + "_id", t.lineField}} {
			if x.t == nil {
				continue
			}
			for _, i := range x.t.refs {
				f := x.t.fields[i]
				if f.Ref != h.object {
					continue
				}
				bit := x.bit
				if bit < 0 {
					bit = i
				}
				if err := h.moveReference(ctx, w, object, x.t, f.Name, x.back, bit, append([]any{h.webshop, from, to}, key...)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (h *handwork) moveReference(ctx context.Context, w *writing, object koppel.Object, t *table, column, back string, bit int, args []any) error {
	narrowed := ""
	if len(args) > 3 {
		narrowed = fmt.Sprintf(` AND t.key_coupling_id = $4 AND t.%s_key = $5`, column)
	}
	sql := fmt.Sprintf(`UPDATE %s t SET %s_id = $3 WHERE t.webshop_id = $1 AND t.%s_id = $2%s RETURNING t.%s`, t.name, column, column, narrowed, back)
	rows, err := h.tx.tx.Query(ctx, sql, args...)
	if err != nil {
		return err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return err
	}
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		w.change(object, changeUpdated, id, 1<<bit)
		if object == koppel.SupplierProducts && column == "product" {
			if w.offered == nil {
				w.offered = map[int64]bool{}
			}
			w.offered[args[1].(int64)], w.offered[args[2].(int64)] = true, true
		}
	}
	return nil
}

const (
	madeHereSQL  = `SELECT uuid::text FROM buy_order_line WHERE webshop_id = $1 AND product_id = $2 AND product_key IS NULL`
	giveLinesSQL = `UPDATE buy_order_line SET product_id = $3 WHERE webshop_id = $1 AND product_id = $2 AND uuid = ANY($4::uuid[])`
	endLeadSQL   = `DELETE FROM redirect WHERE webshop_id = $1 AND object = $2 AND old_uuid = $3`
	giveEditSQL  = `
INSERT INTO source (webshop_id, coupling_id, object, remote_id, object_id, stream_id, record_id, run_id, mapped)
VALUES ($1, 0, $2, $3, $4, 0, '', 0, $5::json) ON CONFLICT DO NOTHING`
)

// linesMadeHere are the lines that name a product by its id, as nobody's key says where they belong.
func (h *handwork) linesMadeHere(ctx context.Context, id int64) ([]string, error) {
	if h.object != koppel.Products {
		return nil, nil
	}
	rows, err := h.tx.tx.Query(ctx, madeHereSQL, h.webshop, id)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// undo moves everything back. An object that ended comes back under its old ids; one that a split made ends.
func (h *handwork) undo(ctx context.Context, o Operation) error {
	w, err := h.tx.remerging(ctx, &Batch{Lease: Lease{Webshop: h.webshop}, Total: -1})
	if err != nil {
		return err
	}
	m := o.Moves
	for _, s := range m.Sources {
		if err := h.moveSource(ctx, w, s.Coupling, s.RemoteID, s.To, s.From); err != nil {
			return err
		}
	}
	affected := slices.Clone(o.Objects)
	if m.Ended != nil {
		if err := h.bringBack(ctx, w, m); err != nil {
			return err
		}
	}
	if m.Made != nil {
		into := ObjectID{ID: m.Sources[0].From}
		if err := h.tx.tx.QueryRow(ctx, `SELECT uuid::text FROM `+h.t.name+` WHERE webshop_id = $1 AND id = $2`, h.webshop, into.ID).Scan(&into.UUID); err != nil {
			return err
		}
		if err := h.end(ctx, w, &Moves{Ended: m.Made}, into); err != nil {
			return err
		}
		affected = slices.DeleteFunc(affected, func(id int64) bool { return id == m.Made.ID })
	}
	return h.merge(ctx, w, affected, m.Ended)
}

func (h *handwork) bringBack(ctx context.Context, w *writing, m Moves) error {
	a := *m.Ended
	into := m.Sources
	if _, err := h.tx.exec(ctx, endLeadSQL, h.webshop, string(h.object), a.UUID); err != nil {
		return err
	}
	if len(m.Edit) > 0 {
		if _, err := h.tx.exec(ctx, giveEditSQL, h.webshop, string(h.object), a.UUID, a.ID, string(m.Edit)); err != nil {
			return err
		}
	}
	if len(m.Lines) > 0 && len(into) > 0 {
		if _, err := h.tx.exec(ctx, giveLinesSQL, h.webshop, into[0].To, a.ID, m.Lines); err != nil {
			return err
		}
	}
	return nil
}
