package connectors

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/koppel-io/koppel"
)

func TestRulesFollowTheSettings(t *testing.T) {
	t.Parallel()
	c := builtinOf(t, "demo")
	rules := func(first bool, given map[string]any) map[koppel.Object]koppel.Rule {
		return c.Rules(c.Defaults(given), first)
	}
	primary := koppel.Rule{Role: koppel.RolePrimary, Key: koppel.ByRemoteID}
	for object, rule := range rules(true, nil) {
		if diff := cmp.Diff(primary, rule); diff != "" {
			t.Errorf("%s of a webshop's first coupling (-want +got):\n%s", object, diff)
		}
	}
	further := rules(false, nil)
	if further[koppel.Products].Key != "sku_code" || further[koppel.Suppliers].Key != "name" || further[koppel.SellOrders].Key != koppel.ByRemoteID {
		t.Errorf("a further coupling has %+v", further)
	}
	given := map[string]any{"role.products": "secondary", "mapping_key.products": "ean_code", "ignore_fields.products": []any{"name", "minimum_stock"}}
	if problems := c.CheckSettings(given); len(problems) > 0 {
		t.Fatal(problems)
	}
	want := koppel.Rule{Role: koppel.RoleSecondary, Key: "ean_code", Ignore: []string{"name", "minimum_stock"}}
	if diff := cmp.Diff(want, rules(true, given)[koppel.Products]); diff != "" {
		t.Errorf("what was set (-want +got):\n%s", diff)
	}
	if got := rules(true, map[string]any{"role.products": "secondary"})[koppel.Products]; got.Key != "sku_code" {
		t.Errorf("one that only finds looks by %s", got.Key)
	}
	for _, bad := range []map[string]any{
		{"role.products": "tertiary"}, {"mapping_key.products": "gln"}, {"mapping_key.supplier_products": "sku_code"},
		{"ignore_fields.products": []any{"nmae"}}, {"ignore_fields.sell_orders": []any{"lines"}}, {"role.product": "primary"},
	} {
		if problems := c.CheckSettings(bad); len(problems) != 1 {
			t.Errorf("%v has the problems %v, want one", bad, problems)
		}
	}
}
