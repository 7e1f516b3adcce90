package store_test

import (
	"testing"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

func composition(t *testing.T, id, composed, part string, ticket, quantity int64) store.Record {
	t.Helper()
	return record(id, ticket, koppel.ProductCompositions, values(t, koppel.ProductCompositions, map[string]any{
		"composed_product": composed, "part_product": part, "part_quantity": quantity,
	}))
}

// partsSQL are the parts that count, by the products' names.
const partsSQL = `SELECT c.name AS composed, p.name AS part, o.part_quantity AS n FROM product_composition o
	JOIN product c ON c.id = o.composed_product_id JOIN product p ON p.id = o.part_product_id WHERE o.deleted_at IS NULL ORDER BY 1, 2`

func TestACompositionsPairIsUnique(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	r.write(t, r.lease, product(t, "A", 4, nil), product(t, "B", 4, nil))
	r.write(t, r.lease, composition(t, "1", "A", "B", 5, 2), composition(t, "2", "A", "B", 5, 3))
	r.write(t, r.lease, composition(t, "3", "A", "B", 6, 4))
	r.want(t, "1|3", "SELECT count(*), (SELECT count(*) FROM source WHERE object = 'product_compositions') FROM product_composition")
}

func TestAProductIsNeverAPartOfItself(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	named := func(id string) store.Record { return product(t, id, 4, map[string]any{"sku_code": id}) }
	r.write(t, r.lease, named("A"), named("B"), named("C"), named("D"))
	// Of a circle the last part is refused, the others sync; nested sets are allowed.
	r.write(t, r.lease, composition(t, "1", "A", "B", 5, 1), composition(t, "2", "B", "C", 5, 1), composition(t, "3", "C", "D", 5, 1))
	counts := r.write(t, r.lease, composition(t, "4", "C", "A", 6, 1), composition(t, "5", "D", "D", 6, 1), composition(t, "6", "A", "D", 6, 7))
	if counts.Parked != 2 {
		t.Errorf("parked %d records", counts.Parked)
	}
	r.want(t, "Product A|Product B|1\nProduct A|Product D|7\nProduct B|Product C|1\nProduct C|Product D|1", partsSQL)
	const parked = "SELECT remote_id, kind, reason, resolved_at IS NOT NULL AS resolved FROM parked ORDER BY remote_id"
	r.want(t, `4|conflict|a product cannot be a part of itself: "C" → "A" → "B" → "C"|false`+"\n"+
		`5|conflict|a product cannot be a part of itself: "D" → "D"|false`, parked)
	// The circle is opened elsewhere; the part comes again and is taken.
	open := composition(t, "1", "A", "B", 7, 1)
	open.Mapped[0].Skip = true
	r.write(t, r.lease, open)
	r.write(t, r.lease, composition(t, "4", "C", "A", 8, 1))
	r.want(t, "Product A|Product D|7\nProduct B|Product C|1\nProduct C|Product A|1\nProduct C|Product D|1", partsSQL)
	r.want(t, `4|true`+"\n"+`5|false`, "SELECT remote_id, resolved_at IS NOT NULL AS resolved FROM parked ORDER BY remote_id")
}

func TestCirclesAreRefusedWhenReferencesComeLate(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	r.write(t, r.lease, composition(t, "1", "A", "B", 5, 1), composition(t, "2", "B", "A", 5, 1), composition(t, "3", "A", "B", 5, 9), composition(t, "4", "A", "A", 5, 1))
	r.write(t, r.lease, product(t, "A", 6, nil), product(t, "B", 6, nil))
	r.want(t, "", partsSQL)
	if _, err := r.Engine.ResolveReferences(t.Context(), r.shop.ID, r.coupling.ID, r.lease.Run); err != nil {
		t.Fatal(err)
	}
	r.want(t, "Product A|Product B|1", partsSQL)
	r.want(t, "2|conflict\n4|conflict", "SELECT remote_id, kind FROM parked ORDER BY remote_id")
	// The second record of the pair is linked to the first: its own object, which nobody saw, is gone.
	r.want(t, "1|3", "SELECT object_id, remote_id FROM (SELECT count(DISTINCT object_id) AS object_id, max(remote_id) AS remote_id FROM source WHERE remote_id IN ('1', '3')) q")
}

func TestTheFirstPartMakesAProductAssembledAndRemovingTheLastUndoesIt(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	r.write(t, r.lease, product(t, "A", 4, nil), product(t, "B", 4, nil), product(t, "C", 4, map[string]any{"assembled": false}))
	r.write(t, r.lease, composition(t, "1", "A", "B", 5, 2), composition(t, "2", "C", "B", 5, 2))
	const assembled = "SELECT name, assembled FROM product ORDER BY name"
	r.want(t, "Product A|true\nProduct B|false\nProduct C|false", assembled) // of C the remote says otherwise
	// A change of the product itself leaves it.
	r.write(t, r.lease, product(t, "A", 6, map[string]any{"stock_level": int64(3)}))
	r.want(t, "Product A|true\nProduct B|false\nProduct C|false", assembled)
	gone := composition(t, "1", "A", "B", 7, 2)
	gone.Mapped[0].Skip = true
	r.write(t, r.lease, gone)
	r.want(t, "Product A|false\nProduct B|false\nProduct C|false", assembled)
	r.want(t, "2", "SELECT count(*) FROM change WHERE object = 'products' AND fields = (1 << 9)")
}

func TestAnOfferThatChangesItsSupplierIsAnotherOffer(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	r.write(t, r.lease, product(t, "P", 4, nil), record("S", 4, koppel.Suppliers, values(t, koppel.Suppliers, map[string]any{"name": "S"})),
		record("T", 4, koppel.Suppliers, values(t, koppel.Suppliers, map[string]any{"name": "T"})), record("U", 4, koppel.Suppliers, values(t, koppel.Suppliers, map[string]any{"name": "U"})))
	r.write(t, r.lease, offer(t, "1", "S", "P", 5), offer(t, "2", "U", "P", 5))
	const offers = `SELECT s.name, o.status, o.preferred, o.state_reason, (SELECT string_agg(remote_id, ',' ORDER BY remote_id) FROM source WHERE object_id = o.id) AS sources
		FROM supplier_product o JOIN supplier s ON s.id = o.supplier_id ORDER BY s.name`
	r.want(t, "S|enabled|true|∅|1\nU|enabled|false|∅|2", offers)
	r.write(t, r.lease, offer(t, "1", "T", "P", 6))
	r.want(t, "S|disabled|false|gone|∅\nT|enabled|false|∅|1\nU|enabled|true|∅|2", offers)
	// To a supplier that offers it already: that offer has two sources now.
	r.write(t, r.lease, offer(t, "1", "U", "P", 7))
	r.want(t, "S|disabled|false|gone|∅\nT|disabled|false|gone|∅\nU|enabled|true|∅|1,2", offers)
	// And back to the first: its old offer counts again.
	r.write(t, r.lease, offer(t, "1", "S", "P", 8))
	r.want(t, "S|enabled|true|∅|1\nT|disabled|false|gone|∅\nU|enabled|false|∅|2", offers)
}

func TestAnOfferOfAPairThatIsThereIsLinkedWhenItsReferencesComeLate(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	r.write(t, r.lease, offer(t, "1", "S", "P", 5), offer(t, "2", "S", "P", 5))
	r.write(t, r.lease, record("S", 6, koppel.Suppliers, values(t, koppel.Suppliers, map[string]any{"name": "S"})))
	r.write(t, r.lease, product(t, "P", 6, nil))
	r.want(t, "1", "SELECT count(*) FROM supplier_product WHERE product_id IS NOT NULL")
	if _, err := r.Engine.ResolveReferences(t.Context(), r.shop.ID, r.coupling.ID, r.lease.Run); err != nil {
		t.Fatal(err)
	}
	r.want(t, "1|true|2", "SELECT count(*), bool_and(product_id IS NOT NULL AND preferred) AS ok, (SELECT count(*) FROM source WHERE object = 'supplier_products') FROM supplier_product")
}
