package main

import (
	"context"
	"testing"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
	"github.com/koppel-io/koppel/fakes/demoshop"
	"github.com/koppel-io/koppel/migrations"
	"github.com/koppel-io/koppel/store"
	"github.com/koppel-io/koppel/store/localpg"
)

// ownPostgres is a cluster that a test may stop, as durable as a real one.
func ownPostgres(t *testing.T) (*localpg.Server, localpg.Config, *databases) {
	t.Helper()
	cfg := localpg.Config{Dir: t.TempDir()}
	t.Cleanup(func() {
		if err := localpg.Remove(cfg.Dir); err != nil {
			t.Error(err)
		}
	})
	server, err := localpg.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	d := &databases{
		owner: server.DSN(database, "postgres"), app: server.DSN(database, string(store.App)), engine: server.DSN(database, string(store.Engine)),
	}
	if _, err := migrations.Up(t.Context(), d.owner, nil); err != nil {
		t.Fatal(err)
	}
	return server, cfg, d
}

// PostgreSQL crashes in the middle of a read and stays away until somebody has met that; the read goes on by itself.
func TestPostgresMayBeAway(t *testing.T) {
	t.Parallel()
	server, cfg, databases := ownPostgres(t)
	l := newLand(t, landConfig{databases: databases})
	s := newSite(t, l, demoshop.Config{Products: 2000, Orders: 5})
	s.misbehave(t, demoshop.Fault{Kind: demoshop.Latency, Path: "/products", DelayMS: 100, Share: 1})
	if _, err := l.api.Activate(t.Context(), s.coupling.ID); err != nil {
		t.Fatal(err)
	}
	run := s.stepRun(t, koppel.Products)
	s.awaitRun(t, run, "some batches of the read", func(r client.Run) bool { return r.Counts.Records >= 300 })
	if err := server.Stop(localpg.Immediate); err != nil {
		t.Fatal(err)
	}
	await(t, "the API to say that PostgreSQL is away", func(ctx context.Context) (bool, string) {
		_, err := l.api.Coupling(ctx, s.coupling.ID)
		return err != nil, "it still answers"
	})
	before := s.shop.Ledger().Requests
	if _, err := localpg.Start(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	if ended := s.ended(t, run); ended.State != koppel.RunSucceeded {
		t.Errorf("the run ended %s", describeRun(ended))
	}
	s.awaitState(t, koppel.CouplingActive)
	s.wantCounts(t)
	s.wantProducts(t)
	if s.shop.Ledger().Requests == before {
		t.Error("nothing was left to read when PostgreSQL came back: the outage disturbed nothing")
	}
}
