package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// A process that is stopped while it sends the statements of a batch leaves a
// session that is neither idle nor late, with the stream's lock. A new attempt
// takes the lease all the same.
func TestALeaseIsTakenFromASessionThatWasStoppedInTheMiddleOfABatch(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	r.Engine.SetLeaseWaitForTest(300 * time.Millisecond)
	stopped, err := pgx.Connect(t.Context(), r.EngineDSN)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stopped.Close(context.Background()) })
	if _, err := stopped.Exec(t.Context(), `SET statement_timeout = '100ms'; SET idle_in_transaction_session_timeout = '100ms'; BEGIN`); err != nil {
		t.Fatal(err)
	}
	if _, err := stopped.Exec(t.Context(), `SELECT pg_advisory_xact_lock_shared(7211, $1::bigint::int)`, r.lease.Stream); err != nil {
		t.Fatal(err)
	}
	pipeline := stopped.PgConn().StartPipeline(t.Context())
	pipeline.SendQueryParams(`SELECT 1`, nil, nil, nil, nil)
	if err := pipeline.Flush(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	lease, _, err := r.Engine.TakeLease(ctx, r.lease.Webshop, r.lease.Run, "products", "another")
	if err != nil {
		t.Fatal(err)
	}
	if lease.Epoch != r.lease.Epoch+1 {
		t.Errorf("lease %+v after %+v", lease, r.lease)
	}
	r.write(t, lease, product(t, "1", 5, nil))
}
