package store_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
	"github.com/shopspring/decimal"
)

const (
	eanA = "8712345678906"
	eanB = "96385074"
)

// productsSQL are the products with the couplings' ids of them.
const productsSQL = `SELECT p.name, string_agg(s.remote_id, ',' ORDER BY s.coupling_id, s.remote_id) AS ids FROM product p JOIN source s ON s.object_id = p.id GROUP BY p.id, p.name ORDER BY p.id`

// pairOfReaders are two couplings of one webshop.
type pairOfReaders struct {
	*reading
	second store.Coupling
	wms    store.Lease
}

func newReaders(t *testing.T, first, second koppel.Rule) *pairOfReaders {
	t.Helper()
	r := &pairOfReaders{reading: newReading(t)}
	r.second = r.Coupling(t, r.shop)
	r.wms = r.pair.lease(t, r.second, "products")
	r.rule(t, r.coupling, koppel.Products, first)
	r.rule(t, r.second, koppel.Products, second)
	return r
}

func TestPrimaryCouplingsLinkBeforeTheyCreate(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name          string
		first, second koppel.Rule
		mine, theirs  []map[string]any
		want, parked  string
	}{
		{"by SKU without regard to case", koppel.Rule{Key: koppel.ByRemoteID}, koppel.Rule{Key: "sku_code"},
			[]map[string]any{{"sku_code": "Ab-1"}}, []map[string]any{{"sku_code": " aB-1"}, {"sku_code": "ab-2"}, {}},
			"Product A1|A1,B1\nProduct B2|B2\nProduct B3|B3", ""},
		{"by EAN in any length, never by one that is none", koppel.Rule{Key: koppel.ByRemoteID}, koppel.Rule{Key: "ean_code"},
			[]map[string]any{{"ean_code": "0" + eanA}, {"ean_code": "0000000000000"}, {"ean_code": "8712345678907"}},
			[]map[string]any{{"ean_code": eanA}, {"ean_code": "0000000000000"}, {"ean_code": "8712345678907"}},
			"Product A1|A1,B1\nProduct A2|A2\nProduct A3|A3\nProduct B2|B2\nProduct B3|B3", ""},
		{"several hits are for a person", koppel.Rule{Key: koppel.ByRemoteID}, koppel.Rule{Key: "sku_code"},
			[]map[string]any{{"sku_code": "X"}, {"sku_code": "X"}}, []map[string]any{{"sku_code": "X"}},
			"Product A1|A1\nProduct A2|A2", "B1|conflict|sku_code|x"},
		{"a second record of one coupling is for a person", koppel.Rule{Key: koppel.ByRemoteID}, koppel.Rule{Key: "sku_code"},
			[]map[string]any{{"sku_code": "X"}}, []map[string]any{{"sku_code": "X"}, {"sku_code": "x"}},
			"Product A1|A1,B1", "B2|conflict|sku_code|x"},
		{"so is one in a batch that makes the first", koppel.Rule{Key: koppel.ByRemoteID}, koppel.Rule{Key: "sku_code"},
			nil, []map[string]any{{"sku_code": "X"}, {"sku_code": "x"}}, "Product B1|B1", "B2|conflict|sku_code|x"},
		{"several offers of a marketplace are one product", koppel.Rule{Key: koppel.ByRemoteID}, koppel.Rule{Key: "ean_code", Role: koppel.RoleSecondary},
			[]map[string]any{{"ean_code": eanB}}, []map[string]any{{"ean_code": eanB}, {"ean_code": "000000" + eanB}, {"ean_code": eanA}},
			"Product A1|A1,B1,B2", "B3|not_found|ean_code|0" + eanA},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := newReaders(t, tt.first, tt.second)
			for i, lease := range []store.Lease{r.lease, r.wms} {
				var records []store.Record
				for n, more := range [][]map[string]any{tt.mine, tt.theirs}[i] {
					records = append(records, product(t, fmt.Sprintf("%c%d", 'A'+i, n+1), 5, more))
				}
				r.write(t, lease, records...)
			}
			r.want(t, tt.want, productsSQL)
			r.want(t, tt.parked, "SELECT remote_id, kind, field, input FROM parked ORDER BY 1")
		})
	}
}

// A coupling that is found by remote id only comes second to one that looks: it finds what that one made, by its key,
// and still has as many products as it says it has.
func TestACouplingByRemoteIDFindsWhatOthersMade(t *testing.T) {
	t.Parallel()
	r := newReaders(t, koppel.Rule{Key: koppel.ByRemoteID}, koppel.Rule{Key: "ean_code"})
	r.write(t, r.wms, product(t, "B1", 5, map[string]any{"ean_code": eanA}))
	r.write(t, r.lease, product(t, "A1", 6, map[string]any{"ean_code": eanA}), product(t, "A2", 6, map[string]any{"ean_code": "0" + eanA}))
	r.want(t, "Product A1|A1,B1\nProduct A2|A2", productsSQL)
	r.write(t, r.lease, product(t, "A3", 7, map[string]any{"ean_code": eanA}))
	r.want(t, "Product A1|A1,B1\nProduct A2|A2\nProduct A3|A3", productsSQL)
}

