package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// lockObject is the class of the advisory locks under which objects of one kind are looked for and created: exclusively
// by who looks before it creates, shared by who only creates.
const lockObject = 7212

const (
	lockObjectsSQL  = `SELECT set_config('lock_timeout', $3, true), pg_advisory_xact_lock($1, hashtext($2)), set_config('lock_timeout', $4, true)`
	shareObjectsSQL = `SELECT pg_advisory_xact_lock_shared($1::int, hashtext($2))`
	partySQL        = `SELECT ` + participantsSQL
)

// errJoined says that another coupling joined the webshop while this one created objects without looking for them.
var errJoined = errors.New("another coupling takes part by now")

// link binds what this coupling does not know yet to objects that are there already: as a person decided, buy orders by
// our reference, supplier products by their pair, others by the coupling's mapping key. A coupling that is found by
// remote id only still looks for what others made of the same thing, by their keys. Nobody else creates such objects
// meanwhile.
func (w *writing) link(ctx context.Context, g *group) error {
	var fresh []*item
	for _, it := range g.items {
		if it.object == 0 && !it.m.Skip {
			fresh = append(fresh, it)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	fresh, err := w.decided(ctx, g, fresh)
	if err != nil || len(fresh) == 0 {
		return err
	}
	if _, ok := pairOf[g.t.object]; ok {
		return w.linkPairs(ctx, g, fresh)
	}
	rule := w.self().rule(g.t.object)
	secondary := rule.Role == koppel.RoleSecondary
	switch m, ok := matchers[g.t.object][rule.Key]; {
	case g.t.object == koppel.ItemDeliveries && !secondary:
		// One that we pushed comes back; any other is created.
		return w.linkBy(ctx, g, fresh, search{matcher: byDeliveryReference, foreign: true})
	case g.t.object == koppel.Shipments && !secondary:
		return w.linkBy(ctx, g, fresh, search{matcher: byTracking, foreign: true})
	case g.t.object == koppel.BuyOrders:
		return w.linkBy(ctx, g, fresh, search{matcher: byReference, shared: true})
	case ok:
		return w.linkBy(ctx, g, fresh, search{matcher: m, shared: secondary, findOnly: secondary})
	case rule.Key != koppel.ByRemoteID && rule.Key != "":
		return koppel.E(koppel.KindInvalidRequest, "link "+string(g.t.object), fmt.Sprintf("%s cannot be found by %q; they can by %s", g.t.object, rule.Key, strings.Join(g.t.object.MappingKeys(), ", ")))
	case secondary:
		for _, it := range fresh {
			w.unmatched(g, it, "remote_id", it.m.RemoteID)
		}
		return nil
	}
	for _, key := range w.othersKeys(g.t.object) {
		if err := w.linkBy(ctx, g, fresh, search{matcher: matchers[g.t.object][key], foreign: true}); err != nil {
			return err
		}
		fresh = slices.DeleteFunc(fresh, func(it *item) bool { return it.object != 0 || it.left })
	}
	if len(fresh) > 0 && !w.locked[g.t.object] {
		w.unlooked = append(w.unlooked, g.t.object)
	}
	return nil
}

// othersKeys are the codes by which other couplings of the webshop find such objects, in the order of the model.
func (w *writing) othersKeys(object koppel.Object) []string {
	var keys []string
	for _, key := range object.MappingKeys()[1:] {
		for _, p := range w.party {
			if p.ID != w.b.Lease.Coupling && !p.Draft && p.rule(object).Key == key {
				keys = append(keys, key)
				break
			}
		}
	}
	return keys
}

// checkAlone fails the batch when another coupling joined after it looked who is there: what it created without
// looking may be there already. Under the shared lock nobody who looks is at it.
func (w *writing) checkAlone() {
	for _, object := range w.unlooked {
		w.pipe.add(-1, shareObjectsSQL, intArg(lockObject), textArg(w.kindName(object)))
	}
	if len(w.unlooked) == 0 {
		return
	}
	w.pipe.query(partySQL, func(row [][]byte) error {
		if string(row[0]) != w.partyText {
			return errJoined
		}
		return nil
	}, intArg(w.b.Lease.Webshop))
}

func (w *writing) kindName(object koppel.Object) string {
	return fmt.Sprintf("%d %s", w.b.Lease.Webshop, object)
}

// search is how objects are looked for by a code.
type search struct {
	matcher
	// shared: several records of the coupling may be one object. Otherwise a second one is for a person to decide.
	shared bool
	// foreign: only objects that no source of the coupling names are meant.
	foreign bool
	// findOnly: what is not found is parked instead of created.
	findOnly bool
}

// hit is an object that has a code; own says that a source of the coupling names it.
type hit struct {
	id  int64
	own bool
}

// linkBy binds items to the objects that have their code. One hit links; several, or one that another record of the
// coupling is, are for a person. The others stay unbound.
func (w *writing) linkBy(ctx context.Context, g *group, fresh []*item, by search) error {
	name := g.t.fields[by.field].Name
	wanted := map[string][]*item{}
	var order, ask []string
	for _, it := range fresh {
		value, _ := it.m.Values[by.field].(string)
		form := by.form(value)
		if form == "" {
			if by.findOnly {
				w.unmatched(g, it, name, value)
			}
			continue
		}
		if wanted[form] == nil {
			order, ask = append(order, form), append(ask, by.stored(form)...)
		}
		wanted[form] = append(wanted[form], it)
	}
	if len(ask) == 0 {
		return nil
	}
	if err := w.lockKind(ctx, g); err != nil {
		return err
	}
	hits, err := w.findHits(ctx, by.matcher, ask)
	if err != nil {
		return err
	}
	for _, form := range order {
		if err := w.bind(ctx, g, by, form, wanted[form], hits[form]); err != nil {
			return err
		}
	}
	return nil
}

// findHits finds the objects that have one of the stored texts, by normal form.
func (w *writing) findHits(ctx context.Context, m matcher, stored []string) (map[string][]hit, error) {
	found, err := w.tx.tx.Query(ctx, m.sql, w.b.Lease.Webshop, stored, w.b.Lease.Coupling)
	if err != nil {
		return nil, err
	}
	hits := map[string][]hit{}
	var h hit
	var value string
	_, err = pgx.ForEachRow(found, []any{&h.id, &value, &h.own}, func() error {
		form := m.form(value)
		hits[form] = append(hits[form], h)
		return nil
	})
	return hits, err
}

// bind binds the items of one code.
func (w *writing) bind(ctx context.Context, g *group, by search, form string, items []*item, hits []hit) error {
	name := g.t.fields[by.field].Name
	if by.foreign {
		hits = slices.DeleteFunc(hits, func(h hit) bool { return h.own })
	}
	switch {
	case len(hits) > 1:
		for _, it := range items {
			w.parkItem(g, it, koppel.KindConflict, name, form, fmt.Sprintf("%d %s have %s %q: which one is meant must be decided by a person", len(hits), g.t.object, name, form))
		}
		return nil
	case len(hits) == 0 && by.findOnly:
		for _, it := range items {
			w.unmatched(g, it, name, form)
		}
		return nil
	case len(hits) == 0 && len(items) == 1, len(hits) == 0 && by.foreign:
		return nil // created
	case len(hits) == 0:
		ids, err := w.db.objectIDs.take(ctx, w.tx, 1)
		if err != nil {
			return err
		}
		hits = []hit{{id: ids[0]}}
	}
	for i, it := range items {
		switch {
		case by.shared || i == 0 && !hits[0].own:
			it.object = hits[0].id
		case by.foreign:
			// The coupling itself says that these are several; the first is the one that is there.
		default:
			w.parkItem(g, it, koppel.KindConflict, name, form, fmt.Sprintf("another record of this coupling has %s %q too: whether both are one of the %s must be decided by a person", name, form, g.t.object))
		}
	}
	return nil
}

func (w *writing) unmatched(g *group, it *item, field, value string) {
	w.parkItem(g, it, koppel.KindNotFound, field, value, fmt.Sprintf("no %s here has %s %q, and this coupling does not create them", g.t.object, field, value))
}

// leave takes an item out of the group.
func (g *group) leave(it *item) {
	it.left = true
	g.items = slices.DeleteFunc(g.items, func(other *item) bool { return other == it })
}

// parkItem takes an item out of the group and keeps why.
func (w *writing) parkItem(g *group, it *item, kind koppel.Kind, field, input, reason string) {
	w.parked = append(w.parked, parkedRow{it.r, Parked{Object: g.t.object, Field: field, Input: input, Kind: kind, Reason: reason}})
	g.leave(it)
}

// lockKind keeps other couplings from creating objects of the kind. It comes in the batch's turn: the batch before
// may need the same lock. Who looks does not take long, so it is waited for longer than for a row.
func (w *writing) lockKind(ctx context.Context, g *group) error {
	if w.locked[g.t.object] {
		return nil
	}
	if err := w.takeTurn(ctx); err != nil {
		return err
	}
	most := lockTurn
	if w.alone && w.careful {
		most = lockMost
	}
	if _, err := w.tx.exec(ctx, lockObjectsSQL, lockObject, w.kindName(g.t.object), most, w.rowWait()); err != nil {
		return err
	}
	if w.locked == nil {
		w.locked = map[koppel.Object]bool{}
	}
	w.locked[g.t.object] = true
	return nil
}

// How long a batch waits for the lock of a kind: the second time longer, when nothing of it is in anybody's way.
const (
	lockTurn = "5s"
	lockMost = "30s"
)
