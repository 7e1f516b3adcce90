package store

import (
	"cmp"
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/koppel-io/koppel"
	"github.com/shopspring/decimal"
)

// writeObjects writes the objects that really differ from what is stored, each with what changed of it.
func (w *writing) writeObjects(ctx context.Context, g *group) error {
	switch g.t.object {
	case koppel.SupplierProducts:
		w.guessPreferred(g)
	case koppel.BuyOrders:
		if err := w.numberBuyOrders(ctx, g); err != nil {
			return err
		}
	}
	inserts, updates := newRows(g.t.row, 320*len(g.order)), newRows(g.t.row, 0)
	var lines *rows
	var replaced, removed []int64
	if g.t.lines != nil {
		lines = newRows(g.t.lines.row, 0)
	}
	for _, tg := range g.order {
		w.compose(g, tg)
		if tg.emptied && tg.waits(g.t) {
			removed = append(removed, tg.id)
			w.change(g.t.object, changeDeleted, tg.id, 0)
			continue
		}
		var lineChange bool
		if lines != nil {
			lineChange = g.putLines(lines, tg)
		}
		if tg.before == nil {
			w.receive(g, tg)
			g.put(inserts, tg)
			mask := givenMask(tg.values)
			w.wantStock(g, tg, mask)
			w.change(g.t.object, changeCreated, tg.id, mask)
			continue
		}
		g.put(updates, tg)
		mask := g.t.changed(tg.before, updates)
		operation := changeUpdated
		if lineChange {
			mask |= 1 << g.t.lineField
			replaced = append(replaced, tg.id)
		}
		w.wantStock(g, tg, mask)
		if at := g.t.at(partDeleted); at >= 0 && !sameField(tg.before[at], updates.field(at)) {
			if operation = changeRestored; tg.gone {
				operation = changeDeleted
			}
		} else if mask == 0 {
			// A state that holds for another reason now is kept, and is no change for readers.
			if at := g.t.at(partReason); sameField(tg.before[at], updates.field(at)) {
				updates.drop()
			}
			if g.t.object == koppel.BuyOrders {
				// A remote may say by now that it is completed, or no longer.
				w.receive(g, tg)
			}
			continue
		}
		w.receive(g, tg)
		w.change(g.t.object, operation, tg.id, mask)
	}
	shop, run := intArg(w.b.Lease.Webshop), intArg(w.b.Lease.Run)
	if inserts.n > 0 {
		w.pipe.add(int64(inserts.n), g.t.insert, w.pipe.rowsArg(inserts), shop, run)
	}
	if updates.n > 0 {
		w.pipe.add(int64(updates.n), g.t.update, w.pipe.rowsArg(updates), shop, run)
	}
	if len(removed) > 0 {
		w.pipe.add(int64(len(removed)), "DELETE FROM "+g.t.name+" WHERE webshop_id = $2::bigint AND id = ANY($1::bigint[])", intsArg(removed), shop)
	}
	if len(replaced) > 0 {
		w.pipe.add(-1, g.t.lines.remove, intsArg(replaced), shop)
	}
	if lines != nil && lines.n > 0 {
		w.pipe.add(int64(lines.n), g.t.lines.insert, w.pipe.rowsArg(lines), shop)
	}
	return nil
}

// givenMask is the mask of the fields that an object has.
func givenMask(values koppel.Values) (mask int64) {
	for i, value := range values {
		if !absent(value) {
			mask |= 1 << i
		}
	}
	return mask
}

// put adds the object's row.
func (g *group) put(r *rows, tg *target) {
	r.begin()
	for i, s := range g.t.slots {
		if g.madeHere(tg, s) {
			r.stored(tg.before[i])
			continue
		}
		switch s.part {
		case partID:
			r.int8(tg.id)
		case partUUID:
			r.uuid(tg.uuid)
		case partDeleted:
			r.bool(tg.gone)
		case partReason:
			r.optional(string(tg.reason))
		case partCoupling:
			r.ref(g.keyCoupling(tg))
		case partRefID:
			r.ref(g.ref(tg, s.field, &g.t.fields[s.field], tg.values[s.field]))
		case partRefKey:
			r.key(&g.t.fields[s.field], tg.values[s.field])
		default:
			r.value(&g.t.fields[s.field], tg.values[s.field])
		}
	}
	r.end()
}

