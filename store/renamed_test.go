package store_test

import (
	"testing"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// named is a product's record that gives its offer under a key.
func named(t *testing.T, id, key string, ticket int64) store.Record {
	t.Helper()
	r := offer(t, id, "S", "P", ticket)
	r.Hash[0] ^= byte(ticket)
	r.Mapped[0].RemoteID = key
	return r
}

const offersSQL = `SELECT s.remote_id, s.record_id, s.gone_at IS NOT NULL AS gone, o.status FROM source s JOIN supplier_product o ON o.id = s.object_id ORDER BY 1`

func TestASourceThatItsRecordNamesNoLongerIsGone(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	r.write(t, r.lease, named(t, "1", "1_A", 5), named(t, "2", "2", 5), named(t, "3", "3_A", 5))
	counts := r.write(t, r.lease, named(t, "1", "1_B", 6), named(t, "2", "2_B", 6))
	if counts.Gone != 2 || counts.Objects != 4 {
		t.Errorf("counts = %+v", counts)
	}
	r.want(t, "1_A|1|true|disabled\n1_B|1|false|enabled\n2|2|true|disabled\n2_B|2|false|enabled\n3_A|3|false|enabled", offersSQL)
	r.want(t, "1_A|the record names 1_B now", "SELECT remote_id, notes->0->>'text' FROM source WHERE notes IS NOT NULL ORDER BY 1 LIMIT 1")
	// And back again.
	if counts := r.write(t, r.lease, named(t, "1", "1_A", 7)); counts.Gone != 1 {
		t.Errorf("counts = %+v", counts)
	}
	r.want(t, "1_A|1|false|enabled\n1_B|1|true|disabled", offersSQL+" LIMIT 2")
	// Left out under a third key: the second one goes.
	skipped := named(t, "1", "1_C", 8)
	skipped.Mapped[0].Skip = true
	r.write(t, r.lease, skipped)
	r.want(t, "1_A|1|true|disabled\n1_B|1|true|disabled", offersSQL+" LIMIT 2")
}

func TestASourceThatItsRecordDoesNotSpeakOfStays(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	r.write(t, r.lease, named(t, "1", "1_A", 5), named(t, "2", "2_A", 5), named(t, "3", "3_A", 5), named(t, "4", "4_A", 5))
	failed := named(t, "1", "1_A", 6)
	failed.Mapped, failed.Parked = nil, []store.Parked{{Object: koppel.SupplierProducts, Kind: koppel.KindMapping, Reason: "no number"}}
	off := named(t, "2", "2_A", 6)
	off.Mapped = nil
	other := product(t, "3", 6, nil)
	// Another record of the batch names what the first one did.
	r.write(t, r.lease, failed, off, other, named(t, "4", "4_B", 6), named(t, "5", "4_A", 6))
	r.want(t, "1_A|1|false|enabled\n2_A|2|false|enabled\n3_A|3|false|enabled\n4_A|5|false|enabled\n4_B|4|false|enabled",
		`SELECT s.remote_id, s.record_id, s.gone_at IS NOT NULL AS gone, o.status FROM source s JOIN supplier_product o ON o.id = s.object_id ORDER BY 1`)
}
