package main

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

// partsOfKits reads compositions from a list of parts of each kit, three to a page.
var partsOfKits = strings.NewReplacer(`  kits:
    get: /kits
    records: value
    key: ID
    page: { next: { body: next } }
    since: { keyset: Timestamp, first: "0", query: { after: "${since}" } }
    shape: { ID: string, Parts: [{ Item: string, Amount: int }], Timestamp: int }
`, `  parts:
    each: items
    when: parent.Name startsWith "Kit"
    children: changed
    get: /parts/${parent.ID}
    records: value
    key: ID
    page: { next: { body: next } }
    deletes: missing
    shape: { ID: string, Kit: string, Item: string, Amount: int }
`, `    from: kits
    each: record.Parts
    as: part
    where: part.Amount > 0
    remote_id: record.ID + "_" + part.Item
    composed_product: record.ID
    part_product: part.Item
    part_quantity: part.Amount
`, `    from: parts
    remote_id: record.ID
    composed_product: record.Kit
    part_product: record.Item
    part_quantity: record.Amount
`)

// sync.md 5: a scan that is proven complete tells what is missing. The children that one answer lists are a set, of the
// parents that were read and of no others; a list in several pages, between which rows may move, needs a second scan.
func childrenAreSets(t *testing.T, l *land) {
	s, remote := newFlat(t, l, "flat-children", partsOfKits)
	for _, id := range []string{"A", "B", "C", "D", "E"} {
		remote.put("items", row{"ID": id, "Name": "Item " + id})
		remote.put("prices", row{"ID": "p" + id, "Item": id, "Price": 12.5, "Quantity": 1})
	}
	kit := func(id string) {
		remote.put("items", row{"ID": id, "Name": "Kit " + id})
		remote.put("prices", row{"ID": "p" + id, "Item": id, "Price": 50, "Quantity": 1})
	}
	part := func(kit, item string) {
		remote.put("parts/"+kit, row{"ID": kit + item, "Kit": kit, "Item": item, "Amount": 1})
	}
	leave := func(kit, item string) {
		remote.mu.Lock()
		defer remote.mu.Unlock()
		remote.remove("parts/"+kit, kit+item)
	}
	for _, id := range []string{"K", "L"} {
		kit(id)
		part(id, "A")
		part(id, "B")
		part(id, "C")
	}
	s.activate(t)
	changed := func(gone int64, want ...string) {
		t.Helper()
		run := s.sync(t, client.Sync{Object: koppel.ProductCompositions, Mode: koppel.ModeSince})
		if run.Counts.Gone != gone {
			t.Errorf("%d are gone, want %d: %s", run.Counts.Gone, gone, describeRun(run))
		}
		got := slices.Sorted(maps.Keys(s.objects(t, koppel.ProductCompositions)))
		if !slices.Equal(got, want) {
			t.Errorf("the parts are %q, want %q", got, want)
		}
	}
	// K makes room for another part; L loses one, but nothing says that it changed.
	leave("K", "A")
	part("K", "D")
	leave("L", "B")
	kit("K")
	changed(1, "KB", "KC", "KD", "LA", "LB", "LC")
	// Four parts are two pages.
	part("K", "A")
	part("K", "E")
	leave("K", "B")
	kit("K")
	changed(0, "KA", "KB", "KC", "KD", "KE", "LA", "LB", "LC")
	kit("K")
	changed(1, "KA", "KC", "KD", "KE", "LA", "LB", "LC")
	// The list of K is one page again; that of L is empty, but L was not read.
	leave("K", "E")
	remote.mu.Lock()
	remote.tables["parts/L"] = nil
	remote.mu.Unlock()
	kit("K")
	changed(1, "KA", "KC", "KD", "LA", "LB", "LC")
	// A list that is not found says nothing of what it held.
	remote.mu.Lock()
	delete(remote.tables, "parts/L")
	remote.mu.Unlock()
	kit("L")
	changed(0, "KA", "KC", "KD", "LA", "LB", "LC")
}
