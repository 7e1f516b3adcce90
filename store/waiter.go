package store

import (
	"fmt"
	"strings"

	"github.com/koppel-io/koppel"
)

// waiter is one reference of the model that may wait for what it names: of an object, or of its lines.
type waiter struct {
	object koppel.Object
	// field changes when the reference is set free: the reference's own, or the lines.
	field  int
	target koppel.Object
	// column is the reference's own name.
	column string
	// exists asks whether any waits, keys which keys wait (of webshop $1 and coupling $2); free, where a statement can, binds the keys
	// in $1, of the couplings in $4, to the objects in $2.
	exists, keys, free string
}

// waiters are all references, made once from the tables.
var waiters = newWaiters()

func newWaiters() (list []waiter) {
	for _, object := range koppel.Objects() {
		t := tables[object]
		for _, i := range t.refs {
			list = append(list, t.waiter(t, i, i))
		}
		if t.lines != nil {
			for _, i := range t.lines.refs {
				list = append(list, t.lines.waiter(t, i, t.lineField))
			}
		}
	}
	return list
}

// waiter describes reference i of table t, which is owner's or its lines'.
func (t *table) waiter(owner *table, i, changed int) waiter {
	f := &t.fields[i]
	ref, key := f.Name+"_id", f.Name+"_key"
	waiting := fmt.Sprintf(" AND %s IS NULL AND %s IS NOT NULL", ref, key)
	w := waiter{
		object: owner.object, field: changed, target: f.Ref, column: f.Name,
		exists: "EXISTS (SELECT FROM " + t.name + " WHERE webshop_id = $1" + waiting + ")",
		keys:   "SELECT '" + string(f.Ref) + "' AS object, " + key + " AS key FROM " + t.name + " WHERE webshop_id = $1 AND key_coupling_id = $2" + waiting,
	}
	bind := fmt.Sprintf(`FROM (SELECT $3::bigint AS shop, u.* FROM unnest($1::text[], $2::bigint[], $4::bigint[]) AS u(key, object_id, coupling) OFFSET 0) k
WHERE t.webshop_id = k.shop AND t.key_coupling_id = k.coupling AND t.%s IS NULL AND t.%s = k.key`, ref, key)
	switch {
	case owner.object == koppel.ProductCompositions:
		// Only a batch can: it looks for the pair and for cycles.
		w.free = ""
	case t != owner:
		w.free = fmt.Sprintf(`
WITH l AS (UPDATE %s t SET %s = k.object_id %s RETURNING t.%s_id AS id)
UPDATE %s o SET changed_at = now(), run_id = $5::bigint
FROM (SELECT DISTINCT id FROM l) AS l WHERE o.webshop_id = $3::bigint AND o.id = l.id RETURNING o.id`, t.name, ref, bind, owner.name, owner.name)
	case owner.object == koppel.SupplierProducts:
		w.free = t.freePair(ref, bind)
		if f.Ref == koppel.Products {
			// The product's offers have to be decided again.
			w.free += ", t.product_id"
		}
	case owner.object == koppel.ItemDeliveries:
		// The order may be completed by it.
		w.free = fmt.Sprintf("\nUPDATE %s t SET %s = k.object_id, run_id = $5::bigint, changed_at = now() %s RETURNING t.id, coalesce(t.buy_order_id, 0)", t.name, ref, bind)
	default:
		w.free = fmt.Sprintf("\nUPDATE %s t SET %s = k.object_id, run_id = $5::bigint, changed_at = now() %s RETURNING t.id", t.name, ref, bind)
	}
	return w
}

// freePair binds a reference of a pair unless that would make the pair a second time: such an object goes on waiting,
// and the end of the run links its record to the first.
func (t *table) freePair(ref, bind string) string {
	other := "supplier_id"
	if ref == other {
		other = "product_id"
	}
	return fmt.Sprintf(`
WITH c AS (
    SELECT t.id, k.object_id, t.%[2]s AS other, row_number() OVER (PARTITION BY coalesce(t.%[2]s, -t.id), k.object_id ORDER BY t.id) AS n
    FROM %[1]s t %[4]s
)
UPDATE %[1]s t SET %[3]s = c.object_id, run_id = $5::bigint, changed_at = now() FROM c
WHERE t.webshop_id = $3::bigint AND t.id = c.id AND t.%[3]s IS NULL AND c.n = 1 AND (c.other IS NULL OR NOT EXISTS (
    SELECT FROM %[1]s o WHERE o.webshop_id = $3::bigint AND o.%[3]s = c.object_id AND o.%[2]s = c.other)) RETURNING t.id`,
		t.name, other, ref, strings.Replace(bind, "FROM (", ", (", 1))
}

// waits says what waits in this webshop that a batch could set free.
type waits struct {
	parked, decisions bool
	// refs has a place for each of waiters.
	refs []bool
	// adoption: a child stream does not know its parent stream yet.
	adoption bool
	// suspects: records of the stream are suspected to be gone.
	suspects bool
}

// anyWaitsSQL is an array with a place for each of waiters.
var anyWaitsSQL = func() string {
	parts := make([]string, len(waiters))
	for i, w := range waiters {
		parts[i] = w.exists
	}
	return "ARRAY[" + strings.Join(parts, ",\n       ") + "]"
}()

// forObject reports whether anything waits for such objects.
func (q waits) forObject(object koppel.Object) bool {
	for i, w := range waiters {
		if w.target == object && q.refs[i] {
			return true
		}
	}
	return false
}

// free sets free what waits for keys of an object.
func (w *writing) free(object koppel.Object, f freed) {
	if len(f.keys) == 0 {
		return
	}
	for i, waiter := range waiters {
		if waiter.target != object || !w.waiting.refs[i] || waiter.free == "" {
			continue
		}
		w.pipe.query(waiter.free, func(row [][]byte) error {
			id, err := textInt(row[0])
			if err != nil {
				return err
			}
			w.change(waiter.object, changeUpdated, id, 1<<waiter.field)
			if waiter.object == koppel.BuyOrders {
				w.receives(id, false)
			}
			if len(row) > 1 && waiter.object == koppel.ItemDeliveries {
				order, err := textInt(row[1])
				if order != 0 {
					w.receives(order, true)
				}
				return err
			}
			if len(row) > 1 {
				product, err := textInt(row[1])
				if w.offered == nil {
					w.offered = map[int64]bool{}
				}
				w.offered[product] = true
				return err
			}
			return nil
		}, textsArg(f.keys), intsArg(f.ids), intArg(w.b.Lease.Webshop), intsArg(f.couplings), intArg(w.b.Lease.Run))
	}
}
