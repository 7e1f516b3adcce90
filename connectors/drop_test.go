package connectors

import (
	"bytes"
	"strings"
	"testing"

	"github.com/koppel-io/koppel/connectors/rest"
)

// Who bought it is neither stored nor hashed: sync.md 11.
func TestDropsWhoBoughtIt(t *testing.T) {
	t.Parallel()
	r := newRemote(t, "woocommerce", plainHTTP, oddShop(""), map[string]any{"all_orders": true}, nil)
	r.read("orders", rest.ReadOptions{})
	orders := 0
	for key, raw := range r.raw {
		if key[0] != "orders" {
			continue
		}
		orders++
		for _, name := range []string{"billing", "shipping", "Utrecht", "@example.com", "customer_note", "order_key"} {
			if bytes.Contains(raw, []byte(`"`+name+`"`)) || name[0] == '@' && bytes.Contains(raw, []byte(name)) {
				t.Errorf("order %s still holds %s: %s", key[1], name, raw)
			}
		}
		if !bytes.Contains(raw, []byte(`"line_items"`)) {
			t.Errorf("order %s lost its lines: %s", key[1], raw)
		}
	}
	if orders == 0 {
		t.Error("no orders were read")
	}
}

func TestMappingCannotReadWhatIsDropped(t *testing.T) {
	t.Parallel()
	sources, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	source := sources["woocommerce"]
	line := "    channel: record.created_via\n"
	if !strings.Contains(source.Mapping, line) {
		t.Fatalf("the mapping has no %q", line)
	}
	source.Mapping = strings.Replace(source.Mapping, line, "    channel: record.billing.city\n", 1)
	_, err = Compile(source)
	want := ":21: objects.sell_orders.channel: record.billing is dropped: the connector's drop keeps it out of what is stored"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
}
