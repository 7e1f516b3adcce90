package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel/store"
)

// gate is a place in the database where writers stop until it is opened.
type gate struct {
	r    *reading
	conn *pgx.Conn
}

// newGate stops every statement of a kind on a table at its start.
func (r *reading) newGate(t *testing.T, when, table string) *gate {
	t.Helper()
	g := &gate{r: r, conn: r.Owner(t)}
	if _, err := r.owner.Exec(t.Context(), `
CREATE FUNCTION gate() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
$$BEGIN PERFORM set_config('lock_timeout', '0', true); PERFORM pg_advisory_xact_lock_shared(99); RETURN NULL; END$$;
CREATE TRIGGER gate BEFORE `+when+` ON `+table+` FOR EACH STATEMENT EXECUTE FUNCTION gate()`); err != nil {
		t.Fatal(err)
	}
	if _, err := g.conn.Exec(t.Context(), `SELECT pg_advisory_lock(99)`); err != nil {
		t.Fatal(err)
	}
	return g
}

func (g *gate) open(t *testing.T) {
	t.Helper()
	if _, err := g.conn.Exec(t.Context(), `SELECT pg_advisory_unlock(99)`); err != nil {
		t.Fatal(err)
	}
}

// The sessions that hold the stream for a batch, wait at a gate, and wait for the lease.
const (
	holdingSQL = `SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 7211 AND mode = 'ShareLock' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`
	atGateSQL  = `SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 0 AND objid = 99 AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`
	askingSQL  = `SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 7211 AND mode = 'ExclusiveLock' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`
)

// until waits until the count is n.
func (r *reading) until(t *testing.T, n int, sql string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for got := -1; got != n; {
		if err := r.owner.QueryRow(ctx, sql).Scan(&got); err != nil {
			t.Fatalf("%s: %d, want %d: %v", sql, got, n, err)
		}
		<-tick.C
	}
}

// start writes a batch beside the test.
func (r *reading) start(t *testing.T, b *store.Batch) <-chan error {
	done := make(chan error, 1)
	go func() {
		_, err := r.Engine.WriteBatch(t.Context(), b)
		done <- err
	}()
	return done
}

type taken struct {
	lease store.Lease
	scan  store.Scan
	err   error
}

// takeOver asks for the lease beside the test.
func (r *reading) takeOver(t *testing.T) <-chan taken {
	done := make(chan taken, 1)
	go func() {
		lease, scan, err := r.Engine.TakeLease(t.Context(), r.lease.Webshop, r.lease.Run, "products", "another")
		done <- taken{lease, scan, err}
	}()
	return done
}

// numbered is a batch of one product with its number as the position after it.
func numbered(t *testing.T, lease store.Lease, n int, after *store.Batch) *store.Batch {
	t.Helper()
	b := batchOf(lease, product(t, fmt.Sprint(n), 5, nil))
	b.Records[0].New = true
	b.Resume, b.After = json.RawMessage(fmt.Sprint(n)), after
	return b
}

const allWrittenSQL = `SELECT (SELECT count(*) FROM record) AS r, (SELECT count(*) FROM source) AS s, (SELECT count(*) FROM product) AS p,
	(SELECT coalesce(max(number), 0) FROM change) AS last, (SELECT count(*) FROM change) AS changes, (SELECT batches FROM scan) AS b, (SELECT records FROM scan) AS n, (SELECT resume::text FROM scan) AS at`

func TestANewHolderWaitsForTheBatchesInFlightAndGoesOnAfterThem(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	r.Engine.SetLeaseWaitForTest(time.Minute) // a busy machine may take seconds between the gate and the commit
	g := r.newGate(t, "UPDATE", "scan")
	first := numbered(t, r.lease, 1, nil)
	second := numbered(t, r.lease, 2, first)
	one := r.start(t, first)
	r.until(t, 1, atGateSQL)
	two := r.start(t, second)
	r.until(t, 2, holdingSQL)
	holder := r.takeOver(t)
	r.until(t, 1, askingSQL)
	g.open(t)
	for i, done := range []<-chan error{one, two} {
		if err := <-done; err != nil {
			t.Fatalf("batch %d: %v", i+1, err)
		}
	}
	next := <-holder
	if next.err != nil || string(next.scan.Resume) != "2" || next.scan.Batches != 2 || next.lease.Epoch != r.lease.Epoch+1 {
		t.Fatalf("the new holder got %+v", next)
	}
	if err := <-r.start(t, numbered(t, r.lease, 3, second)); !errors.Is(err, store.ErrLeaseLost) {
		t.Errorf("the old holder's next batch: %v", err)
	}
	r.want(t, "2|2|2|2|2|2|2|2", allWrittenSQL)
}

