package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
	"github.com/koppel-io/koppel/connectors"
)

// connector is what couples the demo shop.
const connector = "demo"

// site is one coupling of a webshop to the shop.
type site struct {
	*platform
	name              string
	webshop, coupling string
}

// furnish makes the webshops and their couplings, as drafts.
func (f *platform) furnish(ctx context.Context, webshops []int) ([]*site, error) {
	// Each coupling has objects of its own, though all read one shop.
	settings := map[string]any{"mapping_key.products": koppel.ByRemoteID, "mapping_key.suppliers": koppel.ByRemoteID}
	for _, object := range []koppel.Object{koppel.SupplierProducts, koppel.SellOrders} {
		settings[connectors.SyncSetting(object)] = false
	}
	var sites []*site
	for i, couplings := range webshops {
		webshop, err := f.api.CreateWebshop(ctx, client.NewWebshop{Name: fmt.Sprintf("Webshop %d", i+1), Organisation: "Faults"})
		if err != nil {
			return nil, err
		}
		// The board measures what arrives, not what the cap holds back.
		if _, err := f.api.SetBuyOrderCap(ctx, webshop.ID, 1_000_000); err != nil {
			return nil, err
		}
		for j := range couplings {
			s := &site{platform: f, name: fmt.Sprintf("%d.%d", i+1, j+1), webshop: webshop.ID}
			coupling, err := f.api.CreateCoupling(ctx, client.NewCoupling{
				Webshop: webshop.ID, Connector: connector, Name: "Coupling " + s.name, Settings: settings,
				Credentials: client.Credentials{"store_url": f.shop.url, "consumer_key": "ck_demo", "consumer_secret": "cs_demo"},
			})
			if err != nil {
				return nil, err
			}
			s.coupling = coupling.ID
			sites = append(sites, s)
		}
	}
	return sites, nil
}

// activate asks for the activation and waits until it is over.
func (s *site) activate(ctx context.Context) error {
	err := eventually(ctx, func(ctx context.Context) error {
		_, err := s.api.Activate(ctx, s.coupling)
		var problem *client.Problem
		if errors.As(err, &problem) && problem.Kind == koppel.KindConflict {
			return nil // it goes on already
		}
		return err
	})
	if err != nil {
		return err
	}
	for {
		var coupling client.Coupling
		err := eventually(ctx, func(ctx context.Context) (err error) {
			coupling, err = s.api.Coupling(ctx, s.coupling)
			return err
		})
		switch {
		case err != nil:
			return err
		case coupling.State == koppel.CouplingActive:
			return nil
		case coupling.State != koppel.CouplingActivating && coupling.State != koppel.CouplingDraft:
			return fmt.Errorf("coupling %s became %s: %+v", s.name, coupling.State, coupling.Steps)
		}
		if !pause(ctx, poll) {
			return ctx.Err()
		}
	}
}

// sync asks for a run and waits for its end.
func (s *site) sync(ctx context.Context, object koppel.Object, mode koppel.Mode) (client.Run, error) {
	var id string
	for {
		started, err := s.api.Sync(ctx, s.coupling, client.Sync{Object: object, Mode: mode})
		if err == nil {
			id = started.Run
			break
		}
		// PostgreSQL is away, or a run of this group is queued already.
		if !pause(ctx, poll) {
			return client.Run{}, fmt.Errorf("sync %s of coupling %s: %w", object, s.name, err)
		}
	}
	for {
		var run client.Run
		err := eventually(ctx, func(ctx context.Context) (err error) {
			run, err = s.api.Run(ctx, id)
			return err
		})
		if err != nil || run.State.Ended() {
			return run, err
		}
		if !pause(ctx, poll) {
			return run, ctx.Err()
		}
	}
}

func describe(run client.Run) string {
	text := fmt.Sprintf("run %s (%s %s) is %s, %d records, evidence %+v", run.ID, run.Mode, run.Group, run.State, run.Counts.Records, run.Evidence)
	if run.Error != nil {
		text += fmt.Sprintf(", error %+v", *run.Error)
	}
	return text
}
