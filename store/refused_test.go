package store_test

import (
	"fmt"
	"testing"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

func TestRecordsThatTheDatabaseRefusesAreParkedAlone(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	if _, err := r.owner.Exec(t.Context(), "ALTER TABLE product ADD CHECK (name <> 'poison')"); err != nil {
		t.Fatal(err)
	}
	const n, poisoned = 60, 30
	var records []store.Record
	ids := make([]string, n)
	for i := range n {
		more := map[string]any{}
		if i%2 == 1 {
			more["name"] = "poison"
		}
		ids[i] = fmt.Sprint(100 + i)
		records = append(records, product(t, ids[i], 5, more))
	}
	counts := r.write(t, r.lease, records...)
	if counts.Parked != poisoned || counts.Objects != n-poisoned || counts.Changed != n {
		t.Errorf("counts = %+v", counts)
	}
	r.want(t, "30|30|invalid_request|101|159", "SELECT count(*), count(DISTINCT remote_id) AS d, min(kind) AS k, min(remote_id) AS a, max(remote_id) AS z FROM parked")
	r.want(t, "30|30|30", "SELECT (SELECT count(*) FROM product) AS p, count(*), max(number) FROM change")
	// They are known: the next scan has nothing to do with them.
	hashes := make([][16]byte, n)
	if err := r.Engine.KnownHashes(t.Context(), r.lease.Webshop, r.lease.Stream, ids, hashes); err != nil {
		t.Fatal(err)
	}
	for i, hash := range hashes {
		if hash != records[i].Hash {
			t.Errorf("record %s is not known", ids[i])
		}
	}
	// A version that the database takes closes what is parked.
	r.write(t, r.lease, product(t, "101", 6, nil))
	r.want(t, "29|1", "SELECT count(*) FILTER (WHERE resolved_at IS NULL) AS open, count(*) FILTER (WHERE resolved_at IS NOT NULL) AS done FROM parked")
}

func TestARecordWhoseBodyIsRefusedIsLookedAtAgain(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	if _, err := r.owner.Exec(t.Context(), "ALTER TABLE record ADD CHECK (remote_id <> '2')"); err != nil {
		t.Fatal(err)
	}
	if counts := r.write(t, r.lease, product(t, "1", 5, nil), product(t, "2", 5, nil)); counts.Parked != 1 || counts.Objects != 1 {
		t.Errorf("counts = %+v", counts)
	}
	r.want(t, "1|1|2", "SELECT (SELECT count(*) FROM record) AS r, (SELECT count(*) FROM product) AS p, (SELECT remote_id FROM parked) AS id")
}

func TestRecordsThatAreOnlyRefusedTogetherLeaveTheFirst(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	if _, err := r.owner.Exec(t.Context(), "CREATE UNIQUE INDEX one_name ON product (webshop_id, name)"); err != nil {
		t.Fatal(err)
	}
	same := map[string]any{"name": "same"}
	counts := r.write(t, r.lease, product(t, "1", 5, same), product(t, "2", 5, nil), product(t, "3", 5, same), product(t, "4", 5, same))
	if counts.Parked != 2 || counts.Objects != 2 {
		t.Errorf("counts = %+v", counts)
	}
	r.want(t, "3\n4", "SELECT remote_id FROM parked ORDER BY 1")
	r.want(t, "1|2", "SELECT string_agg(remote_id, '|' ORDER BY remote_id) FROM record")
}

func TestABatchThatIsRefusedItselfSaysWhy(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	if _, err := r.owner.Exec(t.Context(), "ALTER TABLE scan ADD CHECK (batches < 1)"); err != nil {
		t.Fatal(err)
	}
	_, err := r.Engine.WriteBatch(t.Context(), batchOf(r.lease, product(t, "1", 5, nil), product(t, "2", 5, nil)))
	wantKind(t, err, koppel.KindInvalidRequest, "scan")
	r.want(t, "0|0", "SELECT (SELECT count(*) FROM record) AS r, (SELECT count(*) FROM parked) AS p")
}
