package main

import (
	"context"
	"errors"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

// What the first start makes, found again by the webshop's external_ref.
const (
	demoOrganisation = "Demo company"
	demoWebshop      = "Demo shop"
	demoRef          = "demo-shop"
	demoConnector    = "demo"
)

// furnish makes the webshop and its coupling where they are missing, and tells the coupling where the shop listens
// now when moved says that this changed. It asks for the activation as any user would; one that goes on already is left alone.
func furnish(ctx context.Context, c *client.Client, credentials client.Credentials, moved bool) (client.Coupling, error) {
	webshop, err := ensureWebshop(ctx, c)
	if err != nil {
		return client.Coupling{}, err
	}
	coupling, made, err := ensureCoupling(ctx, c, webshop.ID, credentials)
	if err != nil {
		return coupling, err
	}
	if moved && !made {
		if _, err := c.SetCredentials(ctx, coupling.ID, credentials); err != nil {
			return coupling, err
		}
	}
	if coupling.State != koppel.CouplingDraft && coupling.State != koppel.CouplingActivating {
		return coupling, nil
	}
	activating, err := c.Activate(ctx, coupling.ID)
	var problem *client.Problem
	if errors.As(err, &problem) && problem.Kind == koppel.KindConflict {
		return c.Coupling(ctx, coupling.ID)
	}
	return activating, err
}

func ensureWebshop(ctx context.Context, c *client.Client) (client.Webshop, error) {
	for webshop, err := range client.All(ctx, client.Page{}, c.Webshops) {
		if err != nil || webshop.ExternalRef == demoRef {
			return webshop, err
		}
	}
	return c.CreateWebshop(ctx, client.NewWebshop{Name: demoWebshop, Organisation: demoOrganisation, ExternalRef: demoRef})
}

func ensureCoupling(ctx context.Context, c *client.Client, webshop string, credentials client.Credentials) (coupling client.Coupling, made bool, err error) {
	list := func(ctx context.Context, page client.Page) (client.List[client.Coupling], error) {
		return c.Couplings(ctx, client.CouplingFilter{Page: page, Webshop: webshop})
	}
	for coupling, err := range client.All(ctx, client.Page{}, list) {
		if err != nil || coupling.Connector == demoConnector {
			return coupling, false, err
		}
	}
	coupling, err = c.CreateCoupling(ctx, client.NewCoupling{
		Webshop: webshop, Connector: demoConnector, Name: demoWebshop, Settings: demoSettings(), Credentials: credentials,
	})
	return coupling, true, err
}

// demoSettings take the orders of every state the demo shop has, so that what it lists can be compared one to one.
func demoSettings() map[string]any {
	return map[string]any{"order_statuses.take": []string{
		"completed", "processing", "on-hold", "pending", "cancelled", "refunded", "failed", "checkout-draft", "picked",
	}}
}
