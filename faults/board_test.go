package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/koppel-io/koppel/faults/verify"
)

func TestMain(m *testing.M) {
	if role := os.Getenv(roleEnv); role != "" {
		os.Exit(beChild(role))
	}
	os.Exit(m.Run())
}

// TestBoards plays both boards in their quick size and with all their checks.
// Afterwards each database is damaged, which the same checks must see.
func TestBoards(t *testing.T) {
	t.Parallel()
	t.Run("kill", func(t *testing.T) {
		t.Parallel()
		k, err := newKilling(t.Context(), killProfile(true, 1), "", tell(t))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(k.close)
		if err := k.play(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := k.judge(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := k.verdict.check(); err != nil {
			t.Fatalf("%v\n%+v", err, k.verdict)
		}
		right := k.verdict.Findings
		for _, sql := range damages {
			if _, err := k.db.Exec(t.Context(), sql); err != nil {
				t.Fatalf("%s: %v", sql, err)
			}
		}
		if err := k.judge(t.Context()); err != nil {
			t.Fatal(err)
		}
		want := verify.Findings{Lost: 6, Duplicated: 2, Stray: 1, Gaps: 1, OpenRuns: 1, FailedRuns: 1, Orders: right.Orders}
		want.Orders.Once, want.Orders.UnknownLeft = right.Orders.Once-1, 1
		if diff := cmp.Diff(want, k.verdict.Findings, cmpopts.IgnoreFields(verify.Findings{}, "Compared", "Examples")); diff != "" {
			t.Errorf("what was damaged is not what was found (-damaged +found):\n%s%v", diff, k.verdict.Examples)
		}
		if k.verdict.ZombieWrites != 1 || k.verdict.check() == nil {
			t.Errorf("%d zombie writes found, want 1; verdict %v", k.verdict.ZombieWrites, k.verdict.check())
		}
	})
	t.Run("refresh", func(t *testing.T) {
		t.Parallel()
		v, err := playRefresh(t.Context(), newRefreshProfile(true), "", tell(t))
		if err != nil {
			t.Fatal(err)
		}
		if err := v.check(); err != nil {
			t.Fatalf("%v\n%+v", err, v)
		}
		worse := v.(refreshVerdict)
		worse.Refreshes++
		worse.Named--
		if got := fmt.Sprint(worse.check()); !strings.Contains(got, "refreshes in") || !strings.Contains(got, "say why") {
			t.Errorf("a second refresh and an unnamed loss are judged: %v", got)
		}
	})
	t.Run("push", func(t *testing.T) {
		t.Parallel()
		b, err := newPushing(t.Context(), pushProfile(true, 1), "", tell(t))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(b.close)
		if err := b.play(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := b.judge(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := b.verdict.check(); err != nil {
			t.Fatalf("%v\n%+v", err, b.verdict)
		}
		if b.verdict.Attempts <= int64(b.verdict.Orders) {
			t.Errorf("%d attempts for %d orders: no answer was lost", b.verdict.Attempts, b.verdict.Orders)
		}
		if _, err := b.db.Exec(t.Context(), `
DELETE FROM outbox WHERE id = (SELECT min(id) FROM outbox);
UPDATE outbox SET remote_id = '1' WHERE id = (SELECT max(id) FROM outbox)`); err != nil {
			t.Fatal(err)
		}
		if err := b.judge(t.Context()); err != nil {
			t.Fatal(err)
		}
		placed := int64(b.want.orders)
		if diff := cmp.Diff(verify.Orders{Placed: placed - 1, Once: placed - 2, WrongIDs: 1, Unasked: 1}, b.verdict.found.Orders); diff != "" {
			t.Errorf("what was damaged is not what was found (-damaged +found):\n%s", diff)
		}
	})
}

// TestRace plays the board race in its quick size; afterwards a double is made, which it must see.
func TestRace(t *testing.T) {
	t.Parallel()
	r, err := newRacing(t.Context(), raceProfileOf(true, 1, 0), tell(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.close)
	if err := r.play(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := r.verdict.check(); err != nil || r.verdict.Seeds != 3 {
		t.Fatalf("%v\n%+v", err, r.verdict)
	}
	var webshop int64
	if err := r.owner.QueryRow(t.Context(), `
INSERT INTO product (webshop_id, id, uuid, name, ean_code, status, run_id)
SELECT webshop_id, -1, gen_random_uuid(), name, ean_code, status, run_id FROM product LIMIT 1 RETURNING webshop_id`).Scan(&webshop); err != nil {
		t.Fatal(err)
	}
	if err := r.judge(t.Context(), webshop); err != nil || r.verdict.Doubles != 1 || r.verdict.check() == nil {
		t.Errorf("%v: %d doubles found, want 1; verdict %v", err, r.verdict.Doubles, r.verdict.check())
	}
}

// damages are what a broken platform could leave, each at a product of its own.
var damages = []string{
	// Lost: a stale object, a stale source, a missing source and with it a
	// double (the object nobody stands behind), a missing and a stale record.
	`UPDATE product SET stock_level = 100000, unlimited_stock = false WHERE id = (SELECT object_id FROM source WHERE object = 'products' ORDER BY webshop_id, coupling_id, remote_id LIMIT 1)`,
	`UPDATE source SET mapped = '{"name":"another"}' WHERE (webshop_id, coupling_id, object, remote_id) IN (
		SELECT webshop_id, coupling_id, object, remote_id FROM source WHERE object = 'products' ORDER BY webshop_id, coupling_id, remote_id OFFSET 1 LIMIT 1)`,
	`DELETE FROM source WHERE (webshop_id, coupling_id, object, remote_id) IN (
		SELECT webshop_id, coupling_id, object, remote_id FROM source WHERE object = 'products' ORDER BY webshop_id, coupling_id, remote_id OFFSET 2 LIMIT 1)`,
	`DELETE FROM record WHERE (stream_id, remote_id) IN (
		SELECT r.stream_id, r.remote_id FROM record r JOIN stream s ON s.id = r.stream_id WHERE s.name = 'products' ORDER BY 1, 2 OFFSET 3 LIMIT 1)`,
	`UPDATE record SET codec = 0, raw = '{}' WHERE (stream_id, remote_id) IN (
		SELECT r.stream_id, r.remote_id FROM record r JOIN stream s ON s.id = r.stream_id WHERE s.name = 'products' ORDER BY 1, 2 OFFSET 4 LIMIT 1)`,
	// Two suppliers that are one object: one has the wrong name, and one object has nobody behind it.
	`UPDATE source SET object_id = (SELECT object_id FROM source WHERE object = 'suppliers' ORDER BY webshop_id DESC, remote_id LIMIT 1)
	 WHERE (webshop_id, coupling_id, object, remote_id) IN (
		SELECT webshop_id, coupling_id, object, remote_id FROM source WHERE object = 'suppliers' ORDER BY webshop_id DESC, remote_id OFFSET 1 LIMIT 1)`,
	// Stray: something the shop never had.
	`INSERT INTO record (webshop_id, stream_id, remote_id, hash, ticket, run_id, codec, raw)
	 SELECT webshop_id, stream_id, 'nothing', hash, ticket, run_id, codec, raw FROM record WHERE stream_id = (SELECT min(id) FROM stream WHERE name = 'products') LIMIT 1`,
	`DELETE FROM change WHERE (webshop_id, number) IN (SELECT webshop_id, number FROM change WHERE operation = 'updated' LIMIT 1)`,
	`UPDATE run SET state = 'running' WHERE id = (SELECT max(id) FROM run WHERE mode = 'full')`,
	`UPDATE run SET state = 'failed' WHERE id = (SELECT min(id) FROM run)`,
	`UPDATE outbox SET state = 'unknown' WHERE id = (SELECT min(id) FROM outbox)`,
	// A write under an epoch that was taken over long ago.
	`INSERT INTO faults.write (relation, stream_id, epoch, writer, xid)
	 SELECT 'record', stream_id, min(epoch), 'zombie', pg_current_xact_id() FROM faults.lease GROUP BY stream_id HAVING count(*) > 1 LIMIT 1`,
}

// tell sends a board's progress to the test's output.
func tell(t *testing.T) *progress {
	t.Helper()
	return &progress{out: t.Output(), began: time.Now()}
}
