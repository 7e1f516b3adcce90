package main

import "testing"

// TestDeletes plays the board deletes in its quick size; afterwards a listed product is disabled and a deleted one
// enabled, which it must see.
func TestDeletes(t *testing.T) {
	t.Parallel()
	l, err := newLying(t.Context(), deletesProfile(true, 1), "", tell(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.close)
	if err := l.play(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := l.judge(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := l.verdict.check(); err != nil {
		t.Fatalf("%v\n%+v", err, l.verdict)
	}
	for _, sql := range []string{
		`UPDATE source SET gone_at = now() WHERE (object, coupling_id, remote_id) = (
			SELECT object, coupling_id, remote_id FROM source WHERE object = 'products' AND gone_at IS NULL ORDER BY remote_id LIMIT 1)`,
		`WITH kept AS (UPDATE source SET gone_at = NULL WHERE (object, coupling_id, remote_id) = (
			SELECT object, coupling_id, remote_id FROM source WHERE object = 'products' AND gone_at IS NOT NULL AND record_id IN (SELECT remote_id FROM record WHERE gone_at IS NOT NULL)
			ORDER BY remote_id LIMIT 1) RETURNING webshop_id, object_id)
		 UPDATE product SET status = 'enabled', state_reason = NULL FROM kept WHERE product.webshop_id = kept.webshop_id AND product.id = kept.object_id`,
	} {
		if tag, err := l.db.Exec(t.Context(), sql); err != nil || tag.RowsAffected() != 1 {
			t.Fatalf("%s: %v, %v", sql, tag, err)
		}
	}
	if err := l.judge(t.Context()); err != nil {
		t.Fatal(err)
	}
	if v := l.verdict; v.Wrong != 1 || v.Kept != 1 || v.found.Lost != 1 || v.found.Stray != 1 || v.check() == nil {
		t.Errorf("what was damaged is not what was found: %+v %v", v, v.found)
	}
}
