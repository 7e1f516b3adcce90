package store_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
	"github.com/shopspring/decimal"
)

func draftOf(supplier string, products ...string) store.BuyOrderDraft {
	d := store.BuyOrderDraft{Supplier: supplier, By: "test"}
	for i, p := range products {
		d.Lines = append(d.Lines, store.BuyOrderLine{Product: p, Quantity: int64(i + 1), SubtotalValue: decimal.New(1050, -2)})
	}
	return d
}

func (p pair) draft(t *testing.T, d store.BuyOrderDraft) (store.ObjectRow, error) {
	t.Helper()
	return try(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) (store.ObjectRow, error) { return tx.CreateBuyOrder(ctx, d) })
}

// place places an order and gives its outbox row.
func (p pair) place(t *testing.T, id, coupling string) (store.Outbox, error) {
	t.Helper()
	return try(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) (store.Outbox, error) {
		_, row, err := tx.PlaceBuyOrder(ctx, id, coupling, "test")
		return row, err
	})
}

// edit replaces what a draft is made of.
func edit(ctx context.Context, tx *store.Tx, id string, d store.BuyOrderDraft) (store.ObjectRow, error) {
	o, _, err := tx.EditBuyOrder(ctx, id, store.BuyOrderEdit{Supplier: &d.Supplier, Lines: d.Lines, By: d.By})
	return o, err
}

func TestDraftsAreMadeEditedAndPlaced(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	suppliers, products := p.goods(t)
	o, err := p.draft(t, draftOf(suppliers[0], products...))
	if err != nil {
		t.Fatal(err)
	}
	lines := value(t, o, "lines").([]store.Line)
	if value(t, o, "reference") != "KOP1" || value(t, o, "placed_at") != nil || len(lines) != 3 || lines[2].UUID == "" ||
		!value(t, o, "total_value").(decimal.Decimal).Equal(decimal.New(3150, -2)) {
		t.Errorf("draft is %+v", o.Values)
	}
	edited := in(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) (store.ObjectRow, error) {
		return edit(ctx, tx, o.UUID, draftOf(suppliers[1], products[0]))
	})
	if *value(t, edited, "supplier").(store.Reference).UUID != suppliers[1] || len(value(t, edited, "lines").([]store.Line)) != 1 || value(t, edited, "reference") != "KOP1" {
		t.Errorf("edited is %+v", edited.Values)
	}
	in(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) (store.ObjectRow, error) {
		return edit(ctx, tx, o.UUID, draftOf(suppliers[0], products[0]))
	})
	row, err := p.place(t, o.UUID, p.coupling.UUID)
	if err != nil || row.State != store.OutboxPending || row.Reference != "KOP1" || row.Operation != "create" {
		t.Fatalf("outbox row %+v, err %v", row, err)
	}
	placed := p.object(t, koppel.BuyOrders, o.UUID)
	at := value(t, placed, "placed_at").(time.Time)
	zone, err := time.LoadLocation(p.shop.TimeZone)
	if err != nil {
		t.Fatal(err)
	}
	want := at.In(zone).AddDate(0, 0, 5).Format(time.DateOnly) // the supplier's delivery time
	if got := value(t, placed, "expected_delivery_date").(time.Time).Format(time.DateOnly); got != want {
		t.Errorf("expected on %s, want %s", got, want)
	}
	_, err = try(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) (store.ObjectRow, error) {
		return edit(ctx, tx, o.UUID, draftOf(suppliers[1], products[0]))
	})
	wantKind(t, err, koppel.KindConflict, "KOP1", "placed")

	changes := in(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) ([]store.Change, error) { return tx.Changes(ctx, 0, 0) })
	var did []string
	for i, c := range changes {
		did = append(did, c.Operation)
		if c.Number != int64(i+1) || c.ObjectID != o.ID || c.Object != koppel.BuyOrders {
			t.Errorf("change %d is %+v", i, c)
		}
	}
	if diff := cmp.Diff([]string{"created", "updated", "updated", "updated"}, did); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"placed_at", "expected_delivery_date"}, changes[3].ChangedFields()); diff != "" {
		t.Error(diff)
	}
	audits := in(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) (store.Page[store.AuditRow], error) {
		return tx.Audits(ctx, o.UUID, 0, "")
	})
	if len(audits.Items) != 4 || audits.Items[0].Action != "buy_order.place" || audits.Items[0].Actor != "test" {
		t.Errorf("audit %+v", audits.Items)
	}
}

