package store_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
	"github.com/shopspring/decimal"
)

// goods puts two suppliers and three products into the pair's first webshop, bound to its coupling by remote ids s1…
// and p1…, and gives their outside ids.
func (p pair) goods(t *testing.T) (suppliers, products []string) {
	t.Helper()
	owner := p.Owner(t)
	run := p.Run(t, p.coupling, "goods")
	add := func(object, table, columns string, remote string, args ...any) string {
		var id int64
		var uuid string
		marks := ""
		for i := range args {
			marks += ", $" + string(rune('3'+i))
		}
		err := owner.QueryRow(t.Context(), `INSERT INTO `+table+` (webshop_id, id, uuid, run_id, `+columns+`)
			VALUES ($1, nextval('object_id'), gen_random_uuid(), $2`+marks+`) RETURNING id, uuid::text`, append([]any{p.shop.ID, run.ID}, args...)...).Scan(&id, &uuid)
		if err == nil {
			_, err = owner.Exec(t.Context(), `INSERT INTO source (webshop_id, coupling_id, object, remote_id, object_id, stream_id, record_id, run_id, mapped)
				VALUES ($1, $2, $3, $4, $5, 0, $4, $6, '{"name":"x"}')`, p.shop.ID, p.coupling.ID, object, remote, id, run.ID)
		}
		if err != nil {
			t.Fatal(err)
		}
		return uuid
	}
	for i, name := range []string{"Acme", "Bolt"} {
		suppliers = append(suppliers, add("suppliers", "supplier", "name, delivery_time", []string{"s1", "s2"}[i], name, []any{int64(5), nil}[i]))
	}
	for i, sku := range []string{"A1", "B2", "C3"} {
		products = append(products, add("products", "product", "name, sku_code, status, price, categories", []string{"p1", "p2", "p3"}[i],
			"Product "+sku, sku, "enabled", "12.345678", []string{"tools"}))
	}
	return suppliers, products
}

func (p pair) object(t *testing.T, object koppel.Object, id string) store.ObjectRow {
	t.Helper()
	return in(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) (store.ObjectRow, error) { return tx.Object(ctx, object, id) })
}

// value is the named field of an object.
func value(t *testing.T, o store.ObjectRow, name string) any {
	t.Helper()
	i, _, ok := o.Object.Field(name)
	if !ok {
		t.Fatalf("%s have no field %s", o.Object, name)
	}
	return o.Values[i]
}

// TestEveryFieldIsReadFromItsColumn writes a value of its own into each column and expects it in the field's slot.
func TestEveryFieldIsReadFromItsColumn(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	owner := p.Owner(t)
	tables := map[koppel.Object]string{koppel.Suppliers: "supplier", koppel.Products: "product",
		koppel.SupplierProducts: "supplier_product", koppel.SellOrders: "sell_order", koppel.BuyOrders: "buy_order"}
	day := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	for object, table := range tables {
		columns, marks := []string{"webshop_id", "id", "uuid", "run_id"}, []string{"$1", "nextval('object_id')", "$2", "0"}
		args := []any{p.shop.ID, store.NewID()}
		want := make(koppel.Values, len(object.Fields()))
		put := func(column string, v any) {
			columns, args = append(columns, column), append(args, v)
			marks = append(marks, "$"+string(rune('0'+len(args)/10))+string(rune('0'+len(args)%10)))
		}
		refs := false
		for i, f := range object.Fields() {
			switch f.Type {
			case koppel.Text:
				put(f.Name, f.Name)
				want[i] = f.Name
			case koppel.Int:
				put(f.Name, int64(i+1))
				want[i] = int64(i + 1)
			case koppel.Bool:
				put(f.Name, i%2 == 0)
				want[i] = i%2 == 0
			case koppel.Decimal:
				put(f.Name, decimal.New(int64(i+1), -2))
				want[i] = decimal.New(int64(i+1), -2)
			case koppel.Time:
				put(f.Name, day.Add(time.Duration(i)*time.Hour))
				want[i] = day.Add(time.Duration(i) * time.Hour)
			case koppel.Date:
				put(f.Name, day.AddDate(0, 0, i))
				want[i] = day.AddDate(0, 0, i)
			case koppel.Texts:
				put(f.Name, []string{f.Name, "two"})
				want[i] = []string{f.Name, "two"}
			case koppel.JSON:
				put(f.Name, json.RawMessage(`["`+f.Name+`"]`))
				want[i] = json.RawMessage(`["` + f.Name + `"]`)
			case koppel.Ref:
				refs = true
				put(f.Name+"_key", "key of "+f.Name)
				want[i] = store.Reference{Key: "key of " + f.Name}
			case koppel.Lines:
				want[i] = []store.Line{}
			}
		}
		if refs {
			put("key_coupling_id", p.coupling.ID)
		}
		if _, err := owner.Exec(t.Context(), "INSERT INTO "+table+" ("+strings.Join(columns, ", ")+") VALUES ("+strings.Join(marks, ", ")+")", args...); err != nil {
			t.Fatalf("%s: %v", object, err)
		}
		o := p.object(t, object, args[1].(string))
		if diff := cmp.Diff(want, o.Values, cmp.Comparer(decimal.Decimal.Equal)); diff != "" {
			t.Errorf("%s: %s", object, diff)
		}
	}
}

