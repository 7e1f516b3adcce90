package store_test

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
	"github.com/shopspring/decimal"
)

func TestTwoCouplingsMakeOneObject(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	second := r.Coupling(t, r.shop)
	wms := r.pair.lease(t, second, "products")
	r.write(t, r.lease, product(t, "1", 5, map[string]any{"sku_code": "S1", "stock_level": int64(1)}))
	link := func(rec store.Record, rule koppel.Rule) koppel.Counts {
		t.Helper()
		r.rule(t, second, koppel.Products, rule)
		b := batchOf(wms, rec)
		counts, err := r.Engine.WriteBatch(t.Context(), b)
		if err != nil {
			t.Fatal(err)
		}
		return counts
	}
	link(product(t, "W", 5, map[string]any{"sku_code": "S1", "name": "weaker", "weight": decimal.New(5, 0)}), koppel.Rule{Key: "sku_code"})
	r.want(t, "Product 1|1|5.000000|2", "SELECT name, stock_level, weight::text, (SELECT count(*) FROM source WHERE object_id = p.id) FROM product p")
	// The stronger source goes away: the weaker one's values show; it comes back: its own do.
	gone := product(t, "1", 6, nil)
	gone.Mapped[0].Skip, gone.Hash = true, [16]byte{1}
	r.write(t, r.lease, gone)
	r.want(t, "weaker|∅|enabled", "SELECT name, stock_level, status FROM product")
	gone = product(t, "W", 7, nil)
	gone.Mapped[0].Skip = true
	if counts := r.write(t, wms, gone); counts.Gone != 1 {
		t.Errorf("counts = %+v", counts)
	}
	r.want(t, "disabled", "SELECT status FROM product")
	r.write(t, r.lease, product(t, "1", 8, nil))
	r.want(t, "Product 1|1|enabled|1", "SELECT name, stock_level, status, (SELECT count(*) FROM product) FROM product")
	// What is not found is parked by a coupling that only finds.
	if counts := link(product(t, "X", 9, map[string]any{"sku_code": "none"}), koppel.Rule{Key: "sku_code", Role: koppel.RoleSecondary}); counts.Parked != 1 {
		t.Errorf("counts = %+v", counts)
	}
	r.want(t, "X|products|sku_code|not_found", "SELECT remote_id, object, field, kind FROM parked")
}

func offer(t *testing.T, id, supplier, product string, ticket int64) store.Record {
	t.Helper()
	return record(id, ticket, koppel.SupplierProducts, values(t, koppel.SupplierProducts, map[string]any{"supplier": supplier, "product": product, "status": "enabled"}))
}

