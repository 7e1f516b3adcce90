package connectors

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCheckSettings(t *testing.T) {
	t.Parallel()
	c := builtinOf(t, "woocommerce")
	for _, s := range []struct {
		name  string
		value any
		want  string
	}{
		{"per_page", float64(50), ""},
		{"per_page", 50, ""},
		{"per_page", float64(101), "setting per_page: must be between 2 and 100"},
		{"per_page", 2.5, "setting per_page: must be a whole number"},
		{"per_page", "50", "setting per_page: must be a whole number"},
		{"all_orders", true, ""},
		{"all_orders", "yes", "setting all_orders: must be true or false"},
		{"shared_stock", "copy", ""},
		{"shared_stock", "both", "setting shared_stock: must be one of unknown, parent, copy"},
		{"history_from", "2026-01-31", ""},
		{"history_from", "31-01-2026", "setting history_from: must be a date such as 2026-01-31"},
		{"vat_rates", []any{"standard=21"}, ""},
		{"vat_rates", []any{21}, "setting vat_rates: must be a list of texts"},
		{"vat_rates", "standard=21", "setting vat_rates: must be a list of texts"},
		{"vat_rates", make([]any, maxItems+1), "setting vat_rates: must have at most 200 items"},
		{"user_agent", strings.Repeat("x", maxText+1), "setting user_agent: must be at most 8192 bytes"},
		{"sync.products", false, ""},
		{"buy_orders", "1-way", "setting buy_orders is not known"},
		{"sync.suppliers", false, "setting sync.suppliers is not known"},
		{"perpage", 50, "setting perpage is not known"},
	} {
		got := ""
		for _, err := range c.CheckSettings(map[string]any{s.name: s.value}) {
			got += err.Error()
		}
		if got != s.want {
			t.Errorf("%s = %.40v: %q, want %q", s.name, s.value, got, s.want)
		}
	}
}

func TestCheckCredentials(t *testing.T) {
	t.Parallel()
	c := builtinOf(t, "woocommerce")
	const secret = "cs_do_not_show"
	for _, s := range []struct {
		name  string
		given map[string]any
		want  []string
	}{
		{"good", map[string]any{"store_url": "https://shop.example/winkel", "consumer_key": "ck", "consumer_secret": secret}, nil},
		{"nothing", nil, []string{"store_url is missing", "consumer_key is missing", "consumer_secret is missing"}},
		{"no address", map[string]any{"store_url": "shop.example", "consumer_key": "ck", "consumer_secret": secret}, []string{"store_url: must be an address"}},
		{"password in the address", map[string]any{"store_url": "https://me:" + secret + "@shop.example", "consumer_key": "ck", "consumer_secret": secret}, []string{"must not hold a user name"}},
		{"a number", map[string]any{"store_url": "https://shop.example", "consumer_key": 7, "consumer_secret": secret}, []string{"consumer_key: must be a text"}},
		{"unknown", map[string]any{"store_url": "https://shop.example", "consumer_key": "ck", "consumer_secret": secret, "token": secret}, []string{"token is not known"}},
	} {
		problems := c.CheckCredentials(s.given)
		if len(problems) != len(s.want) {
			t.Errorf("%s: %v", s.name, problems)
			continue
		}
		for i, err := range problems {
			if !strings.Contains(err.Error(), s.want[i]) || strings.Contains(err.Error(), secret) {
				t.Errorf("%s: %v, want it to say %q and no secret", s.name, err, s.want[i])
			}
		}
	}
}

// Only a connector that can write buy orders has the setting, and then it sends them by default.
func TestDefaults(t *testing.T) {
	t.Parallel()
	if problems := builtinOf(t, "demo").CheckSettings(map[string]any{"buy_orders": "2-way"}); len(problems) != 1 ||
		problems[0].Error() != "setting buy_orders cannot be 2-way: connector demo does not read purchase orders; use 1-way" {
		t.Errorf("demo buy_orders = 2-way: %v", problems)
	}
	for name, want := range map[string]any{"woocommerce": nil, "demo": "1-way"} {
		c := builtinOf(t, name)
		got := c.Defaults(map[string]any{"per_page": 20})
		if diff := cmp.Diff(want, got["buy_orders"]); diff != "" {
			t.Errorf("%s buy_orders (-want +got):\n%s", name, diff)
		}
		if got["per_page"] != 20 || got["look_back_days"] != int64(60) || got["all_orders"] != false {
			t.Errorf("%s: %v", name, got)
		}
		for _, object := range c.Objects() {
			if got[SyncSetting(object)] != true {
				t.Errorf("%s: %s is off", name, SyncSetting(object))
			}
		}
	}
}

func TestStockOnDeliveryIsRefusedWhereItWouldCountTwice(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		connector string
		given     map[string]any
		want      string
	}{
		{"woocommerce", map[string]any{"push.stock_on_delivery": true}, ""},
		{"woocommerce", map[string]any{"push.stock_on_delivery": true, "push.stock": true}, "cannot be true beside push.stock:"},
		{"picqer", map[string]any{"push.stock_on_delivery": true}, "cannot be true beside buy_orders 2-way"},
		{"demo", map[string]any{"push.stock_on_delivery": true, "buy_orders": "1-way"}, ""},
		{"picqer", map[string]any{"push.stock_on_delivery": true, "buy_orders": "off"}, ""},
		{"exact-online", map[string]any{"push.stock_on_delivery": true}, "is not known"},
	} {
		got := ""
		for _, err := range builtinOf(t, c.connector).CheckSettings(c.given) {
			got += err.Error()
		}
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s %v: %q, want %q", c.connector, c.given, got, c.want)
		}
	}
}