func TestABatchThatIsCutOffTakesTheNextOneWithIt(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	// Everything but the position is written, change numbers too.
	g := r.newGate(t, "UPDATE", "scan")
	first := numbered(t, r.lease, 1, nil)
	second := numbered(t, r.lease, 2, first)
	one := r.start(t, first)
	r.until(t, 1, atGateSQL)
	two := r.start(t, second)
	r.until(t, 2, holdingSQL)
	holder := r.takeOver(t)
	r.until(t, 1, askingSQL)
	// As the database does with a stopped worker's transaction, or a kill.
	if _, err := r.owner.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = 99 AND classid = 0 AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`); err != nil {
		t.Fatal(err)
	}
	if err := <-one; err == nil {
		t.Error("the batch that was cut off says that it was written")
	}
	if err := <-two; err == nil {
		t.Error("the batch after it was written")
	}
	next := <-holder
	if next.err != nil || next.scan.Resume != nil || next.scan.Batches != 0 {
		t.Fatalf("the new holder got %+v", next)
	}
	r.want(t, "0|0|0|0|0|0|0|∅", allWrittenSQL)
	g.open(t)
	if err := <-r.start(t, numbered(t, r.lease, 1, nil)); !errors.Is(err, store.ErrLeaseLost) {
		t.Errorf("the old holder's batch: %v", err)
	}
	first = numbered(t, next.lease, 1, nil)
	one, two = r.start(t, first), r.start(t, numbered(t, next.lease, 2, first))
	for _, done := range []<-chan error{one, two} {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	r.want(t, "2|2|2|2|2|2|2|2", allWrittenSQL)
}

// The batch before must be written again, behind the one who asks for the lease, who waits for the batch after.
func TestABatchWrittenAgainDoesNotWaitForTheOneAfterIt(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	r.write(t, r.lease, product(t, "1", 4, nil))
	g := r.newGate(t, "INSERT", "product")
	first := numbered(t, r.lease, 1, nil) // not new, whatever the hint says
	second := batchOf(r.lease)
	second.Resume, second.After = json.RawMessage("2"), first
	one := r.start(t, first)
	r.until(t, 1, atGateSQL)
	two := r.start(t, second)
	r.until(t, 2, holdingSQL)
	holder := r.takeOver(t)
	r.until(t, 1, askingSQL)
	g.open(t)
	next := <-holder
	if next.err != nil || string(next.scan.Resume) != `{"page": 1}` {
		t.Fatalf("the new holder got %+v", next)
	}
	if err := <-one; !errors.Is(err, store.ErrLeaseLost) {
		t.Errorf("the first batch: %v", err)
	}
	if err := <-two; err == nil {
		t.Error("the batch after one that was not written was")
	}
	r.want(t, `1|1|1|1|1|1|1|{"page": 1}`, allWrittenSQL)
}

func TestABatchIsGivenOnce(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	stale := r.lease
	stale.Epoch += 9
	first := numbered(t, stale, 1, nil)
	second := numbered(t, r.lease, 2, first)
	for i, done := range []<-chan error{r.start(t, first), r.start(t, second)} {
		if err := <-done; err == nil {
			t.Errorf("batch %d was written", i+1)
		}
	}
	// What was before it is forgotten by now.
	if err := <-r.start(t, second); err == nil {
		t.Error("the second batch was written when it was given again")
	}
	r.want(t, "0|0|0|0|0|0|0|∅", allWrittenSQL)
}

func TestANewerSingleReadIsKeptByABatchThatTookTheRecordForNew(t *testing.T) {
	t.Parallel()
	r := newReading(t)
	r.write(t, r.lease0(t), product(t, "1", 9, map[string]any{"name": "newer"}))
	older := product(t, "1", 5, map[string]any{"name": "older"})
	older.New = true
	if counts := r.write(t, r.lease, older); counts.Changed != 0 || counts.Unchanged != 1 || counts.Records != 1 {
		t.Errorf("counts = %+v", counts)
	}
	r.want(t, "newer|9", "SELECT name, ticket FROM product, record")
}
