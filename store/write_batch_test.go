package store_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
	"github.com/shopspring/decimal"
)

func TestABatchWritesRecordsSourcesObjectsChangesAndItsPosition(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	counts := r.write(t, r.lease, product(t, "1", 5, map[string]any{"sku_code": `a"ü`, "categories": []string{"x", "y,z"}}), product(t, "2", 5, nil))
	want := koppel.Counts{Pages: 1, Records: 2, Changed: 2, Objects: 2}
	if diff := cmp.Diff(want, counts); diff != "" {
		t.Error(diff)
	}
	r.want(t, "1|5|0\n2|5|0", "SELECT remote_id, ticket, codec FROM record ORDER BY 1")
	r.want(t, `products|1|{"name":"Product 1","sku_code":"a\"ü","price":"12.5","status":"enabled","categories":["x","y,z"]}`,
		"SELECT object, remote_id, mapped::text FROM source WHERE remote_id = '1'")
	r.want(t, `Product 1|a"ü|12.500000|f|enabled|{x,"y,z"}|∅`,
		"SELECT name, sku_code, price::text, unlimited_stock::text::char, status, categories::text, weight FROM product ORDER BY name LIMIT 1")
	r.want(t, "1|products|created\n2|products|created", "SELECT number, object, operation FROM change ORDER BY number")
	r.want(t, `1|2|2|0|{"page": 1}|∅|16`, `SELECT batches, records, changed, parked, resume::text, ended_at, length(keys) FROM scan JOIN scan_seen ON scan_id = id`)
}