// madeHere reports whether a column keeps what was given here because no source says otherwise: what people gave an
// order, so that a pull that meets one which was pushed leaves it alone, when a delivery was first seen, whether a product
// has parts.
func (g *group) madeHere(tg *target, s slot) bool {
	if tg.before == nil {
		return false
	}
	if tg.emptied {
		return s.part != partDeleted && s.part != partReason && (s.part != partValue || tg.values[s.field] == nil)
	}
	switch g.t.object {
	case koppel.Products:
		// Whether it has parts, where no remote tells.
		return s.part == partValue && s.field == productAssembled && tg.winner[productAssembled] == nil
	case koppel.ItemDeliveries:
		// When it was first seen, where the remote does not tell.
		// And our reference of one that was pushed.
		return s.part == partValue && (s.field == deliveryAt || s.field == deliveryReference) && absent(tg.values[s.field])
	case koppel.BuyOrders:
		if s.part == partValue && s.field == buyCompleted {
			// Decided with the order's deliveries.
			return true
		}
	default:
		return false
	}
	switch s.part {
	case partCoupling:
		return tg.winner[buySupplier] == nil
	case partValue, partRefID, partRefKey:
		return tg.winner[s.field] == nil && (absent(tg.values[s.field]) || g.t.fields[s.field].Default != nil)
	}
	return false
}

// keyCoupling is the coupling whose keys the object's references are: of one that waits, if any.
func (g *group) keyCoupling(tg *target) (coupling int64) {
	for _, i := range g.t.refs {
		from := tg.keysOf(i)
		if from != 0 && g.ref(tg, i, &g.t.fields[i], tg.values[i]) == 0 {
			return from
		}
		coupling = cmp.Or(coupling, from)
	}
	return coupling
}

// keysOf is the coupling whose keys a field of the object holds; 0 when it holds none.
func (tg *target) keysOf(field int) int64 {
	if s := tg.winner[field]; s != nil {
		return s.coupling
	}
	return 0
}

// ref is what a key refers to; 0 while that is not there.
func (g *group) ref(tg *target, winner int, f *koppel.Field, value any) int64 {
	key, ok := value.(string)
	if !ok {
		return 0
	}
	return g.refs[refKey{tg.keysOf(winner), f.Ref, key}]
}

// putLines adds the object's lines when they differ from the stored ones: they are replaced as a whole.
func (g *group) putLines(r *rows, tg *target) (changed bool) {
	if g.madeHere(tg, slot{partValue, g.t.lineField}) {
		return false
	}
	lines, _ := tg.values[g.t.lineField].([]koppel.Values)
	size, n := len(r.buf), r.n
	changed = len(lines) != len(tg.lines)
	for i, line := range lines {
		r.begin()
		var was [][]byte
		if g.t.object == koppel.BuyOrders {
			was = g.t.lines.lineBefore(tg.lines, i, line)
		}
		for j, s := range g.t.lines.slots {
			if was != nil && s.part == partValue && line[s.field] == nil {
				r.stored(was[j])
				continue
			}
			switch s.part {
			case partOwner:
				r.int8(tg.id)
			case partPosition:
				r.int4(int32(i + 1))
			case partUUID:
				if was != nil {
					r.uuid(uuid.UUID(was[j]))
				} else {
					r.uuid(uuid.Must(uuid.NewV7()))
				}
			case partCoupling:
				r.ref(tg.keysOf(g.t.lineField))
			case partRefID:
				r.ref(g.ref(tg, g.t.lineField, &g.t.lines.fields[s.field], line[s.field]))
			case partRefKey:
				r.key(&g.t.lines.fields[s.field], line[s.field])
			default:
				r.value(&g.t.lines.fields[s.field], line[s.field])
			}
		}
		r.end()
		if !changed {
			changed = g.t.lines.changed(tg.lines[i], r) != 0
		}
	}
	if !changed {
		r.buf, r.n = r.buf[:size], n
	}
	return changed
}