func TestABadDraftIsToldEverythingAtOnce(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	suppliers, products := p.goods(t)
	d := draftOf("nobody", products[0], products[1], products[2], suppliers[0])
	d.Lines[1].Quantity = 0
	d.Lines[2].SubtotalValue = decimal.New(1, -5)
	_, err := p.draft(t, d)
	wantKind(t, err, koppel.KindInvalidRequest, `supplier "nobody"`, "lines[1].quantity", "lines[2].subtotal_value", "lines[3].product")
	_, err = p.draft(t, store.BuyOrderDraft{Supplier: suppliers[0]})
	wantKind(t, err, koppel.KindInvalidRequest, "lines", "who asks")
	if o, err := p.draft(t, draftOf(suppliers[0], products[0])); err != nil || value(t, o, "reference") != "KOP1" {
		t.Errorf("refused drafts used up numbers: %v, err %v", o.Values, err)
	}
}

func TestReferencesAreUniqueUnderLoadAndPassOverTakenOnes(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	suppliers, products := p.goods(t)
	if _, err := p.Owner(t).Exec(t.Context(), `INSERT INTO buy_order (webshop_id, id, uuid, reference) VALUES ($1, nextval('object_id'), gen_random_uuid(), 'KOP3')`, p.shop.ID); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	got := map[any]bool{}
	for range 6 {
		wg.Go(func() {
			o, err := try(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) (store.ObjectRow, error) {
				return tx.CreateBuyOrder(ctx, draftOf(suppliers[0], products[0]))
			})
			if err != nil {
				t.Error(err)
				return
			}
			i, _, _ := koppel.BuyOrders.Field("reference")
			mu.Lock()
			got[o.Values[i]] = true
			mu.Unlock()
		})
	}
	wg.Wait()
	want := map[any]bool{"KOP1": true, "KOP2": true, "KOP4": true, "KOP5": true, "KOP6": true, "KOP7": true}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestPlacingAtOnceMakesOneOutboxRow(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	suppliers, products := p.goods(t)
	o, err := p.draft(t, draftOf(suppliers[0], products[0]))
	if err != nil {
		t.Fatal(err)
	}
	rows := make(chan string, 6)
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			row, err := try(t, p.App, p.scope(), func(ctx context.Context, tx *store.Tx) (store.Outbox, error) {
				_, row, err := tx.PlaceBuyOrder(ctx, o.UUID, p.coupling.UUID, "test")
				return row, err
			})
			if err != nil {
				t.Error(err)
			}
			rows <- row.UUID
		})
	}
	wg.Wait()
	close(rows)
	first := <-rows
	for row := range rows {
		if row != first {
			t.Errorf("two rows: %s and %s", first, row)
		}
	}
	var n int
	if err := p.Owner(t).QueryRow(t.Context(), `SELECT count(*) FROM outbox`).Scan(&n); err != nil || n != 1 {
		t.Errorf("%d outbox rows, err %v", n, err)
	}
	second := p.Coupling(t, p.shop)
	_, err = p.place(t, o.UUID, second.UUID)
	wantKind(t, err, koppel.KindConflict, "one coupling")
	_, err = p.place(t, o.UUID, p.otherOnes.UUID)
	wantKind(t, err, koppel.KindNotFound)
}

func TestAnOrderIsPushedByTheCouplingsOwnIDs(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	suppliers, products := p.goods(t)
	o, err := p.draft(t, draftOf(suppliers[0], products[0], products[1]))
	if err != nil {
		t.Fatal(err)
	}
	read := func(coupling int64) (koppel.Values, error) {
		order, err := try(t, p.Engine, p.scope(), func(ctx context.Context, tx *store.Tx) (store.PushedOrder, error) {
			return tx.BuyOrderToPush(ctx, o.ID, coupling)
		})
		return order.Values, err
	}
	v, err := read(p.coupling.ID)
	if err != nil {
		t.Fatal(err)
	}
	s, _, _ := koppel.BuyOrders.Field("supplier")
	l, lines, _ := koppel.BuyOrders.Field("lines")
	var keys []any
	for _, line := range v[l].([]koppel.Values) {
		for i, f := range lines.Line {
			if f.Name == "product" {
				keys = append(keys, line[i])
			}
		}
	}
	if diff := cmp.Diff([]any{"p1", "p2"}, keys); diff != "" || v[s] != "s1" {
		t.Errorf("supplier %v, products %v", v[s], keys)
	}
	second := p.Coupling(t, p.shop)
	_, err = read(second.ID)
	wantKind(t, err, koppel.KindConflict, `"Acme"`, `"Product A1" of line 1`, `"Product B2" of line 2`)
}
