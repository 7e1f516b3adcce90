package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/koppel-io/koppel/faults/verify"
)

// TestWebhooks plays the board webhooks in its quick size; afterwards its
// database is damaged, which the same checks must see.
func TestWebhooks(t *testing.T) {
	t.Parallel()
	h, err := newHooking(t.Context(), hooksProfileOf(true, 1), "", tell(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.close)
	if err := h.play(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := h.judge(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := h.verdict.check(); err != nil {
		t.Fatalf("%v\n%+v", err, h.verdict)
	}
	right := h.verdict.HookFindings
	var ofJob int64
	if err := h.db.QueryRow(t.Context(), `
WITH job AS (UPDATE river_job SET state = 'available', finalized_at = NULL WHERE id = (SELECT min(id) FROM river_job WHERE kind = 'inbox') RETURNING args)
SELECT jsonb_array_length(args->'calls') FROM job`).Scan(&ofJob); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		`UPDATE inbox SET handled_at = NULL WHERE id = (SELECT max(id) FROM inbox)`,
		`DELETE FROM inbox WHERE id = (SELECT id FROM inbox ORDER BY id DESC OFFSET 1 LIMIT 1)`,
		`INSERT INTO inbox (webshop_id, coupling_id, hook_id, event_id, body_hash, headers, body, topic, handled_at, outcome)
		 SELECT webshop_id, coupling_id, hook_id, event_id, body_hash, headers, body, topic, handled_at, outcome FROM inbox ORDER BY id DESC OFFSET 1 LIMIT 1`,
		`INSERT INTO inbox_key (webshop_id, hook_id, event_id, body_hash) SELECT webshop_id, hook_id, 'nobody', body_hash FROM inbox_key LIMIT 1`,
		`UPDATE product SET stock_level = 9 WHERE id = (SELECT min(id) FROM product)`,
		`DELETE FROM source WHERE object_id = (SELECT max(id) FROM product) AND object = 'products'`,
		`INSERT INTO refetch (webshop_id, coupling_id, stream_group, due_at) SELECT webshop_id, id, 'products', now() FROM coupling LIMIT 1`,
		`DELETE FROM timeline WHERE id = (SELECT min(id) FROM timeline WHERE event = 'named')`,
	} {
		if _, err := h.db.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	if err := h.judge(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := right
	want.Lost, want.Doubled, want.Stray, want.Unhandled, want.Refetches, want.Jobs = ofJob+2, 1, 1, 1, 1, 1
	want.Stored, want.Processed = right.Stored-2, right.Processed-ofJob-3
	// One is another, one nobody stands behind, and so one is missing.
	want.Wrong = 3
	got := h.verdict.HookFindings
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(verify.HookFindings{}, "Named", "Examples")); diff != "" {
		t.Errorf("what was damaged is not what was found (-damaged +found):\n%s%v", diff, got.Examples)
	}
	if got.Named >= right.Named || h.verdict.check() == nil {
		t.Errorf("runs say that %d calls named something, before %d; verdict %v", got.Named, right.Named, h.verdict.check())
	}
}