func TestReferencesWaitAndResolve(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	order := record("O", 5, koppel.SellOrders, values(t, koppel.SellOrders, map[string]any{
		"placed_at": time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), "tax_lines": json.RawMessage(`[{"rate":"21"}]`),
		"lines": []koppel.Values{
			line(t, koppel.SellOrders, map[string]any{"remote_id": "a", "product": "P", "quantity": int64(2), "subtotal_value": decimal.New(10, 0)}),
			line(t, koppel.SellOrders, map[string]any{"remote_id": "b", "product": "Q", "quantity": int64(1), "subtotal_value": decimal.New(1, 0)}),
			line(t, koppel.SellOrders, map[string]any{"remote_id": "c", "product": "P", "quantity": int64(3), "subtotal_value": decimal.New(5, 0)}),
		},
	}))
	orders := r.lease
	r.write(t, orders, order, offer(t, "1", "S", "P", 5))
	const lines = "SELECT position, remote_id, product_id IS NOT NULL AS p, product_key, quantity, subtotal_value::text FROM sell_order_line ORDER BY position"
	const offers = "SELECT supplier_id IS NOT NULL AS s, product_id IS NOT NULL AS p FROM supplier_product"
	r.want(t, "1|a,c|false|P|5|15.0000\n2|b|false|Q|1|1.0000", lines)
	r.want(t, "false|false", offers)
	r.write(t, orders, product(t, "P", 6, nil))
	r.want(t, "1|a,c|true|P|5|15.0000\n2|b|false|Q|1|1.0000", lines)
	r.want(t, "false|true", offers)
	r.write(t, orders, record("S", 6, koppel.Suppliers, values(t, koppel.Suppliers, map[string]any{"name": "Supplier"})))
	r.want(t, "true|true", offers)
	r.want(t, "16.0000|∅", "SELECT total_value::text, deleted_at FROM sell_order")
	// The same order again changes nothing; a cut quantity replaces the lines.
	order.Ticket, order.Hash = 7, [16]byte{7}
	if counts := r.write(t, orders, order); counts.Objects != 0 {
		t.Errorf("an equal order counts %+v", counts)
	}
	order.Ticket, order.Hash = 8, [16]byte{8}
	order.Mapped[0].Values = values(t, koppel.SellOrders, map[string]any{"lines": []koppel.Values{
		line(t, koppel.SellOrders, map[string]any{"remote_id": "a", "product": "P", "quantity": int64(1), "subtotal_value": decimal.New(5, 0)}),
	}})
	r.write(t, orders, order)
	r.want(t, "1|a|true|P|1|5.0000", lines)
	// The pair that is there already is linked to.
	r.write(t, orders, offer(t, "again", "S", "P", 9))
	r.write(t, orders, record("S2", 9, koppel.Suppliers, values(t, koppel.Suppliers, map[string]any{"name": "Other"})), offer(t, "x", "S2", "P", 9), offer(t, "y", "S2", "P", 9))
	r.want(t, "2|4", "SELECT count(*), (SELECT count(*) FROM source WHERE object = 'supplier_products') FROM supplier_product")
}

func TestBuyOrdersAreAdoptedByOurReferenceAndNumberedWithout(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	lines := []koppel.Values{line(t, koppel.BuyOrders, map[string]any{"product": "P", "quantity": int64(4), "subtotal_value": decimal.New(8, 0)})}
	order := func(id string, ticket int64, more map[string]any) store.Record {
		fields := map[string]any{"supplier": "S", "lines": lines}
		for k, v := range more {
			fields[k] = v
		}
		return record(id, ticket, koppel.BuyOrders, values(t, koppel.BuyOrders, fields))
	}
	r.write(t, r.lease, order("1", 5, nil))
	r.want(t, "KOP1|8.0000|4", "SELECT reference, total_value::text, quantity FROM buy_order JOIN buy_order_line ON buy_order_id = id")
	before := r.text(t, "SELECT uuid FROM buy_order_line")
	r.write(t, r.lease, order("other id", 6, map[string]any{"reference": "KOP1", "status_remote": "open"}))
	r.want(t, "1|KOP1|open", "SELECT (SELECT count(*) FROM buy_order), reference, status_remote FROM buy_order")
	// Two records of one batch with one new reference are one order; a reference that another order has is refused.
	r.write(t, r.lease, order("3", 6, map[string]any{"reference": "X3"}), order("4", 6, map[string]any{"reference": "X3"}))
	r.want(t, "2", "SELECT count(*) FROM buy_order")
	if counts := r.write(t, r.lease, order("3", 7, map[string]any{"reference": "KOP1"}), order("5", 7, nil)); counts.Parked != 1 {
		t.Errorf("counts = %+v", counts)
	}
	r.want(t, "3|invalid_request", "SELECT remote_id, kind FROM parked")
	lines[0][2] = int64(5)
	r.write(t, r.lease, order("1", 7, nil))
	r.want(t, before, "SELECT l.uuid FROM buy_order_line l JOIN buy_order ON id = buy_order_id WHERE reference = 'KOP1'")
}

