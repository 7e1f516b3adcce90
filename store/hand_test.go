package store_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
	"github.com/shopspring/decimal"
)

// edit sets and removes a person's values of the product that a coupling knows as key.
func (r *reading) edit(t *testing.T, key string, set map[string]string, remove ...string) {
	t.Helper()
	e := store.Edit{Set: map[string]json.RawMessage{}, Remove: remove}
	for name, value := range set {
		e.Set[name] = json.RawMessage(value)
	}
	values, problems := store.ReadEdit(koppel.Products, e)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	id := r.product(t, key)
	in(t, r.App, r.scope(), func(ctx context.Context, tx *store.Tx) (any, error) {
		_, _, err := tx.EditObject(ctx, koppel.Products, id, values, remove)
		return nil, err
	})
}

func (r *reading) product(t *testing.T, key string) string {
	t.Helper()
	return r.text(t, "SELECT p.uuid FROM product p JOIN source s ON s.object_id = p.id WHERE s.remote_id = $1", key)
}

func (r *reading) explain(t *testing.T, key, field string) store.FieldWhy {
	t.Helper()
	id := r.product(t, key)
	e := in(t, r.App, r.scope(), func(ctx context.Context, tx *store.Tx) (store.Explanation, error) {
		return tx.Explain(ctx, koppel.Products, id)
	})
	i, _, _ := koppel.Products.Field(field)
	return e.Fields[i]
}

func TestAPersonsEditWinsWhatIsIgnoredAndFillsWhatNobodyGives(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	r.rule(t, r.coupling, koppel.Products, koppel.Rule{Ignore: []string{"name"}})
	r.write(t, r.lease, product(t, "1", 5, nil))
	r.edit(t, "1", map[string]string{"name": `"Mine"`, "price": "9.5", "minimum_stock": "7"})
	const row = "SELECT name, price::text, minimum_stock FROM product"
	r.want(t, "Mine|12.500000|7", row)
	r.want(t, "updated|2", "SELECT operation, number FROM change ORDER BY number DESC LIMIT 1")
	// What the remote says later changes nothing of that.
	r.write(t, r.lease, product(t, "1", 6, map[string]any{"name": "Theirs", "price": decimal.New(20, 0)}))
	r.want(t, "Mine|20.000000|7", row)
	for field, want := range map[string]koppel.FieldRule{"name": koppel.RuleIgnoreFields, "price": koppel.RuleCouplingGives, "minimum_stock": koppel.RulePerson, "status": koppel.RuleOnlyGiver, "assembled": koppel.RuleDefault, "weight": koppel.RuleNobody} {
		if why := r.explain(t, "1", field); why.Rule != want {
			t.Errorf("%s is explained by %s, want %s", field, why.Rule, want)
		}
	}
	if why := r.explain(t, "1", "price"); len(why.Given) != 2 || string(why.Given[0].Value) != `"20"` || why.ChangedAt == nil || why.RunUUID == nil {
		t.Errorf("price: %+v", why)
	}
	r.edit(t, "1", nil, "name", "minimum_stock")
	r.want(t, "Theirs|20.000000|∅", row)
	r.edit(t, "1", nil, "price")
	r.want(t, "1", "SELECT count(*) FROM source")
	r.edit(t, "1", map[string]string{"status": `"disabled"`})
	r.want(t, "disabled|person", "SELECT status, state_reason FROM product")
	if why := r.explain(t, "1", "status"); why.Rule != koppel.RuleState {
		t.Errorf("status is explained by %s", why.Rule)
	}
}

func TestAnEditNamesEverythingThatIsWrong(t *testing.T) {
	t.Parallel()
	_, problems := store.ReadEdit(koppel.Products, store.Edit{Set: map[string]json.RawMessage{
		"name": json.RawMessage("null"), "nmae": json.RawMessage(`"x"`), "price": json.RawMessage("-1"), "status": json.RawMessage(`"off"`),
		"minimum_stock": json.RawMessage("-3"), "weight": json.RawMessage(`"heavy"`), "sku_code": json.RawMessage(`" "`),
	}, Remove: []string{"none"}})
	var fields []string
	for _, p := range problems {
		fields = append(fields, p.Field)
	}
	if diff := cmp.Diff([]string{"minimum_stock", "name", "nmae", "none", "price", "sku_code", "status", "weight"}, fields); diff != "" {
		t.Errorf("problems (-want +got):\n%s%v", diff, problems)
	}
}

