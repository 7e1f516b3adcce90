package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// naming is a record that names products to be read.
func naming(id string, ticket int64, products ...string) store.Record {
	r := record(id, ticket, koppel.SellOrders, nil)
	r.Mapped = nil
	for _, p := range products {
		r.Names = append(r.Names, store.Named{Group: "products", Stream: "products", ID: p, Gather: time.Millisecond})
	}
	return r
}

const namedSQL = `SELECT remote_id, news, events FROM refetch_key WHERE run_id = 0 ORDER BY remote_id`

// sync.md 10: stock is refreshed from the products of every new sell order seen, taken or not. What several name is read
// once, an order that is known already names nothing, and the run tells how many.
func TestNewRecordsNameOthersOnce(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	r.write(t, r.lease, naming("4711", 1, "12", "13"), naming("4712", 1, "13"))
	r.want(t, "12|1|0\n13|2|0", namedSQL)
	r.write(t, r.lease, naming("4711", 2, "12", "14"), naming("4713", 2, "12"))
	r.want(t, "12|2|0\n13|2|0", namedSQL)
	r.want(t, `{"new": 2, "records": 2}`+"\n"+`{"new": 1, "records": 1}`, `SELECT data FROM timeline WHERE event = 'names' ORDER BY id`)
	r.want(t, "1", `SELECT count(*) FROM river_job WHERE kind = 'refetch'`)
	in(t, r.Engine, r.scope(), func(ctx context.Context, tx *store.Tx) (bool, error) {
		_, err := r.owner.Exec(ctx, "UPDATE refetch SET due_at = now() - interval '1 second'")
		return true, err
	})
	if _, err := r.owner.Exec(t.Context(), "UPDATE coupling SET state = 'active'"); err != nil {
		t.Fatal(err)
	}
	done, err := r.Engine.Refetch(t.Context(), store.RefetchJob{Webshop: r.shop.ID, Coupling: r.coupling.ID, Group: "products"})
	if err != nil || len(done.Runs) != 1 || done.Again != 0 {
		t.Fatalf("%+v, %v", done, err)
	}
	run := done.Runs[0]
	if run.Trigger != koppel.TriggerDependency || run.Mode != koppel.ModeSingle || fmt.Sprint(run.Keys.RemoteIDs) != "[12 13]" {
		t.Errorf("the run is %s %s of %v", run.Trigger, run.Mode, run.Keys.RemoteIDs)
	}
	r.want(t, `{"new": 4, "calls": 0, "records": 2}`, `SELECT data FROM timeline WHERE event = 'named'`)
}

// What new records name is bounded: more than single reads are good for is left to the next full read, and said.
func TestNewRecordsNameNoMoreThanIsReadSingly(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	var many []string
	for i := range 700 {
		many = append(many, fmt.Sprint(i))
	}
	r.write(t, r.lease, naming("4711", 1, many...))
	r.write(t, r.lease, naming("4712", 1, "9999"))
	r.want(t, "500", `SELECT count(*) FROM refetch_key`)
	r.want(t, `{"new": 1, "records": 500, "left to the next full read": 200}`+"\n"+`{"new": 1, "records": 0, "left to the next full read": 1}`,
		`SELECT data FROM timeline WHERE event = 'names' ORDER BY id`)
}
