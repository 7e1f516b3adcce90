package store_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// flagged is an offer of product P by a supplier of its own; flag may be nil for a remote that does not tell.
func flagged(t *testing.T, id string, ticket int64, flag any, more map[string]any) store.Record {
	t.Helper()
	fields := map[string]any{"supplier": "S" + id, "product": "P", "status": "enabled"}
	if flag != nil {
		fields["preferred"] = flag
	}
	for name, value := range more {
		fields[name] = value
	}
	rec := record(id, ticket, koppel.SupplierProducts, values(t, koppel.SupplierProducts, fields))
	rec.Hash[0] ^= byte(ticket)
	return rec
}

// What is preferred, and what the sources say beside it.
const (
	preferredSQL = `SELECT string_agg(s.remote_id, ',' ORDER BY s.remote_id) AS ids FROM supplier_product o JOIN source s ON s.object_id = o.id WHERE o.preferred`
	whySQL       = `SELECT s.remote_id, n->>'text' AS text FROM source s, json_array_elements(s.notes) n ORDER BY 1`
)

func TestOneOfferOfAProductIsPreferred(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	r.write(t, r.lease, product(t, "P", 4, nil))
	const none, two = "decided by rule: none of %d offers of the product is flagged: this one is preferred", "decided by rule: %d of %d offers of the product are flagged: this one is preferred"
	for i, step := range []struct {
		records   []store.Record
		want, why string
		objects   int64
		because   string
	}{
		{records: []store.Record{flagged(t, "1", 10, false, nil)}, want: "1", objects: 2, because: "the only offer is preferred whatever its flag"},
		{records: []store.Record{flagged(t, "2", 11, true, nil)}, want: "2", objects: 2, because: "made, and the other un-set"},
		{records: []store.Record{flagged(t, "3", 12, false, nil)}, want: "2", objects: 1, because: "one flag decides"},
		{records: []store.Record{flagged(t, "3", 13, true, nil)}, want: "2", objects: 0, why: "2|" + fmt.Sprintf(two, 2, 3), because: "of two flags the first"},
		{records: []store.Record{flagged(t, "2", 14, false, nil)}, want: "3", objects: 2, because: "one flag again, and no note"},
		{records: []store.Record{flagged(t, "3", 15, false, nil)}, want: "1", objects: 2, why: "1|" + fmt.Sprintf(none, 3), because: "no flag: the first"},
		{records: []store.Record{flagged(t, "1", 16, false, map[string]any{"status": "disabled"})}, want: "2", objects: 3, why: "2|" + fmt.Sprintf(none, 2), because: "the first that is alive"},
		{records: []store.Record{flagged(t, "2", 17, false, map[string]any{"status": "disabled"}), flagged(t, "3", 17, false, map[string]any{"status": "disabled"})}, want: "∅", objects: 3, because: "none is alive"},
		{records: []store.Record{flagged(t, "3", 18, false, nil)}, want: "3", objects: 2, because: "alive again"},
	} {
		counts := r.write(t, r.lease, step.records...)
		if got := r.text(t, preferredSQL); got != step.want || counts.Objects != step.objects {
			t.Errorf("step %d (%s): preferred %s, %d objects, want %s, %d", i, step.because, got, counts.Objects, step.want, step.objects)
		}
		if got := r.text(t, whySQL); got != step.why {
			t.Errorf("step %d (%s): notes %q, want %q", i, step.because, got, step.why)
		}
		// The same again writes nothing.
		before := r.text(t, "SELECT max(number) FROM change")
		for j := range step.records {
			step.records[j].Hash[1]++
		}
		r.write(t, r.lease, step.records...)
		r.want(t, before, "SELECT max(number) FROM change")
	}
}

func TestOffersThatWaitedForTheirProductAreDecidedWithIt(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	// Ten offers of a batch, one flagged: written once each but for what waited.
	var records []store.Record
	for i := range 10 {
		records = append(records, flagged(t, fmt.Sprint(i), 5, i == 7, nil))
	}
	r.write(t, r.lease, records...)
	r.want(t, "∅", preferredSQL)
	r.write(t, r.lease, product(t, "P", 6, nil))
	r.want(t, "7", preferredSQL)
	// Missed by a batch beside it, and made good at the end of the run.
	if _, err := r.owner.Exec(t.Context(), "UPDATE supplier_product SET product_id = NULL, preferred = false"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Engine.ResolveReferences(t.Context(), r.shop.ID, r.coupling.ID, r.lease.Run); err != nil {
		t.Fatal(err)
	}
	r.want(t, "7", preferredSQL)
}

func TestAnOfferThatMovesLeavesItsProductWithAnother(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	r.write(t, r.lease, product(t, "P", 4, nil), product(t, "Q", 4, nil))
	r.write(t, r.lease, flagged(t, "1", 5, nil, nil), flagged(t, "2", 5, nil, nil))
	r.want(t, "1", preferredSQL)
	r.write(t, r.lease, flagged(t, "1", 6, nil, map[string]any{"product": "Q"}))
	r.want(t, "1,2", preferredSQL)
	r.want(t, "", whySQL)
}

func TestTheStrongerCouplingsFlagDecides(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	second := r.pair.lease(t, r.Coupling(t, r.shop), "products")
	weak := batchOf(second, product(t, "P", 4, map[string]any{"sku_code": "X"}), flagged(t, "W", 5, true, nil))
	if _, err := r.Engine.WriteBatch(t.Context(), weak); err != nil {
		t.Fatal(err)
	}
	r.want(t, "W", preferredSQL)
	strong := batchOf(r.lease, product(t, "P", 4, map[string]any{"sku_code": "X"}), flagged(t, "A", 5, true, nil))
	r.rule(t, r.coupling, koppel.Products, koppel.Rule{Key: "sku_code"})
	if _, err := r.Engine.WriteBatch(t.Context(), strong); err != nil {
		t.Fatal(err)
	}
	r.want(t, "A", preferredSQL)
}

func TestOneOfferIsPreferredWhoeverWritesAtOnce(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	r.write(t, r.lease, product(t, "P", 4, nil))
	var wg sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for n := range 5 {
				b := batchOf(r.lease0(t), flagged(t, fmt.Sprintf("%d-%d", i, n), 5, n == 3, nil))
				b.Records[0].New = true
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
	r.want(t, "20|1", "SELECT count(*), count(*) FILTER (WHERE preferred) AS preferred FROM supplier_product")
	r.want(t, "true", "SELECT max(number) = count(*) AS gapless FROM change")
}