func TestRankedCouplingsWinTheirFieldGroup(t *testing.T) {
	t.Parallel()
	r := newReaders(t, koppel.Rule{Key: koppel.ByRemoteID}, koppel.Rule{Key: "sku_code"})
	r.write(t, r.lease, product(t, "A", 5, map[string]any{"sku_code": "X", "stock_level": int64(1)}))
	r.write(t, r.wms, product(t, "B", 5, map[string]any{"sku_code": "X", "stock_level": int64(2), "price": decimal.New(3, 0)}))
	const row = "SELECT name, stock_level, price::text FROM product"
	r.want(t, "Product A|1|12.500000", row)
	rank := func(order ...string) {
		t.Helper()
		in(t, r.App, r.scope(), func(ctx context.Context, tx *store.Tx) (any, error) {
			return nil, tx.RankCouplings(ctx, koppel.Products, "stock", order)
		})
		lease, scan, err := r.Engine.OpenReplay(t.Context(), r.shop.ID, r.Run(t, r.second, "merge "+time.Now().String()).ID, "merge")
		if err != nil {
			t.Fatal(err)
		}
		if _, _, done, err := r.Engine.MergeAgain(t.Context(), lease, scan, koppel.Products); err != nil || !done {
			t.Fatal(done, err)
		}
	}
	rank(r.second.UUID)
	r.want(t, "Product A|2|12.500000", row)
	if why := r.explain(t, "A", "stock_level"); why.Rule != koppel.RulePriority || why.Chosen != 1 {
		t.Errorf("stock: %+v", why)
	}
	if why := r.explain(t, "A", "price"); why.Rule != koppel.RuleFirstActivated {
		t.Errorf("price: %+v", why)
	}
	rank()
	r.want(t, "Product A|1|12.500000", row)
	_, err := try(t, r.App, r.scope(), func(ctx context.Context, tx *store.Tx) (any, error) {
		return nil, tx.RankCouplings(ctx, koppel.Products, "colour", nil)
	})
	wantKind(t, err, koppel.KindInvalidRequest, "colour")
}

func TestObjectsAreMergedAndSplitAndThatIsUndone(t *testing.T) {
	t.Parallel()
	r := newReaders(t, koppel.Rule{Key: koppel.ByRemoteID}, koppel.Rule{Key: koppel.ByRemoteID})
	r.write(t, r.lease, product(t, "A", 5, nil), product(t, "Z", 5, nil))
	order := record("O", 5, koppel.SellOrders, values(t, koppel.SellOrders, map[string]any{"placed_at": time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		"lines": []koppel.Values{line(t, koppel.SellOrders, map[string]any{"remote_id": "a", "product": "B", "quantity": int64(2), "subtotal_value": decimal.New(10, 0)})}}))
	r.write(t, r.wms, product(t, "B", 5, map[string]any{"weight": decimal.New(4, 0)}), order)
	r.edit(t, "B", map[string]string{"maximum_stock": "9"})
	const (
		rows = `SELECT p.name, p.weight::text, p.maximum_stock, (SELECT string_agg(remote_id, ',' ORDER BY remote_id) FROM source s WHERE s.object_id = p.id AND coupling_id > 0) AS ids FROM product p ORDER BY p.name`
		sold = `SELECT p.name FROM sell_order_line l JOIN product p ON p.id = l.product_id`
	)
	before := "Product A|∅|∅|A\nProduct B|4.000000|9|B\nProduct Z|∅|∅|Z"
	r.want(t, before, rows)
	a, b := r.product(t, "A"), r.text(t, "SELECT uuid FROM product WHERE name = 'Product B'")
	do := func(fn func(ctx context.Context, tx *store.Tx) (store.Operation, error)) store.Operation {
		t.Helper()
		return in(t, r.App, r.scope(), fn)
	}
	merged := do(func(ctx context.Context, tx *store.Tx) (store.Operation, error) {
		return tx.MergeObjects(ctx, koppel.Products, b, a, "me")
	})
	r.want(t, "Product A|4.000000|∅|A,B\nProduct Z|∅|∅|Z", rows)
	r.want(t, "Product A", sold)
	got := in(t, r.App, r.scope(), func(ctx context.Context, tx *store.Tx) (store.ObjectRow, error) {
		return tx.Object(ctx, koppel.Products, b)
	})
	if got.UUID != a {
		t.Errorf("the old id answers %s, want %s", got.UUID, a)
	}
	// What comes later goes by it, and the split that follows is undone first.
	r.write(t, r.wms, product(t, "B", 6, map[string]any{"weight": decimal.New(5, 0)}))
	r.want(t, "Product A|5.000000|∅|A,B\nProduct Z|∅|∅|Z", rows)
	split := do(func(ctx context.Context, tx *store.Tx) (store.Operation, error) {
		return tx.SplitObject(ctx, koppel.Products, a, []store.Binding{{Coupling: r.second.UUID, RemoteID: "B"}}, "me")
	})
	r.want(t, "Product A|∅|∅|A\nProduct B|5.000000|∅|B\nProduct Z|∅|∅|Z", rows)
	r.want(t, "Product B", sold)
	undo := func(id string) error {
		_, err := try(t, r.App, r.scope(), func(ctx context.Context, tx *store.Tx) (store.Operation, error) {
			return tx.UndoOperation(ctx, id, "me")
		})
		return err
	}
	wantKind(t, undo(merged.UUID), koppel.KindConflict, split.UUID)
	for _, id := range []string{split.UUID, merged.UUID} {
		if err := undo(id); err != nil {
			t.Fatal(err)
		}
	}
	wantKind(t, undo(merged.UUID), koppel.KindConflict, "undone")
	r.want(t, "Product A|∅|∅|A\nProduct B|5.000000|9|B\nProduct Z|∅|∅|Z", rows)
	r.want(t, "Product B", sold)
	r.want(t, b, "SELECT uuid FROM product WHERE name = 'Product B'")
	r.want(t, "true", "SELECT max(number) = count(*) AS gapless FROM change")
	// A source alone is linked elsewhere, and its object ends with it.
	linked := do(func(ctx context.Context, tx *store.Tx) (store.Operation, error) {
		return tx.LinkSource(ctx, koppel.Products, store.Binding{Coupling: r.second.UUID, RemoteID: "B"}, a, "me")
	})
	r.want(t, "2", "SELECT count(*) FROM product")
	if err := undo(linked.UUID); err != nil {
		t.Fatal(err)
	}
	r.want(t, "3", "SELECT count(*) FROM product")
	_, err := try(t, r.App, r.scope(), func(ctx context.Context, tx *store.Tx) (store.Operation, error) {
		return tx.MergeObjects(ctx, koppel.SellOrders, a, b, "me")
	})
	wantKind(t, err, koppel.KindInvalidRequest, "sell_orders")
}

