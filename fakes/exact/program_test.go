package exact

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestTheStartIsTheSameForASeed(t *testing.T) {
	t.Parallel()
	a, b, c := serve(t, Config{Seed: 4}), serve(t, Config{Seed: 4}), serve(t, Config{Seed: 5})
	text := func(s *served) string {
		all, err := json.Marshal(s.Truth(123456))
		if err != nil {
			t.Fatal(err)
		}
		return string(all)
	}
	if text(a) != text(b) {
		t.Error("one seed, two sites")
	}
	if text(a) == text(c) {
		t.Error("two seeds, one site")
	}
}

func TestTheStartHasEveryQuirk(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{})
	truth := s.Truth(123456)
	seen := map[string]bool{}
	for _, p := range truth.Products {
		seen["disabled"] = seen["disabled"] || p.Disabled
		seen["assembled"] = seen["assembled"] || p.Assembled
		seen["no price"] = seen["no price"] || p.Price == nil
		seen["unlimited"] = seen["unlimited"] || p.Unlimited
		seen["no barcode"] = seen["no barcode"] || p.EAN == ""
		seen["negative"] = seen["negative"] || p.Stock < 0
	}
	for _, p := range truth.SupplierProducts {
		seen["box"] = seen["box"] || p.Lot > 1
		seen["offer ended"] = seen["offer ended"] || p.Disabled
	}
	for _, p := range truth.Suppliers {
		seen["supplier ended"] = seen["supplier ended"] || p.Ignored
	}
	for _, d := range truth.Deliveries {
		seen["return"] = seen["return"] || d.Quantity < 0
	}
	for _, name := range []string{"disabled", "assembled", "no price", "unlimited", "no barcode", "negative", "box", "offer ended", "return"} {
		if !seen[name] {
			t.Errorf("nothing is %q", name)
		}
	}
	if len(truth.Compositions) == 0 || len(truth.SellOrders) == 0 || len(truth.BuyOrders) == 0 {
		t.Errorf("%d compositions, %d sell orders, %d buy orders", len(truth.Compositions), len(truth.SellOrders), len(truth.BuyOrders))
	}
}

func TestMutationsKeepTheSiteWhole(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Items: 50})
	if err := s.Mutate(123456, 2000); err != nil {
		t.Fatal(err)
	}
	positions := map[string]bool{}
	for _, r := range s.all("sync/Inventory/StockPositions?$select=ID,ItemId&$filter=Timestamp gt 1L") {
		positions[r["ItemId"].(string)] = true
	}
	items := map[string]bool{}
	for _, r := range s.all("sync/Logistics/Items?$select=ID&$filter=Timestamp gt 1L") {
		items[r["ID"].(string)] = true
	}
	for id := range positions {
		if !items[id] {
			t.Errorf("stock of an item that is gone: %s", id)
		}
	}
	if s.Mutate(1, 1) == nil {
		t.Error("an unknown division was changed")
	}
}

func TestAdminIsForLoopbackOnly(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Items: 3})
	for addr, want := range map[string]int{"127.0.0.1:999": 200, "[::1]:999": 200, "192.0.2.1:999": 403, "": 403} {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/_fake/state", nil)
		r.RemoteAddr = addr
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%q: %d, want %d", addr, w.Code, want)
		}
	}
}

func TestAdmin(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Items: 5})
	id := s.Truth(123456).Products[0].ID
	for _, c := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"GET", "/_fake/state", "", 200, `"minute_seconds":60`},
		{"GET", "/_fake/ledger", "", 200, `"requests"`},
		{"GET", "/_fake/ledger?kind=requests", "", 200, `[`},
		{"GET", "/_fake/ledger?kind=odd", "", 400, "kind"},
		{"GET", "/_fake/truth/products", "", 200, id},
		{"GET", "/_fake/truth/Items", "", 200, id},
		{"GET", "/_fake/truth/nothing", "", 404, "supplier_products"},
		{"POST", "/_fake/mutate", `{"count":3}`, 200, "timestamp"},
		{"POST", "/_fake/rows", `{"entity":"Items","action":"update","key":"` + id + `","properties":{"Description":"x"}}`, 200, id},
		{"POST", "/_fake/rows", `{"entity":"Items","action":"update","key":"` + id + `","properties":{"Odd":"x"}}`, 400, "Odd"},
		{"POST", "/_fake/rows", `{"entity":"Items","action":"delete","key":"` + id + `"}`, 200, id},
		{"POST", "/_fake/misbehave", `{"faults":[{"kind":"latency","share":1}]}`, 200, "latency"},
		{"POST", "/_fake/misbehave", `{"faults":[{"kind":"odd"}]}`, 400, "odd"},
		{"POST", "/_fake/login", "", 200, "refresh_token"},
		{"POST", "/_fake/odd", "", 404, "no such"},
	} {
		g := s.send(c.method, s.url+c.path, c.body, nil)
		if g.status != c.status || !strings.Contains(string(g.body), c.want) {
			t.Errorf("%s %s: %d %.200s", c.method, c.path, g.status, g.body)
		}
	}
}

func TestConfigIsRefused(t *testing.T) {
	t.Parallel()
	for want, cfg := range map[string]Config{
		"warehouses is 1":     {Warehouses: 1},
		"at least one suppl":  {Suppliers: -1},
		"zone":                {Zone: "Mars/Base"},
		"divisions is 1000":   {Divisions: 1000},
		"without \"odd\"":     {Without: []string{"odd"}},
		"faults[0].kind \"\"": {Misbehaviour: Misbehaviour{Faults: []Fault{{}}}},
	} {
		if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", cfg, err, want)
		}
	}
}

// TestRun runs the program: it says where it listens, answers and stops.
func TestRun(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() {
		done <- program.Run(ctx, []string{"--addr", "127.0.0.1:0", "--items", "7", "--without", "assembly", "--misbehave", `{"faults":[{"kind":"latency","share":1,"delay_ms":1}]}`}, w)
	}()
	var said struct {
		URL       string
		Divisions []int
	}
	if err := json.NewDecoder(r).Decode(&said); err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), "GET", said.URL+"/_fake/state", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	var state State
	if err := json.NewDecoder(res.Body).Decode(&state); err != nil || state.Rows["Items"] != 7 || len(said.Divisions) != 2 {
		t.Errorf("%+v %v", state, err)
	}
	if err := res.Body.Close(); err != nil {
		t.Error(err)
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	for _, args := range [][]string{{"--items", "many"}, {"--misbehave", "{"}, {"--zone", "Mars"}, {"more"}, {"--addr", "127.0.0.1:no"}} {
		if err := program.Run(t.Context(), args, io.Discard); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
	var help bytes.Buffer
	if err := program.Run(t.Context(), []string{"-h"}, &help); err != nil || !strings.Contains(help.String(), "-misbehave") {
		t.Errorf("help: %v %s", err, help.String())
	}
}