func TestSuppliersAreFoundByName(t *testing.T) {
	t.Parallel()
	r := newReaders(t, koppel.Rule{Key: koppel.ByRemoteID}, koppel.Rule{Key: "sku_code"})
	r.rule(t, r.second, koppel.Suppliers, koppel.Rule{Key: "name"})
	supplier := func(id, name string) store.Record {
		return record(id, 5, koppel.Suppliers, values(t, koppel.Suppliers, map[string]any{"name": name}))
	}
	r.write(t, r.lease, supplier("1", "ACME  Trading"))
	r.write(t, r.wms, supplier("a", " acme trading"), supplier("b", "Other"))
	r.want(t, "ACME  Trading|1,a\nOther|b", `SELECT p.name, string_agg(s.remote_id, ',' ORDER BY s.remote_id) AS ids FROM supplier p JOIN source s ON s.object_id = p.id GROUP BY p.id, p.name ORDER BY p.id`)
}

// What one coupling created while it knew of nobody else is looked for again when somebody joins meanwhile.
func TestNobodyCreatesTwiceWhenAnotherJoinsMeanwhile(t *testing.T) {
	t.Parallel()
	const n = 120
	r := newReaders(t, koppel.Rule{Key: koppel.ByRemoteID}, koppel.Rule{Key: "ean_code"})
	gtin := func(i int) string {
		sum, code := 0, fmt.Sprintf("%012d", 871234500000+i)
		for at, c := range code {
			sum += int(c-'0') * (1 + 2*(at%2))
		}
		return code + fmt.Sprint((10-sum%10)%10)
	}
	errs := make(chan error, 2)
	for side, lease := range []store.Lease{r.lease, r.wms} {
		go func() {
			var err error
			var before *store.Batch
			var wg sync.WaitGroup
			var mu sync.Mutex
			slots := make(chan struct{}, 2)
			for from := 0; from < n; from += 10 {
				var records []store.Record
				for i := from; i < from+10; i++ {
					at := i
					if side == 1 {
						at = n - 1 - i
					}
					rec := product(t, fmt.Sprintf("%d-%d", side, at), 5, map[string]any{"ean_code": gtin(at)})
					rec.New = true
					records = append(records, rec)
				}
				b := batchOf(lease, records...)
				b.After, before = before, b
				slots <- struct{}{}
				wg.Go(func() {
					defer func() { <-slots }()
					if _, werr := r.Engine.WriteBatch(t.Context(), b); werr != nil {
						mu.Lock()
						err = werr
						mu.Unlock()
					}
				})
			}
			wg.Wait()
			errs <- err
		}()
	}
	for range 2 {
		if err := <-errs; err != nil {
			t.Fatal(err)
		}
	}
	r.want(t, fmt.Sprintf("%d|%d|0", n, 2*n), "SELECT count(*), (SELECT count(*) FROM source) AS sources, (SELECT count(*) FROM parked) AS parked FROM product")
}

func TestLinesAreResolvedByCodes(t *testing.T) {
	t.Parallel()
	r := newReaders(t, koppel.Rule{Key: koppel.ByRemoteID}, koppel.Rule{Key: "ean_code", Role: koppel.RoleSecondary})
	order := func(id string, ticket int64, keys ...string) store.Record {
		var lines []koppel.Values
		for i, key := range keys {
			lines = append(lines, line(t, koppel.SellOrders, map[string]any{"remote_id": fmt.Sprint(i), "product": key, "quantity": int64(1), "subtotal_value": decimal.New(1, 0)}))
		}
		return record(id, ticket, koppel.SellOrders, values(t, koppel.SellOrders, map[string]any{"placed_at": time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), "lines": lines}))
	}
	const linesSQL = `SELECT l.position, coalesce(p.name, '?') AS product, l.product_key FROM sell_order_line l LEFT JOIN product p ON p.id = l.product_id ORDER BY l.sell_order_id, l.position`
	r.write(t, r.wms, order("O", 5, "sku:Ab-1", "ean:"+eanA, "ean:1", "sku:twice"))
	r.want(t, "1|?|sku:ab-1\n2|?|ean:0"+eanA+"\n3|?|ean:1\n4|?|sku:twice", linesSQL)
	// What comes later sets them free; a code that two have names none.
	r.write(t, r.lease, product(t, "A1", 6, map[string]any{"sku_code": "aB-1"}), product(t, "A2", 6, map[string]any{"ean_code": "0" + eanA}),
		product(t, "A3", 6, map[string]any{"sku_code": "twice"}), product(t, "A4", 6, map[string]any{"sku_code": "TWICE"}))
	r.want(t, "1|Product A1|sku:ab-1\n2|Product A2|ean:0"+eanA+"\n3|?|ean:1\n4|?|sku:twice", linesSQL)
	r.want(t, "1", "SELECT count(*) FROM change WHERE object = 'sell_orders' AND operation = 'updated'")
	// What is there already is found at once, by a code that a product came to have later too.
	r.write(t, r.lease, product(t, "A4", 7, map[string]any{"sku_code": "once"}))
	r.write(t, r.wms, order("O2", 7, "sku:TWICE", "sku:once"))
	r.want(t, "Product A3|Product A4", "SELECT (SELECT p.name FROM product p WHERE p.id = l.product_id) AS a, (SELECT p.name FROM product p JOIN sell_order_line m ON m.product_id = p.id WHERE m.sell_order_id = l.sell_order_id AND m.position = 2) AS b FROM sell_order_line l JOIN source s ON s.object_id = l.sell_order_id WHERE s.remote_id = 'O2' AND l.position = 1")
	// The end of a run makes good what was missed.
	if _, err := r.Engine.ResolveReferences(t.Context(), r.shop.ID, r.second.ID, r.wms.Run); err != nil {
		t.Fatal(err)
	}
	r.want(t, "Product A3", `SELECT p.name FROM sell_order_line l JOIN product p ON p.id = l.product_id JOIN source s ON s.object_id = l.sell_order_id WHERE s.remote_id = 'O' AND l.position = 4`)
}