func TestAPersonDecidesWhatARecordIs(t *testing.T) {
	t.Parallel()
	r := newReaders(t, koppel.Rule{Key: koppel.ByRemoteID}, koppel.Rule{Key: "sku_code"})
	twice := map[string]any{"sku_code": "X"}
	r.write(t, r.lease, product(t, "A", 5, twice), product(t, "B", 5, twice))
	r.write(t, r.wms, product(t, "1", 5, twice), product(t, "2", 5, twice), product(t, "3", 5, twice))
	page := in(t, r.App, r.scope(), func(ctx context.Context, tx *store.Tx) (store.Page[store.Review], error) {
		return tx.Reviews(ctx, r.second.UUID, 10, "")
	})
	if len(page.Items) != 3 || len(page.Items[0].Candidates) != 2 {
		t.Fatalf("%+v", page)
	}
	review := map[string]store.Review{}
	for _, item := range page.Items {
		review[item.RemoteID] = item
	}
	decide := func(key string, action koppel.Decision, target string) {
		t.Helper()
		in(t, r.App, r.scope(), func(ctx context.Context, tx *store.Tx) (store.ParkedRow, error) {
			return tx.Decide(ctx, review[key].UUID, action, target, "me")
		})
	}
	decide("1", koppel.DecideLink, r.product(t, "B"))
	decide("2", koppel.DecideCreate, "")
	decide("3", koppel.DecideIgnore, "")
	again := func(ticket int64) {
		r.write(t, r.wms, product(t, "1", ticket, twice), product(t, "2", ticket, twice), product(t, "3", ticket, twice))
	}
	again(6)
	r.want(t, "Product A|A\nProduct B|B,1\nProduct 2|2", productsSQL)
	r.want(t, "0", "SELECT count(*) FROM parked WHERE resolved_at IS NULL")
	undo := func(key string) error {
		_, err := try(t, r.App, r.scope(), func(ctx context.Context, tx *store.Tx) (store.ParkedRow, error) {
			return tx.Undecide(ctx, review[key].UUID)
		})
		return err
	}
	wantKind(t, undo("2"), koppel.KindConflict, "merge")
	for _, key := range []string{"1", "3"} {
		if err := undo(key); err != nil {
			t.Fatal(err)
		}
	}
	r.want(t, "Product A|A\nProduct B|B\nProduct 2|2", productsSQL)
	r.want(t, "2", "SELECT count(*) FROM parked WHERE resolved_at IS NULL")
}

func TestWhatFoundNothingIsLookedAtAgain(t *testing.T) {
	t.Parallel()
	r := newReaders(t, koppel.Rule{Key: koppel.ByRemoteID}, koppel.Rule{Key: "ean_code", Role: koppel.RoleSecondary})
	r.write(t, r.wms, product(t, "B1", 5, map[string]any{"ean_code": eanA}), product(t, "B2", 5, map[string]any{"ean_code": eanB}))
	r.write(t, r.lease, product(t, "A1", 5, map[string]any{"ean_code": "0" + eanA}))
	if n, err := r.Engine.MarkFindable(t.Context(), r.shop.ID, r.second.ID); err != nil || n != 1 {
		t.Fatalf("%d marked (%v), want 1", n, err)
	}
	r.want(t, "B1", "SELECT remote_id FROM dirty")
}
