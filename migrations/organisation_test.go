package migrations_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
)

// Every table of webshops, also one that is added later, is held to the organisation's.
func TestAnOrganisationSeesItsOwnWebshopsInEveryTable(t *testing.T) {
	t.Parallel()
	ten := newTenants(t)
	owner := ten.env.Owner(t)
	var organisation int64
	if err := owner.QueryRow(t.Context(), `SELECT organisation_id FROM webshop WHERE id = $1`, ten.ids[0]).Scan(&organisation); err != nil {
		t.Fatal(err)
	}
	none, one := map[int64]int{}, map[int64]int{ten.ids[0]: 1}
	for _, table := range ten.tables {
		count := func(what, dsn, webshop, organisation string, want map[int64]int) {
			got := map[int64]int{}
			ten.as(t, dsn, webshop, func(tx pgx.Tx) {
				if _, err := tx.Exec(t.Context(), `SELECT set_config('koppel.organisation', $1, true)`, organisation); err != nil {
					t.Fatal(err)
				}
				rows, err := tx.Query(t.Context(), `SELECT webshop_id, count(*) FROM `+table+` WHERE webshop_id IS NOT NULL GROUP BY 1`)
				if err != nil {
					t.Fatal(err)
				}
				var id int64
				var n int
				if _, err := pgx.ForEachRow(rows, []any{&id, &n}, func() error { got[id] = n; return nil }); err != nil {
					t.Fatalf("%s: %v", table, err)
				}
			})
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s, %s: %s", table, what, diff)
			}
		}
		count("app of the organisation", ten.env.AppDSN, "0", fmt.Sprint(organisation), one)
		count("app of none", ten.env.AppDSN, "0", "", none)
		count("app of a gone one", ten.env.AppDSN, "0", "999", none)
		if table != "api_key" && table != "audit" {
			count("engine of the organisation", ten.env.EngineDSN, "0", fmt.Sprint(organisation), none)
		}
		for what, sql := range map[string]string{
			"update": `UPDATE ` + table + ` SET webshop_id = webshop_id WHERE webshop_id = 2`,
			"delete": `DELETE FROM ` + table + ` WHERE webshop_id = 2`,
			"move":   `UPDATE ` + table + ` SET webshop_id = 2 WHERE webshop_id = 1`,
		} {
			ten.as(t, ten.env.AppDSN, "0", func(tx pgx.Tx) {
				if _, err := tx.Exec(t.Context(), `SELECT set_config('koppel.organisation', $1, true)`, fmt.Sprint(organisation)); err != nil {
					t.Fatal(err)
				}
				if tag, err := tx.Exec(t.Context(), sql); err == nil && tag.RowsAffected() > 0 {
					t.Errorf("an organisation can %s a row of another's webshop in %s", what, table)
				}
			})
		}
	}
}
