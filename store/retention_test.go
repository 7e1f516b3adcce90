package store_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

func TestRetentionIsPerOrganisationWithDefaults(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	all := store.AllWebshops()
	owner := *in(t, p.App, all, func(ctx context.Context, tx *store.Tx) (store.Webshop, error) { return tx.Webshop(ctx, p.shop.UUID) }).OrganisationUUID
	set := func(organisation string, kind koppel.RetentionKind, days int) error {
		_, err := try(t, p.App, all, func(ctx context.Context, tx *store.Tx) (any, error) {
			return nil, tx.SetRetention(ctx, organisation, kind, days, "test")
		})
		return err
	}
	want := func(organisation string, days int, own bool) {
		t.Helper()
		rows := in(t, p.App, all, func(ctx context.Context, tx *store.Tx) ([]store.RetentionRow, error) {
			return tx.Retention(ctx, organisation)
		})
		if len(rows) != len(koppel.Retentions()) {
			t.Fatalf("%d kinds, want %d", len(rows), len(koppel.Retentions()))
		}
		for _, r := range rows {
			if r.Kind == koppel.RetainExchanges && (r.Days != days || r.Own != own) {
				t.Errorf("exchanges of %q are kept %d days (own: %t), want %d (%t)", organisation, r.Days, r.Own, days, own)
			}
		}
	}
	want(owner, 14, false)
	for _, step := range []struct {
		organisation string
		days         int
	}{{"", 10}, {owner, 5}} {
		if err := set(step.organisation, koppel.RetainExchanges, step.days); err != nil {
			t.Fatal(err)
		}
	}
	want("", 10, false)
	want(owner, 5, true)
	if err := set(owner, koppel.RetainExchanges, 0); err != nil {
		t.Fatal(err)
	}
	want(owner, 10, false)
	wantKind(t, set("", koppel.RetainAudit, 3), koppel.KindInvalidRequest, "between 30 and 3650")
	wantKind(t, set("", "people", 30), koppel.KindInvalidRequest, "people")
	wantKind(t, set(store.NewID(), koppel.RetainAudit, 60), koppel.KindNotFound)
}

// Whole days that nobody keeps are dropped; of a webshop whose organisation keeps less its rows are deleted.
func TestOldDataIsDeletedByDayAndByRow(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	owner := p.Owner(t)
	exec := func(sql string, args ...any) {
		t.Helper()
		if _, err := owner.Exec(t.Context(), sql, args...); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	for table, insert := range map[string]string{
		"exchange": `(at, webshop_id, data) VALUES ($1, $2, '{}')`,
		"timeline": `(at, webshop_id, run_id, event) VALUES ($1, $2, 1, 'x')`,
		"change":   `(at, webshop_id, number, object, object_id, operation, fields) VALUES ($1, $2, extract(epoch from $1::timestamptz), 'products', 1, 'update', 1)`,
		"audit":    `(at, webshop_id, actor, action, subject) VALUES ($1, $2, 'a', 'b', 'c')`,
	} {
		for _, day := range []string{"2001-05-05", "2001-05-06"} {
			exec(fmt.Sprintf(`CREATE TABLE %s_%s PARTITION OF %s FOR VALUES FROM ('%s 00:00Z') TO ('%s 00:00Z'::timestamptz + interval '1 day')`,
				table, day[:4]+day[5:7]+day[8:], table, day, day))
			exec("INSERT INTO "+table+" "+insert, day+" 12:00Z", p.shop.ID)
		}
		// Ten days old, in a partition of a month ago, of both webshops.
		exec(fmt.Sprintf(`CREATE TABLE %s_recent PARTITION OF %s FOR VALUES FROM ('2001-06-01 00:00Z') TO (now() - interval '2 days')`, table, table))
		for _, shop := range []store.Webshop{p.shop, p.other} {
			exec("INSERT INTO "+table+" "+insert, "2001-06-01 12:00Z", shop.ID)
		}
	}
	exec(`INSERT INTO retention (organisation_id, kind, days, changed_by)
		SELECT organisation_id, k, 30, 'test' FROM webshop, unnest(ARRAY['exchanges', 'timeline', 'changes', 'audit']) k WHERE id = $1`, p.shop.ID)
	exec(`INSERT INTO retention (organisation_id, kind, days, changed_by)
		SELECT NULL, k, 60, 'test' FROM unnest(ARRAY['exchanges', 'timeline', 'changes', 'audit']) k`)
	if p.shop.OrganisationID == p.other.OrganisationID {
		t.Fatal("both webshops are of one organisation")
	}
	days, rows, err := p.Engine.Retain(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if days != 8 || rows != 4 {
		t.Errorf("%d days and %d rows went, want 8 and 4", days, rows)
	}
}