// lineBefore is the stored line that line i goes on: the one with its remote id, else the one in its place that has
// none; nil for a new one. Its outside id stays, and what the remote does not tell of it.
func (t *table) lineBefore(stored [][][]byte, i int, line koppel.Values) [][]byte {
	key := t.lineKey()
	if id, ok := line[t.slots[key].field].(string); ok {
		for _, row := range stored {
			if string(row[key]) == id {
				return row
			}
		}
	}
	if i < len(stored) && len(stored[i][key]) == 0 {
		return stored[i]
	}
	return nil
}

// lineKey is the column of a line's remote id.
func (t *table) lineKey() int {
	for i, col := range t.row.cols {
		if col.name == "remote_id" {
			return i
		}
	}
	panic("store: " + t.name + " has no remote_id")
}

// key puts the key of a reference; null when there is none.
func (r *rows) key(f *koppel.Field, value any) {
	if key, ok := value.(string); ok {
		r.text(keptKey(f.Ref, key))
		return
	}
	r.null()
}

// value puts a field's value; absent and explicit null are null.
func (r *rows) value(f *koppel.Field, value any) {
	switch v := value.(type) {
	case string:
		r.text(v)
	case int64:
		r.int8(v)
	case bool:
		r.bool(v)
	case decimal.Decimal:
		r.decimal(v, f.Scale)
	case time.Time:
		if f.Type == koppel.Date {
			r.date(v)
		} else {
			r.time(v)
		}
	case []string:
		r.texts(v)
	case json.RawMessage:
		r.bytes(v)
	default:
		r.null()
	}
}

func textInt(b []byte) (int64, error) { return strconv.ParseInt(string(b), 10, 64) }

const (
	buyOrderNumbersSQL = `
INSERT INTO webshop_counter (webshop_id, buy_orders) VALUES ($1, $2)
ON CONFLICT (webshop_id) DO UPDATE SET buy_orders = webshop_counter.buy_orders + excluded.buy_orders RETURNING buy_orders`
	orderPrefixSQL = `SELECT order_prefix FROM webshop WHERE id = $1`
)

// numberBuyOrders gives our number to orders that came without one. The counter is shared with every batch, so it is
// locked only in this batch's turn.
func (w *writing) numberBuyOrders(ctx context.Context, g *group) error {
	var unnamed []*target
	for _, tg := range g.order {
		if !absent(tg.values[buyReference]) {
			continue
		}
		if tg.before != nil {
			tg.values[buyReference] = string(tg.before[g.t.valueColumn(buyReference)])
			continue
		}
		unnamed = append(unnamed, tg)
	}
	if len(unnamed) == 0 {
		return nil
	}
	if err := w.takeTurn(ctx); err != nil {
		return err
	}
	var prefix string
	if err := w.tx.tx.QueryRow(ctx, orderPrefixSQL, w.b.Lease.Webshop).Scan(&prefix); err != nil {
		return err
	}
	var last int64
	if err := w.tx.tx.QueryRow(ctx, buyOrderNumbersSQL, w.b.Lease.Webshop, len(unnamed)).Scan(&last); err != nil {
		return err
	}
	for i, tg := range unnamed {
		tg.values[buyReference] = prefix + strconv.FormatInt(last-int64(len(unnamed))+int64(i)+1, 10)
	}
	return nil
}

// valueColumn is the column of a field's value.
func (t *table) valueColumn(field int) int {
	for i, s := range t.slots {
		if s.part == partValue && s.field == field {
			return i
		}
	}
	return -1
}
