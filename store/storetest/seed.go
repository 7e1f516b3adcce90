package storetest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// Connector is the connector that Coupling couples: its published version has a digest and no useful manifest.
const Connector = "storetest"

// Webshop makes a webshop in an organisation of its own.
func (e *Env) Webshop(t testing.TB, name string) store.Webshop {
	t.Helper()
	w, err := store.With(t.Context(), e.App, store.AllWebshops(), func(tx *store.Tx) (store.Webshop, error) {
		o, err := tx.CreateOrganisation(t.Context(), name)
		if err != nil {
			return store.Webshop{}, err
		}
		return tx.CreateWebshop(t.Context(), store.NewWebshop{Organisation: o.UUID, Name: name})
	})
	if err != nil {
		t.Fatalf("storetest: %v", err)
	}
	return w
}

// Coupling makes an active coupling of a webshop to Connector.
func (e *Env) Coupling(t testing.TB, webshop store.Webshop) store.Coupling {
	t.Helper()
	ctx := t.Context()
	e.Publish(t, Connector, "1")
	c, err := store.With(ctx, e.App, store.ForWebshop(webshop.ID), func(tx *store.Tx) (store.Coupling, error) {
		c, err := tx.CreateCoupling(ctx, store.NewCoupling{Integration: Connector, Name: "coupling of " + webshop.Name})
		if err != nil {
			return c, err
		}
		if _, err := tx.ActivateCoupling(ctx, c.UUID, nil); err != nil {
			return c, err
		}
		return tx.CouplingActive(ctx, c.UUID)
	})
	if err != nil {
		t.Fatalf("storetest: %v", err)
	}
	return c
}

// Publish makes sure that a connector has an integration and a version of the given name, and makes it current.
func (e *Env) Publish(t testing.TB, connector, version string) store.ConnectorVersion {
	t.Helper()
	digest := sha256.Sum256([]byte(connector + " " + version))
	v, err := store.With(context.Background(), e.App, store.Queues(), func(tx *store.Tx) (store.ConnectorVersion, error) {
		if _, err := tx.EnsureIntegration(t.Context(), connector, connector); err != nil {
			return store.ConnectorVersion{}, err
		}
		return tx.PublishConnector(t.Context(), store.NewConnectorVersion{
			Connector: connector, Version: version, Digest: hex.EncodeToString(digest[:]),
			Manifest: "name: " + connector + "\n", Mapping: "{}\n", PublishedBy: "storetest",
		})
	})
	if err != nil {
		t.Fatalf("storetest: %v", err)
	}
	return v
}

// Run opens and starts a full pull run of a coupling's stream group.
func (e *Env) Run(t testing.TB, c store.Coupling, group string) store.Run {
	t.Helper()
	r, err := store.With(t.Context(), e.Engine, store.ForWebshop(c.WebshopID), func(tx *store.Tx) (store.Run, error) {
		opened, err := tx.OpenRun(t.Context(), store.NewRun{
			Coupling: c.UUID, Direction: koppel.Pull, StreamGroup: group, Mode: koppel.ModeFull,
			Trigger: koppel.TriggerManual, AskedBy: "storetest", WorkflowID: "pull/" + c.UUID + "/" + group,
		})
		if err != nil {
			return store.Run{}, err
		}
		return tx.StartRun(t.Context(), opened.Run.UUID, opened.Run.WorkflowID)
	})
	if err != nil {
		t.Fatalf("storetest: %v", err)
	}
	return r
}