func TestParkedRecordsCloseWhenTheyMap(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	bad := product(t, "1", 5, nil)
	bad.Mapped, bad.Parked = nil, []store.Parked{{Object: koppel.Products, Field: "price", Input: "x\x00y", Kind: koppel.KindMapping, Reason: "no number"}}
	nul := product(t, "2", 5, map[string]any{"name": "a\x00b"})
	unreadable := store.Record{Raw: []byte("\xff{"), Ticket: 5, Parked: []store.Parked{{Kind: koppel.KindSchemaDrift, Reason: "no UTF-8"}}}
	counts := r.write(t, r.lease, bad, nul, unreadable, product(t, "3", 5, nil))
	if counts.Parked != 3 || counts.Objects != 1 {
		t.Errorf("counts = %+v", counts)
	}
	const open = "SELECT remote_id, object, field, input, times, resolved_at IS NOT NULL AS done FROM parked WHERE remote_id < '3' AND remote_id > '0' ORDER BY 1"
	r.want(t, "1|products|price|xy|1|false\n2|products|name||1|false", open)
	bad.Ticket = 6
	r.write(t, r.lease, bad)
	r.want(t, "1|products|price|xy|2|false\n2|products|name||1|false", open)
	r.write(t, r.lease, product(t, "1", 7, nil))
	r.want(t, "1|products|price|xy|2|true\n2|products|name||1|false", open)
	r.want(t, "2", "SELECT count(*) FROM product")
}

