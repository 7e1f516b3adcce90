package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite golden files")

// conversations are command lines by the golden file that shows what each asks,
// prints and exits with.
var conversations = map[string][]string{
	"webshop":   {"webshop list", "webshop list --limit 2 --cursor c", "webshop show 0a0001", "webshop create --name Fietsen --organisation Jansen", "webshop create", "webshop show zzzzzz", "webshop show 0a7777"},
	"coupling":  {"coupling list --webshop 0a0001", "coupling show " + coupling1, "coupling check 0b0001", "coupling pause 0b0001 --reason rebuilt", "coupling resume 0b0001", "coupling pause " + coupling2, "coupling activate 0b0001", "coupling activate 0b0001 --wait", "coupling activate " + coupling2 + " --wait"},
	"settings":  {"coupling set 0b0001 per_page=50 sync.suppliers=false --unset history_from", "coupling set 0b0001 per_page=many", "coupling set 0b0001", "coupling set 0b0001 per_page", "coupling create --webshop 0a0001 --connector woocommerce --name Second --set per_page=50 --credential consumer_key=ck_1"},
	"passwords": {"coupling credentials 0b0001 store_url=https://shop.example.com consumer_key=ck_1", "coupling credentials 0b0001", "coupling credentials 0b0001 --file -", "coupling credentials " + coupling2 + " store_url=https://shop.example.com consumer_key=ck_1"},
	"sync":      {"sync 0b0001 products --mode full", "sync 0b0001", "sync 0b0001 products --sku A,B --wait", "sync 0b0001 sell_orders --from 2026-01-01 --to 2026-01-02", "sync 0b0001 products --mode single", "sync 0b0001 products --mode full --sku A", "sync 0b0001 bikes", "sync 0b0001 products --mode some", "sync 0b0001 products --from soon"},
	"run":       {"run list --state failed --coupling 0b0001", "run show 0c0001", "run show 0c0002", "run timeline 0c0001", "run cancel 0c0001", "run list --state bad"},
	"watch":     {"run watch 0c0001", "run watch 0c0002", "run watch " + runParked, "run watch 0c0001 --output json"},
	"object":    {"object list products --sku BIKE-1", "object get products 0d0001", "object list bikes"},
	"buy_order": {"buy-order create --webshop 0a0001 --supplier 0d0002 --line 0d0001:24:180.00 --expected 2026-02-10", "buy-order show " + order1, "buy-order place " + order1 + " --coupling 0b0001", "buy-order place " + order1 + " --wait", "buy-order create --webshop 0a0001 --supplier 0d0002 --line 0d0001:0:180"},
	"parked":    {"parked list --coupling 0b0001 --kind mapping", "parked retry 0e0001", "parked retry --coupling 0b0001 --kind mapping", "parked retry", "parked list --kind bad", "parked causes --coupling 0b0001", "parked retry --coupling 0b0001 --field price --dry-run", "parked resolve --coupling 0b0001 --field price --reason tests --dry-run", "parked resolve --coupling 0b0001", "parked resolve 0e0001 --dry-run --reason x", "parked unresolve --coupling 0b0001 --kind mapping", "parked unresolve 0e0001"},
	"cursor":    {"cursor show 0b0001", "cursor set 0b0001 products 2026-01-01", "cursor set 0b0001 products none -o json", "cursor set 0b0001 products 1042", "cursor set 0b0001 products soon", "cursor set 0b0001 products"},
	"waiting":   {"waiting --coupling 0b0001 --for products", "waiting --object bikes"},
	"key":       {"key list", "key create --name planner --webshop 0a0001 --scope objects:read,orders:write", "key create --name planner --installation", "key create --name x --installation --scope everything", "key revoke 0f0001", "key create --name x --installation --webshop 0a0001 --scope admin"},
	"connector": {"connector list", "connector show woocommerce", "connector rollback woocommerce --version 1.0.0", "connector publish testdata/good", "connector lint testdata/good", "connector lint testdata/good testdata/bad testdata/untyped", "connector test testdata/bad", "connector test testdata/good", "connector test testdata/good testdata/wrong", "connector publish testdata/bad", "connector lint testdata/none"},
	"json":      {"webshop show 0a0001 -o json", "webshop list -o json", "parked retry 0e0001 -o json", "webshop show 0a7777 -o json", "webshop -o yaml", "coupling set 0b0001 per_page=many -o json"},
	"doctor":    {"doctor --api", "doctor --api --key kpl_wrong"},
	"usage":     {"runn", "run watch", "run watch --bad x", "webshop nothing", "--version"},
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for name, lines := range conversations {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newContract(t)
			var text strings.Builder
			for _, line := range lines {
				stdin := ""
				if strings.HasSuffix(line, " -") {
					stdin = "store_url: https://shop.example.com\nconsumer_key: ck_from_file\n"
				}
				r := koppelAt(t.Context(), server.URL, stdin, strings.Fields(line)...)
				fmt.Fprintf(&text, "$ koppel %s\n", line)
				for _, asked := range server.askedNow() {
					fmt.Fprintf(&text, "asked %s\n", asked)
				}
				fmt.Fprintf(&text, "%s", r.out)
				for _, said := range strings.SplitAfter(r.err, "\n") {
					if said != "" {
						fmt.Fprintf(&text, "! %s", said)
					}
				}
				fmt.Fprintf(&text, "= %d\n\n", r.code)
			}
			compare(t, filepath.Join("testdata", "golden", name+".txt"), strings.ReplaceAll(text.String(), server.URL, "http://koppel.test"))
		})
	}
}

func compare(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs; if that is wanted: make golden\n%s", file, diff)
	}
}
