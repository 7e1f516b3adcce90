package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/activities"
	"github.com/koppel-io/koppel/store"
	"github.com/koppel-io/koppel/temporal"
)

// webshop is one webshop with an active coupling to the source, in a database
// of its own, and the engine that starts its runs.
type webshop struct {
	database string
	app      *store.DB
	// organisation is the outside id of the webshop's owner.
	organisation string
	coupling     store.Coupling
	engine       *temporal.Engine
	close        func()
}

// furnish makes a webshop in a fresh database.
func (p *platform) furnish(ctx context.Context, url string) (*webshop, error) {
	database, err := p.base(ctx)
	if err != nil {
		return nil, err
	}
	w := &webshop{database: database}
	if w.app, err = p.open(ctx, database, store.App); err != nil {
		return nil, err
	}
	client, err := temporal.Dial(ctx, temporal.Config{Address: p.dev.FrontendAddr(), Namespace: p.dev.Namespace()})
	if err != nil {
		return nil, err
	}
	w.close = func() { client.Close(); w.app.Close() }
	w.engine = temporal.NewEngine(client, koppel.DefaultDurations())
	organisation, err := store.With(ctx, w.app, store.AllWebshops(), func(tx *store.Tx) (store.Organisation, error) {
		return tx.CreateOrganisation(ctx, "Bench")
	})
	if err != nil {
		return w, err
	}
	w.organisation = organisation.UUID
	w.coupling, err = w.another(ctx, url)
	return w, err
}

// another makes one more webshop of the organisation, with an active coupling.
func (w *webshop) another(ctx context.Context, url string) (store.Coupling, error) {
	shop, err := store.With(ctx, w.app, store.AllWebshops(), func(tx *store.Tx) (store.Webshop, error) {
		return tx.CreateWebshop(ctx, store.NewWebshop{Organisation: w.organisation, Name: "Bench"})
	})
	if err != nil {
		return store.Coupling{}, err
	}
	return store.With(ctx, w.app, store.ForWebshop(shop.ID), func(tx *store.Tx) (store.Coupling, error) { return couple(ctx, tx, url) })
}

func couple(ctx context.Context, tx *store.Tx, url string) (store.Coupling, error) {
	c, err := tx.CreateCoupling(ctx, store.NewCoupling{Integration: "demo", Name: "Bench", Settings: json.RawMessage(`{}`)})
	if err != nil {
		return c, err
	}
	credential, err := tx.CreateCredential(ctx, store.NewCredential{Connector: "demo", Name: "Bench", Secrets: map[string]koppel.Secret{
		"store_url": koppel.NewSecret(url), "consumer_key": koppel.NewSecret("ck_demo"), "consumer_secret": koppel.NewSecret("cs_demo"),
	}})
	if err != nil {
		return c, err
	}
	if _, err := tx.SetCouplingCredential(ctx, c.UUID, credential.UUID); err != nil {
		return c, err
	}
	if err := tx.SetRemoteVersion(ctx, c.ID, "11.0.1"); err != nil {
		return c, err
	}
	if _, err := tx.ActivateCoupling(ctx, c.UUID, nil); err != nil {
		return c, err
	}
	return tx.CouplingActive(ctx, c.UUID)
}

// start starts a run of a coupling's products as the API would, and returns its id.
func (w *webshop) start(ctx context.Context, c store.Coupling, mode koppel.Mode) (string, error) {
	return w.startGroup(ctx, c, koppel.Products, mode)
}

// startGroup starts a run of one stream group of a coupling.
func (w *webshop) startGroup(ctx context.Context, c store.Coupling, group koppel.Object, mode koppel.Mode) (string, error) {
	id := store.NewID()
	opened, err := store.With(ctx, w.app, store.ForWebshop(c.WebshopID), func(tx *store.Tx) (store.Opened, error) {
		return tx.OpenRun(ctx, store.NewRun{
			UUID: id, Coupling: c.UUID, Direction: koppel.Pull, StreamGroup: string(group), Mode: mode,
			Trigger: koppel.TriggerManual, AskedBy: "bench",
			WorkflowID: koppel.PullWorkflowID(mode, c.UUID, string(group), id),
		})
	})
	if err != nil {
		return "", err
	}
	return id, w.engine.StartRun(ctx, activities.StartOf(opened.Run))
}

// pull runs a full read of the products as the API would start it and waits
// for its end. The time is from the request to the end of the run.
func (w *webshop) pull(ctx context.Context) (time.Duration, store.Run, error) {
	began := time.Now()
	id, err := w.start(ctx, w.coupling, koppel.ModeFull)
	if err != nil {
		return 0, store.Run{}, err
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		run, err := store.With(ctx, w.app, store.ForWebshop(w.coupling.WebshopID), func(tx *store.Tx) (store.Run, error) { return tx.Run(ctx, id) })
		if err != nil {
			return 0, run, err
		}
		if run.State.Ended() {
			if run.State != koppel.RunSucceeded {
				return 0, run, fmt.Errorf("the run ended as %s: %+v %+v", run.State, run.Error, run.Evidence)
			}
			return time.Since(began), run, nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return 0, run, ctx.Err()
		}
	}
}
