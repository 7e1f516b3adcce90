package store_test

import (
	"context"
	"testing"

	"github.com/koppel-io/koppel/store"
)

// sync.md 3 and 11: a correction ends with the remote's next other body, which the run says, and goes with its record.
func TestACorrectionEndsWithTheRemotesNextBodyAndGoesWithItsRecord(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	r.write(t, r.lease, product(t, "A", 5, nil), product(t, "B", 5, nil))
	for _, id := range []string{"A", "B"} {
		in(t, r.App, r.scope(), func(ctx context.Context, tx *store.Tx) (bool, error) {
			return true, tx.Correct(ctx, r.shop.ID, r.lease.Stream, store.Correction{RemoteID: id, Hash: [16]byte{1}, Raw: []byte(`{"id":"` + id + `"}`), By: "key test"})
		})
	}
	found, err := r.Engine.Corrections(t.Context(), r.shop.ID, r.lease.Stream)
	if err != nil || len(found) != 2 || string(found["A"].Raw) != `{"id":"A"}` || found["A"].By != "key test" || found["A"].Hash != [16]byte{1} {
		t.Fatalf("%+v, %v", found, err)
	}
	if others, err := r.Engine.Corrections(t.Context(), r.other.ID, r.lease.Stream); err != nil || len(others) != 0 {
		t.Errorf("another webshop sees %+v, %v", others, err)
	}
	b := batchOf(r.lease, product(t, "A", 6, nil))
	b.Superseded = []string{"A"}
	if _, err := r.Engine.WriteBatch(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	r.want(t, "B", "SELECT remote_id FROM record_correction")
	r.want(t, `{"records": ["A"]}`, "SELECT data FROM timeline WHERE event = '"+store.EventSuperseded+"'")
	for _, sql := range []string{"UPDATE record SET gone_at = now() - interval '100 days'", "UPDATE source SET gone_at = now() - interval '100 days'"} {
		if _, err := r.owner.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	if _, rows, err := r.Engine.Retain(t.Context()); err != nil || rows != 2 {
		t.Errorf("%d rows went, %v; want the two records", rows, err)
	}
	r.want(t, "0|0", "SELECT (SELECT count(*) FROM record) AS r, (SELECT count(*) FROM record_correction) AS c")
}
