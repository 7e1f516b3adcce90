package api

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

func (s *site) cursor(t *testing.T, stream string) cursor {
	t.Helper()
	list := want[pageBody[cursor]](t, s.ask(t, s.mine, http.MethodGet, v1+"/couplings/"+s.coupling.UUID+"/cursors", nil), http.StatusOK).Data
	i := slices.IndexFunc(list, func(k cursor) bool { return k.Stream == stream })
	if i < 0 {
		t.Fatalf("stream %s is not among %+v", stream, list)
	}
	return list[i]
}

func TestCursorIsPreviewedSetAndAudited(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	path := v1 + "/couplings/" + s.coupling.UUID + "/cursors/products"
	if k := s.cursor(t, "products"); k.At != nil || k.LastScan != nil || k.Next.From != nil || k.Next.Detail == "" {
		t.Errorf("before the first read: %+v", k)
	}
	read := time.Now().UTC().Add(-time.Hour).Truncate(time.Millisecond)
	run := s.run(t, s.coupling, koppel.Products)
	s.write(t, run, "products", productRecord(t, "1"))
	refused(t, s.ask(t, s.mine, http.MethodPut, path, map[string]any{"none": true}), http.StatusConflict, koppel.KindConflict)
	s.finish(t, run, store.Finish{State: koppel.RunSucceeded, Cursors: map[string]time.Time{"products": read}})
	k := s.cursor(t, "products")
	if k.By != "time" || k.At == nil || !k.At.Equal(read) || k.LastScan == nil || k.LastScan.Run != run.UUID || k.Next.From == nil || k.Next.From.After(read) {
		t.Fatalf("after a read: %+v", k)
	}
	back := read.Add(-24 * time.Hour)
	dry := want[cursorChange](t, s.ask(t, s.mine, http.MethodPut, path, map[string]any{"at": back, "dry_run": true}), http.StatusOK)
	if dry.Changed || !dry.Before.At.Equal(read) || !dry.After.At.Equal(back) || !dry.After.Next.From.Equal(k.Next.From.Add(-24*time.Hour)) {
		t.Errorf("a dry run: %+v", dry)
	}
	if got := s.cursor(t, "products"); !got.At.Equal(read) || len(s.audits(t, s.coupling.UUID)) != 0 {
		t.Errorf("a dry run left %+v", got)
	}
	if done := want[cursorChange](t, s.ask(t, s.mine, http.MethodPut, path, map[string]any{"at": back}), http.StatusOK); !done.Changed {
		t.Errorf("set: %+v", done)
	}
	if got := s.cursor(t, "products"); !got.At.Equal(back) {
		t.Errorf("the cursor is %+v, want %s", got, back)
	}
	if rows := s.audits(t, s.coupling.UUID); len(rows) != 1 || rows[0].Action != "cursor.set" || len(rows[0].Before) == 0 || len(rows[0].After) == 0 {
		t.Errorf("audited %+v", rows)
	}
	for name, body := range map[string]map[string]any{
		"future": {"at": time.Now().Add(time.Hour)}, "key": {"key": "12"}, "two": {"at": back, "none": true}, "nothing": {},
	} {
		t.Run(name, func(t *testing.T) {
			refused(t, s.ask(t, s.mine, http.MethodPut, path, body), http.StatusUnprocessableEntity, koppel.KindInvalidRequest)
		})
	}
	refused(t, s.ask(t, s.mine, http.MethodPut, v1+"/couplings/"+s.coupling.UUID+"/cursors/bikes", map[string]any{"none": true}), http.StatusNotFound, koppel.KindNotFound)
	want[cursorChange](t, s.ask(t, s.mine, http.MethodPut, path, map[string]any{"none": true}), http.StatusOK)
	if got := s.cursor(t, "products"); got.At != nil || got.Next.From != nil {
		t.Errorf("without a cursor: %+v", got)
	}
}
