package connectors

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors/rest"
	"github.com/koppel-io/koppel/fakes/demoshop"
)

// buyOrder is what a push mapping is given: references as remote ids, money as
// decimals, dates as text.
func buyOrder(t *testing.T, reference, supplier string, products []string) map[string]any {
	t.Helper()
	lines := []any{}
	for i, product := range products {
		lines = append(lines, map[string]any{
			"remote_id": nil, "product": product, "quantity": int64(3 * (i + 1)), "subtotal_value": decimalOf(t, "30.10"), "expected_delivery_date": nil,
		})
	}
	return map[string]any{"object": map[string]any{
		"supplier": supplier, "reference": reference, "expected_delivery_date": "2026-03-10", "total_value": decimalOf(t, "60.20"), "assembly": false, "lines": lines,
	}}
}

// An order reaches the shop once, whatever the shop answers, when it is looked
// up by its reference before it is sent again.
func TestPushesBuyOrdersOnce(t *testing.T) {
	t.Parallel()
	r := newRemote(t, "demo", plainHTTP, demoshop.Config{Products: 20, VariableEvery: 5, Suppliers: 2}, nil, nil)
	for _, stream := range []string{"suppliers", "products", "variations"} {
		r.read(stream, rest.ReadOptions{})
	}
	var products []string
	for id := range r.objects[koppel.Products] {
		products = append(products, id)
	}
	slices.Sort(products)
	vars := buyOrder(t, "KOP1001", "21", []string{products[0], products[1], products[0]})
	if _, found, err := r.client.FindPushed(t.Context(), koppel.BuyOrders, vars); found || err != nil {
		t.Fatalf("before the push: found %t, %v", found, err)
	}
	pushed, err := r.client.Push(t.Context(), rest.Pushing{Object: koppel.BuyOrders, Operation: rest.PushCreate, Vars: vars})
	if err != nil || pushed.ID == "" || len(pushed.Lines) != 3 || slices.Contains(pushed.Lines, "") {
		t.Fatalf("pushed %+v, %v", pushed, err)
	}
	found, ok, err := r.client.FindPushed(t.Context(), koppel.BuyOrders, vars)
	if err != nil || !ok {
		t.Fatalf("after the push: found %t, %v", ok, err)
	}
	if diff := cmp.Diff(pushed, found); diff != "" {
		t.Errorf("the look-up gives other ids (-pushed +found):\n%s", diff)
	}

	if err := r.shop.Misbehave(demoshop.Misbehaviour{Faults: []demoshop.Fault{{Kind: demoshop.ErrorAfter, Times: 1, Method: "POST", Path: "/purchase-orders"}}}); err != nil {
		t.Fatal(err)
	}
	vars = buyOrder(t, "KOP1002", "22", products[:1])
	_, err = r.client.Push(t.Context(), rest.Pushing{Object: koppel.BuyOrders, Operation: rest.PushCreate, Vars: vars})
	var unknown *rest.UnknownOutcome
	if !errors.As(err, &unknown) || koppel.KindOf(err) != koppel.KindRemoteUnavailable {
		t.Fatalf("a 500 after the order was made: %v", err)
	}
	if found, ok, err := r.client.FindPushed(t.Context(), koppel.BuyOrders, vars); err != nil || !ok || found.ID == "" {
		t.Errorf("found %t, %+v, %v", ok, found, err)
	}

	_, err = r.client.Push(t.Context(), rest.Pushing{Object: koppel.BuyOrders, Operation: rest.PushCreate, Vars: buyOrder(t, "KOP1003", "99", products[:1])})
	if errors.As(err, &unknown) || koppel.KindOf(err) != koppel.KindInvalidRequest {
		t.Errorf("an unknown supplier: %v", err)
	}
	ledger := r.shop.Ledger()
	if ledger.PurchaseOrders != 2 || ledger.References != 2 || len(ledger.Doubled) != 0 {
		t.Errorf("the shop has %d orders of %d references, doubled: %v", ledger.PurchaseOrders, ledger.References, ledger.Doubled)
	}
}

// How variations are read depends on the shop's version.
func TestWaysToReadVariations(t *testing.T) {
	t.Parallel()
	type way struct{ Path, Each, Children, Parent, Since string }
	s := &suite{T: t, c: builtinOf(t, "woocommerce")}
	for version, want := range map[string]way{
		"5.5.9":  {"/products/${parent.id}/variations", "products", "all", "", ""},
		"5.6":    {"/products/${parent.id}/variations", "products", "since_each", "", "change"},
		"10.2.3": {"/products/${parent.id}/variations", "products", "since_each", "", "change"},
		"10.3.0": {"/variations", "", "", "products", "change"},
		"":       {"/products/${parent.id}/variations", "products", "since_each", "", "change"},
	} {
		stream := s.stream(t, "variations", version)
		got := way{Path: stream.Get.Source(), Each: stream.Each, Children: stream.Children}
		if stream.Parent != nil {
			got.Parent = stream.Parent.Stream
		}
		if stream.Since != nil {
			got.Since = stream.Since.By
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("version %q (-want +got):\n%s", version, diff)
		}
	}
}
