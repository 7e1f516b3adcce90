package api

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/shopspring/decimal"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// object is the only object of a kind in a webshop.
func (s *site) object(t *testing.T, shop store.Webshop, kind koppel.Object) store.ObjectRow {
	t.Helper()
	page := do(t, s, store.ForWebshop(shop.ID), func(ctx context.Context, tx *store.Tx) (store.Page[store.ObjectRow], error) {
		return tx.Objects(ctx, kind, store.ObjectFilter{})
	})
	if len(page.Items) != 1 {
		t.Fatalf("webshop %s has %d %s", shop.Name, len(page.Items), kind)
	}
	return page.Items[0]
}

// order drafts a buy order and gives its id.
func (s *site) order(t *testing.T, shop store.Webshop, supplier, product string) string {
	t.Helper()
	return do(t, s, store.ForWebshop(shop.ID), func(ctx context.Context, tx *store.Tx) (store.ObjectRow, error) {
		return tx.CreateBuyOrder(ctx, store.BuyOrderDraft{By: "test", Supplier: supplier, Lines: []store.BuyOrderLine{
			{Product: product, Quantity: 2, SubtotalValue: decimal.RequireFromString("25")},
		}})
	}).UUID
}

func orderBody(shop, supplier, product string) map[string]any {
	return map[string]any{"webshop": shop, "supplier": supplier, "lines": []any{
		map[string]any{"product": product, "quantity": 2, "subtotal_value": "25.00"},
	}}
}

func (s *site) parkedOf(t *testing.T, shop store.Webshop) []store.ParkedRow {
	t.Helper()
	return do(t, s, store.ForWebshop(shop.ID), func(ctx context.Context, tx *store.Tx) (store.Page[store.ParkedRow], error) {
		return tx.ParkedRecords(ctx, store.ParkedFilter{})
	}).Items
}

func keysOf(ctx context.Context, tx *store.Tx) (store.Page[store.Key], error) {
	return tx.Keys(ctx, 0, "")
}

// audits are the actions noted about a subject, newest first.
func (s *site) audits(t *testing.T, subject string) []store.AuditRow {
	t.Helper()
	return do(t, s, store.AllWebshops(), func(ctx context.Context, tx *store.Tx) (store.Page[store.AuditRow], error) {
		return tx.Audits(ctx, subject, 0, "")
	}).Items
}

// noted is how many audit rows there are.
func (s *site) noted(t *testing.T) (n int) {
	t.Helper()
	if err := s.env.Owner(t).QueryRow(t.Context(), `SELECT count(*) FROM audit`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// action is the newest action noted about a subject.
func (s *site) action(t *testing.T, subject string) string {
	t.Helper()
	rows := s.audits(t, subject)
	if len(rows) == 0 {
		return ""
	}
	return rows[0].Action
}

// decode reads JSON into T.
func decode[T any](t *testing.T, text []byte) T {
	t.Helper()
	var out T
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return out
}