func TestObjectsAreFoundByTheirCodesAndSources(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	_, products := p.goods(t)
	list := func(scope store.Scope, f store.ObjectFilter) (ids []string) {
		t.Helper()
		for {
			page := in(t, p.App, scope, func(ctx context.Context, tx *store.Tx) (store.Page[store.ObjectRow], error) {
				return tx.Objects(ctx, koppel.Products, f)
			})
			for _, o := range page.Items {
				ids = append(ids, o.UUID)
			}
			if f.After = page.Next; f.After == "" {
				return ids
			}
		}
	}
	for name, c := range map[string]struct {
		f    store.ObjectFilter
		want []string
	}{
		"all, a page each":    {store.ObjectFilter{Limit: 1}, products},
		"sku":                 {store.ObjectFilter{SKU: "B2"}, products[1:2]},
		"remote id":           {store.ObjectFilter{RemoteID: "p3"}, products[2:]},
		"remote and coupling": {store.ObjectFilter{RemoteID: "p1", Coupling: p.coupling.UUID}, products[:1]},
		"coupling":            {store.ObjectFilter{Coupling: p.coupling.UUID}, products},
		"another coupling":    {store.ObjectFilter{RemoteID: "p1", Coupling: p.otherOnes.UUID}, nil},
		"ean of none":         {store.ObjectFilter{EAN: "123"}, nil},
		"no such field":       {store.ObjectFilter{Number: "1"}, nil},
	} {
		if diff := cmp.Diff(c.want, list(p.scope(), c.f)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if theirs := list(store.ForWebshop(p.other.ID), store.ObjectFilter{}); theirs != nil {
		t.Errorf("another webshop sees %v", theirs)
	}
	o := p.object(t, koppel.Products, products[0])
	if price := value(t, o, "price").(decimal.Decimal); price.String() != "12.345678" {
		t.Errorf("price is %s", price)
	}
	if len(o.Sources) != 1 || o.Sources[0].RemoteID != "p1" || o.Sources[0].CouplingUUID != p.coupling.UUID || string(o.Sources[0].Mapped) != `{"name":"x"}` {
		t.Errorf("sources %+v", o.Sources)
	}
	_, err := try(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) (store.ObjectRow, error) {
		return tx.Object(ctx, "customers", products[0])
	})
	wantKind(t, err, koppel.KindInvalidRequest, "customers")
	_, err = try(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) (store.ObjectRow, error) {
		return tx.Object(ctx, koppel.Suppliers, products[0])
	})
	wantKind(t, err, koppel.KindNotFound)
}
