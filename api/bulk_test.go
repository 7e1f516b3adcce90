package api

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

func (s *site) bulk(t *testing.T, key, verb string, body map[string]any) map[string]bulkResult {
	t.Helper()
	out := map[string]bulkResult{}
	for _, r := range want[pageBody[bulkResult]](t, s.ask(t, key, http.MethodPost, v1+"/bulk/"+verb, body), http.StatusOK).Data {
		out[r.Coupling] = r
	}
	return out
}

func TestBulkPauseAndResumeKeepWhatOthersPaused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	mine, theirs := s.coupling.UUID, s.their.UUID
	do(t, s, store.ForWebshop(s.other.ID), func(ctx context.Context, tx *store.Tx) (store.Coupling, error) {
		return tx.PauseCoupling(ctx, theirs, koppel.PausedByPerson, "moving")
	})
	outage := map[string]any{"connector": "demo", "reason": "outage at Demo", "dry_run": true}
	got := s.bulk(t, s.root, "pause", outage)
	if len(got) != 2 || got[mine].Outcome != "would" || got[mine].State != koppel.CouplingActive || len(s.engine.take()) != 0 {
		t.Fatalf("a dry run did %+v", got)
	}
	delete(outage, "dry_run")
	got = s.bulk(t, s.root, "pause", outage)
	if got[mine].Outcome != "done" || got[mine].State != koppel.CouplingPaused || got[theirs].State != koppel.CouplingPaused || s.action(t, mine) != "coupling.pause" {
		t.Errorf("paused: %+v", got)
	}
	if asked := s.engine.take(); !slices.Equal(asked, []string{"sweep"}) {
		t.Errorf("the engine was asked %v", asked)
	}
	got = s.bulk(t, s.root, "resume", map[string]any{"connector": "demo"})
	if got[mine].State != koppel.CouplingActive || got[theirs].State != koppel.CouplingPaused || !strings.Contains(got[theirs].Detail, "moving") {
		t.Errorf("resumed: %+v", got)
	}
	// What was paused by policy is caught up with; what still stands waits.
	behind, err := store.With(t.Context(), s.env.Engine, store.Queues(), func(tx *store.Tx) ([]store.Pause, error) { return tx.Behind(t.Context(), 10) })
	if err != nil || len(behind) != 1 || behind[0].CouplingUUID != mine {
		t.Errorf("behind are %+v, %v", behind, err)
	}
	if again := s.bulk(t, s.root, "resume", map[string]any{"connector": "demo"}); again[mine].Outcome != "skipped" {
		t.Errorf("resumed twice: %+v", again)
	}
	refused(t, s.ask(t, s.root, http.MethodPost, v1+"/bulk/pause", map[string]any{"connector": "demo"}), http.StatusUnprocessableEntity, koppel.KindInvalidRequest)
	refused(t, s.ask(t, s.root, http.MethodPost, v1+"/bulk/resume", map[string]any{}), http.StatusUnprocessableEntity, koppel.KindInvalidRequest)
	if bound := s.bulk(t, s.mine, "pause", map[string]any{"connector": "demo", "reason": "x", "dry_run": true}); len(bound) != 1 {
		t.Errorf("a key of one webshop reaches %+v", bound)
	}
}

func TestBulkResyncStartsEveryGroup(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	got := s.bulk(t, s.root, "resync", map[string]any{"connector": "demo", "webshop": s.shop.UUID, "mode": "window", "from": "2026-01-05T00:00:00Z", "dry_run": true})
	if len(got) != 1 || got[s.coupling.UUID].Outcome != "would" || !strings.Contains(got[s.coupling.UUID].Detail, "window runs of") {
		t.Fatalf("a dry run: %+v", got)
	}
	got = s.bulk(t, s.root, "resync", map[string]any{"connector": "demo", "webshop": s.shop.UUID})
	runs := got[s.coupling.UUID].Runs
	if len(runs) < 3 || len(s.engine.take()) != len(runs) {
		t.Errorf("started %+v", got)
	}
	refused(t, s.ask(t, s.root, http.MethodPost, v1+"/bulk/resync", map[string]any{"connector": "demo", "mode": "window"}), http.StatusUnprocessableEntity, koppel.KindInvalidRequest)
}

func TestBulkUpgradeUnpins(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	current := do(t, s, store.Queues(), func(ctx context.Context, tx *store.Tx) (store.ConnectorVersion, error) {
		return tx.CurrentConnectorVersion(ctx, "demo")
	})
	got := s.bulk(t, s.root, "upgrade", map[string]any{"connector": "demo", "version": current.Version, "webshop": s.shop.UUID})
	if got[s.coupling.UUID].Outcome != "done" || s.action(t, s.coupling.UUID) != "coupling.upgrade" {
		t.Fatalf("pinned: %+v", got)
	}
	got = s.bulk(t, s.root, "upgrade", map[string]any{"connector": "demo"})
	if got[s.coupling.UUID].Outcome != "done" || got[s.their.UUID].Outcome != "skipped" {
		t.Errorf("upgraded: %+v", got)
	}
	c := do(t, s, store.AllWebshops(), func(ctx context.Context, tx *store.Tx) (store.Coupling, error) {
		return tx.Coupling(ctx, s.coupling.UUID)
	})
	if c.ConnectorVersionID != nil {
		t.Error("the coupling is still pinned")
	}
	refused(t, s.ask(t, s.root, http.MethodPost, v1+"/bulk/upgrade", map[string]any{"connector": "demo", "version": "99.0.0"}), http.StatusNotFound, koppel.KindNotFound)
}