func TestAnUnchangedRecordWritesNothing(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	r.write(t, r.lease, product(t, "1", 5, nil))
	const state = "SELECT (SELECT xmin FROM record) AS r, (SELECT xmin FROM source) AS s, (SELECT xmin FROM product) AS p, (SELECT count(*) FROM change) AS c"
	before := r.text(t, state)
	hashes := make([][16]byte, 3)
	if err := r.Engine.KnownHashes(t.Context(), r.lease.Webshop, r.lease.Stream, []string{"1", "none", "1"}, hashes); err != nil {
		t.Fatal(err)
	}
	same := product(t, "1", 5, nil).Hash
	if hashes[0] != same || hashes[2] != same || hashes[1] != [16]byte{} {
		t.Fatalf("hashes = %x", hashes)
	}
	b := batchOf(r.lease)
	b.Seen, b.Unchanged = []string{"1"}, 1
	if _, err := r.Engine.WriteBatch(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	r.want(t, before, state)
	r.want(t, "2|1|1", "SELECT records, changed, unchanged FROM scan")
	// A record that differs without changing any value writes itself and neither source nor object.
	r.write(t, r.lease, product(t, "1", 6, nil))
	after := r.text(t, "SELECT (SELECT xmin FROM source) AS s, (SELECT xmin FROM product) AS p, (SELECT count(*) FROM change) AS c")
	if want := before[len(before)-len(after):]; after != want {
		t.Errorf("source, product and changes: %s, want %s", after, want)
	}
}

// A record that arrives spoiled once and then as it was before must not stay parked for being unchanged.
func TestASpoiledRecordIsLookedAtAgain(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	good := product(t, "1", 5, nil)
	r.write(t, r.lease, good)
	r.write(t, r.lease, store.Record{ID: "1", Ticket: 6, Raw: []byte(`{"id":1,"id":1}`),
		Parked: []store.Parked{{Kind: koppel.KindSchemaDrift, Reason: "a member name occurs twice in the record"}}})
	const parked = "SELECT count(*) FROM parked WHERE resolved_at IS NULL"
	r.want(t, "1", parked)
	hashes := make([][16]byte, 1)
	if err := r.Engine.KnownHashes(t.Context(), r.lease.Webshop, r.lease.Stream, []string{"1"}, hashes); err != nil {
		t.Fatal(err)
	}
	if hashes[0] != ([16]byte{}) {
		t.Errorf("hash %x is known of a record that is parked", hashes[0])
	}
	const kept = "SELECT convert_from(raw, 'UTF8'), mapped->>'name' FROM record JOIN source USING (webshop_id, stream_id, remote_id)"
	r.want(t, `{"id":"1","ticket":5}|Product 1`, kept)
	good.Ticket, good.New = 7, true
	r.write(t, r.lease, good)
	r.want(t, "0", parked)
	r.want(t, `{"id":"1","ticket":5}|Product 1`, kept)
}

// Triggers of an operator, or of the fault board, can tell who writes.
func TestABatchSaysUnderWhichLeaseItIsWritten(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	if _, err := r.owner.Exec(t.Context(), `
CREATE TABLE seen (lease text);
CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$BEGIN INSERT INTO seen VALUES (current_setting('koppel.lease', true)); RETURN NULL; END$$;
CREATE TRIGGER see AFTER INSERT OR UPDATE ON record FOR EACH STATEMENT EXECUTE FUNCTION see()`); err != nil {
		t.Fatal(err)
	}
	r.write(t, r.lease, product(t, "1", 5, nil))
	single := r.lease
	single.Epoch, single.Scan = 0, 0
	r.write(t, single, product(t, "2", 6, nil))
	r.want(t, fmt.Sprintf("%d/%d", r.lease.Stream, r.lease.Epoch), `SELECT lease FROM seen WHERE lease <> ''`)
	r.want(t, "1", `SELECT count(*) FROM seen WHERE lease = ''`)
}

func TestAnOlderEpochWritesNothing(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	stale := r.lease
	fresh, scan, err := r.Engine.TakeLease(t.Context(), stale.Webshop, stale.Run, "products", "another")
	if err != nil {
		t.Fatal(err)
	}
	if fresh.Epoch != stale.Epoch+1 || fresh.Scan != stale.Scan || scan.Resume != nil {
		t.Fatalf("lease %+v after %+v, scan %+v", fresh, stale, scan)
	}
	_, err = r.Engine.WriteBatch(t.Context(), batchOf(stale, product(t, "1", 5, nil)))
	if !errors.Is(err, store.ErrLeaseLost) || koppel.KindOf(err) != koppel.KindConflict {
		t.Fatalf("error = %v", err)
	}
	r.want(t, "0|0|0", "SELECT (SELECT count(*) FROM record) AS r, (SELECT count(*) FROM product) AS p, (SELECT batches FROM scan) AS b")
	r.write(t, fresh, product(t, "1", 5, nil))
	_, scan, err = r.Engine.TakeLease(t.Context(), stale.Webshop, stale.Run, "products", "third")
	if err != nil || string(scan.Resume) != `{"page": 1}` || scan.Counts.Records != 1 || scan.Ended() {
		t.Fatalf("scan %+v, %v", scan, err)
	}
}

func TestAnOlderTicketOverwritesNothing(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	single := r.lease
	single.Epoch, single.Scan = 0, 0
	r.write(t, single, product(t, "1", 9, map[string]any{"name": "newer"}))
	counts := r.write(t, r.lease, product(t, "1", 5, map[string]any{"name": "older"}), product(t, "2", 5, nil))
	if counts.Changed != 1 || counts.Unchanged != 1 || counts.Objects != 1 {
		t.Errorf("counts = %+v", counts)
	}
	r.want(t, "newer|9", "SELECT name, ticket FROM product p JOIN source s ON s.object_id = p.id JOIN record r USING (remote_id) WHERE remote_id = '1'")
}

func TestARepeatedIDKeepsTheLast(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	r.write(t, r.lease, product(t, "1", 5, map[string]any{"name": "first"}), product(t, "1", 5, map[string]any{"name": "second"}))
	r.want(t, "second", "SELECT name FROM product")
	r.want(t, "1", "SELECT count(*) FROM record")
}

func TestAbsentLeavesAndNullClears(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	r.write(t, r.lease, product(t, "1", 5, map[string]any{"sku_code": "S", "stock_level": int64(4)}))
	stock := record("1", 6, koppel.Products, values(t, koppel.Products, map[string]any{"stock_level": int64(9), "sku_code": koppel.Null{}}))
	r.write(t, r.lease, stock)
	r.want(t, "Product 1|∅|9|12.500000", "SELECT name, sku_code, stock_level, price::text FROM product")
	at := func(name string) int64 { i, _, _ := koppel.Products.Field(name); return 1 << i }
	r.want(t, "updated", "SELECT operation FROM change WHERE number = 2 AND fields = $1", at("sku_code")|at("stock_level"))
}

func TestWrongHintsAreFoundOut(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	r.write(t, r.lease, product(t, "1", 5, nil))
	again := product(t, "1", 6, map[string]any{"price": decimal.RequireFromString("-0.0001")})
	again.New = true
	fresh := product(t, "2", 6, nil)
	fresh.New = true
	r.write(t, r.lease, again, fresh)
	r.want(t, "Product 1|-0.000100\nProduct 2|12.500000", "SELECT name, price::text FROM product ORDER BY name")
}