func TestChildrenAreMappedWithTheirParents(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	child, err := r.Engine.StreamID(t.Context(), r.shop.ID, r.coupling.ID, "variations")
	if err != nil {
		t.Fatal(err)
	}
	variations := store.Lease{Webshop: r.shop.ID, Coupling: r.coupling.ID, Stream: child, Run: r.lease.Run}
	parent := func(ticket int64) {
		b := batchOf(r.lease, product(t, "P", ticket, nil))
		b.Children = []int64{child}
		if _, err := r.Engine.WriteBatch(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	dirty := func(want int) []store.DirtyRecord {
		t.Helper()
		list, err := r.Engine.DirtyRecords(t.Context(), r.shop.ID, child, 10)
		if err != nil || len(list) != want {
			t.Fatalf("%d dirty records (%v), want %d", len(list), err, want)
		}
		return list
	}
	mapStage := func(list []store.DirtyRecord) koppel.Counts {
		t.Helper()
		b := &store.Batch{Lease: variations, Total: -1, Mapping: true}
		for _, d := range list {
			rec := product(t, d.ID, d.Ticket, nil)
			rec.Hash, rec.Raw, rec.Marked, rec.ParentID = d.Hash, d.Raw, d.Marked, d.ParentID
			b.Records = append(b.Records, rec)
		}
		counts, err := r.Engine.WriteBatch(t.Context(), b)
		if err != nil {
			t.Fatal(err)
		}
		return counts
	}
	parent(5)
	v := product(t, "V", 6, nil)
	v.ParentID, v.Mapped, v.Dirty = "P", nil, true
	r.write(t, variations, v)
	list := dirty(1)
	if want := string(product(t, "P", 5, nil).Raw); string(list[0].ParentRaw) != want || string(list[0].Raw) != string(v.Raw) {
		t.Fatalf("parent %s, want %s", list[0].ParentRaw, want)
	}
	parent(7) // the mark moves while the record is mapped: what it was mapped from is old
	if counts := mapStage(list); counts.Objects != 0 {
		t.Errorf("mapped from what changed meanwhile: %+v", counts)
	}
	list = dirty(1)
	if counts := mapStage(list); counts.Objects != 1 || counts.Records != 0 {
		t.Errorf("counts = %+v", counts)
	}
	dirty(0)
	if counts := mapStage(list); counts.Objects != 0 {
		t.Errorf("a second one that took the same mark wrote: %+v", counts)
	}
}

func TestChangedChildrenMarkTheirParents(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	child, err := r.Engine.StreamID(t.Context(), r.shop.ID, r.coupling.ID, "stock")
	if err != nil {
		t.Fatal(err)
	}
	stock := store.Lease{Webshop: r.shop.ID, Coupling: r.coupling.ID, Stream: child, Run: r.lease.Run}
	row := func(id, parent string, ticket int64) store.Record {
		rec := product(t, id, ticket, nil)
		rec.ParentID, rec.Mapped = parent, nil
		return rec
	}
	put := func(rows ...store.Record) {
		t.Helper()
		b := batchOf(stock, rows...)
		b.Parent = r.lease.Stream
		if _, err := r.Engine.WriteBatch(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	drain := func() (lost string) {
		t.Helper()
		list, err := r.Engine.DirtyRecords(t.Context(), r.shop.ID, r.lease.Stream, 10)
		if err != nil {
			t.Fatal(err)
		}
		b := &store.Batch{Lease: r.lease, Total: -1, Mapping: true}
		for _, d := range list {
			lost += fmt.Sprint(d.ID, " ", d.Lost, ";")
			b.Records = append(b.Records, store.Record{ID: d.ID, Hash: d.Hash, Ticket: d.Ticket, Raw: d.Raw, Marked: d.Marked})
		}
		if _, err := r.Engine.WriteBatch(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		r.want(t, "0", "SELECT count(*) FROM dirty")
		return lost
	}
	for _, step := range []struct {
		what string
		rows []store.Record
		want string
	}{
		{"children before their parent", []store.Record{row("a", "P", 5), row("b", "P", 5)}, "P true;"},
		{"moved to another", []store.Record{row("b", "Q", 6)}, "P false;Q false;"},
		{"changed", []store.Record{row("a", "P", 7)}, "P false;"},
		{"older than what is stored", []store.Record{row("a", "P", 6)}, ""},
	} {
		put(step.rows...)
		if got := drain(); got != step.want {
			t.Errorf("%s: dirty are %q, want %q", step.what, got, step.want)
		}
		r.write(t, r.lease, product(t, "P", 5, nil), product(t, "Q", 5, nil))
	}
	found, err := r.Engine.ChildRecords(t.Context(), r.shop.ID, child, []string{"P", "Q", "R"}, 1, 1<<20)
	if err != nil || len(found) != 2 || len(found["P"].Raw) != 1 || found["P"].More {
		t.Fatalf("children are %v, %v", found, err)
	}
	gone := &store.Batch{Lease: stock, Total: -1, Parent: r.lease.Stream, Gone: []store.Gone{{ID: "b", Ticket: 9}}}
	if _, err := r.Engine.WriteBatch(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	if got := drain(); got != "Q false;" {
		t.Errorf("a child that is gone: dirty are %q", got)
	}
	put(row("c", "P", 8))
	for _, limits := range [][2]int{{1, 1 << 20}, {5, 30}} {
		if found, err = r.Engine.ChildRecords(t.Context(), r.shop.ID, child, []string{"P"}, limits[0], limits[1]); err != nil || !found["P"].More || found["P"].Raw != nil {
			t.Errorf("two children within %v are %+v, %v", limits, found["P"], err)
		}
	}
}

func TestChangeNumbersHaveNoGapsUnderConcurrentWriters(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	leases := []store.Lease{r.lease}
	for range 3 {
		leases = append(leases, r.lease0(t))
	}
	var wg sync.WaitGroup
	errs := make([]error, len(leases))
	for i, lease := range leases {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for n := range 8 {
				b := batchOf(lease, product(t, fmt.Sprintf("%d-%d", i, n), 5, nil), product(t, "shared", int64(5+n), map[string]any{"name": fmt.Sprint(i, n)}))
				if _, err := r.Engine.WriteBatch(t.Context(), b); err != nil {
					errs[i] = err
					return
				}
			}
		}()
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	r.want(t, "33|true|true", `SELECT (SELECT count(*) FROM product), min(number) = 1 AND max(number) = count(*) AS gapless,
		(SELECT changes FROM webshop_counter WHERE webshop_id = max(c.webshop_id)) = max(number) AS counted FROM change c`)
}

// lease0 is a writer without the lease on the same stream.
func (r *reading) lease0(t *testing.T) store.Lease {
	t.Helper()
	lease := r.lease
	lease.Epoch, lease.Scan = 0, 0
	return lease
}

func TestBatchesBesideEachOtherCommitInOrder(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	const n = 12
	errs := make(chan error, n)
	slots := make(chan struct{}, 2)
	var before *store.Batch
	for i := range n {
		b := batchOf(r.lease, product(t, fmt.Sprint(i), 5, nil), product(t, "everywhere", int64(5+i), map[string]any{"name": fmt.Sprint(i)}))
		for j := range b.Records {
			b.Records[j].New = true
		}
		b.Resume = json.RawMessage(fmt.Sprint(i))
		b.After = before
		before = b
		slots <- struct{}{}
		go func() {
			_, err := r.Engine.WriteBatch(t.Context(), b)
			<-slots
			errs <- err
		}()
	}
	for range n {
		if err := <-errs; err != nil {
			t.Fatal(err)
		}
	}
	r.want(t, "11|12|24", "SELECT resume::text, batches, records FROM scan")
	r.want(t, "13|11", "SELECT count(*), (SELECT name FROM product p JOIN source s ON s.object_id = p.id WHERE remote_id = 'everywhere') FROM product")
}

func TestABatchAfterOneThatFailedIsNotCommitted(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	stale := r.lease
	stale.Epoch += 9
	first := batchOf(stale, product(t, "1", 5, nil))
	second := batchOf(r.lease, product(t, "2", 5, nil))
	second.After = first
	done := make(chan error)
	go func() {
		_, err := r.Engine.WriteBatch(t.Context(), second)
		done <- err
	}()
	if _, err := r.Engine.WriteBatch(t.Context(), first); err == nil {
		t.Error("a stale batch was written")
	}
	if err := <-done; err == nil {
		t.Error("the batch after it was written")
	}
	r.want(t, "0|0|0", "SELECT (SELECT count(*) FROM record) AS r, (SELECT count(*) FROM product) AS p, (SELECT batches FROM scan) AS b")
}

func TestMissingIsWhatTheScanDidNotSee(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	r.write(t, r.lease, product(t, "1", 5, nil), product(t, "2", 5, nil), product(t, "3", 5, nil))
	again := r.lease
	if _, err := r.owner.Exec(t.Context(), "DELETE FROM scan_seen; UPDATE scan SET batches = 0"); err != nil {
		t.Fatal(err)
	}
	b := batchOf(again)
	b.Seen, b.Unchanged, b.End = []string{"1", "3"}, 2, &store.End{Rule: "last page", Complete: true, Ignored: map[string]int64{"404": 1}}
	if _, err := r.Engine.WriteBatch(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	// What was read under a newer ticket than the scan's is not missing from it.
	if _, err := r.owner.Exec(t.Context(), "UPDATE scan SET ticket = 6"); err != nil {
		t.Fatal(err)
	}
	r.write(t, r.lease, product(t, "late", 7, nil))
	for range 2 {
		if err := r.Engine.Compare(t.Context(), again, 0); err != nil {
			t.Fatal(err)
		}
	}
	r.want(t, "2|missing|1|false", "SELECT remote_id, reason, scans, proven FROM gone_suspect")
	r.want(t, `true|last page|true|{"404": 1}`, "SELECT ended_at IS NOT NULL AS e, end_rule, complete, ignored::text FROM scan")
}

func TestAReferenceThatMissedItsObjectIsResolvedLater(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	r.write(t, r.lease, product(t, "P", 5, nil), offer(t, "1", "S", "P", 5))
	// As two transactions at the same moment would leave it.
	if _, err := r.owner.Exec(t.Context(), "UPDATE supplier_product SET product_id = NULL"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []int64{1, 0} {
		n, err := r.Engine.ResolveReferences(t.Context(), r.shop.ID, r.coupling.ID, r.lease.Run)
		if err != nil || n != want {
			t.Fatalf("%d objects changed (%v), want %d", n, err, want)
		}
	}
	r.want(t, "true|false", "SELECT product_id IS NOT NULL AS p, supplier_id IS NOT NULL AS s FROM supplier_product")
	r.want(t, "3|supplier_products|updated", "SELECT number, object, operation FROM change ORDER BY number DESC LIMIT 1")
}
