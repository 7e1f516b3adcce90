package activities

import (
	"context"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors"
	"github.com/koppel-io/koppel/connectors/rest"
	"github.com/koppel-io/koppel/mapping"
	"github.com/koppel-io/koppel/store"
)

// pinned is a run with everything it pinned at its start: connector version,
// settings, remote version.
type pinned struct {
	run       store.Run
	connector *connectors.Connector
	group     connectors.Group
	settings  map[string]any
	coupling  store.Coupling
}

// pin loads a run that is open.
func (a *Activities) pin(ctx context.Context, ref RunRef) (*pinned, error) {
	p := &pinned{}
	err := a.Store.InTx(ctx, store.ForWebshop(ref.Webshop), func(tx *store.Tx) (err error) {
		if p.run, err = tx.RunByID(ctx, ref.Run); err != nil {
			return err
		}
		p.coupling, err = tx.CouplingByID(ctx, p.run.CouplingID)
		return err
	})
	if err != nil {
		return nil, err
	}
	if p.connector, err = a.Connectors.Version(ctx, p.run.ConnectorVersionID); err != nil {
		return nil, err
	}
	p.group, _ = p.connector.Group(koppel.Object(p.run.StreamGroup))
	p.settings = p.connector.Defaults(p.run.Settings)
	return p, nil
}

// client talks to the remote account of the run's coupling.
func (a *Activities) client(ctx context.Context, p *pinned) (*rest.Client, error) {
	credential, err := a.credential(ctx, p.coupling)
	if err != nil {
		return nil, err
	}
	return rest.NewClient(rest.ClientConfig{
		Manifest:      p.connector.Manifest,
		Credentials:   credential.Values,
		CredentialKey: credential.UUID,
		Settings:      p.settings,
		Version:       p.run.RemoteVersion,
		Transport:     a.Transport,
		Leaser:        a.Store,
		Exchanges:     a.Store.Exchanges(p.run.WebshopID, p.run.ID),
		Durations:     a.Durations,
		Log:           a.Log,
	})
}

func (a *Activities) credential(ctx context.Context, coupling store.Coupling) (store.OpenedCredential, error) {
	return store.With(ctx, a.Store, store.ForWebshop(coupling.WebshopID), func(tx *store.Tx) (store.OpenedCredential, error) {
		return tx.OpenCredential(ctx, a.Keys, coupling.CredentialID)
	})
}

// evaluator maps records of the run; one per goroutine.
func (p *pinned) evaluator() *mapping.Evaluator {
	return mapping.NewEvaluator(p.connector.Mapping, mapping.Env{Settings: p.settings, Version: p.run.RemoteVersion})
}

// programs are the mappings of a stream for the objects that the coupling syncs.
func (p *pinned) programs(stream string) []*mapping.Program {
	var wanted []*mapping.Program
	for _, program := range p.connector.Mapping.ByStream(stream) {
		if on, ok := p.settings[connectors.SyncSetting(program.Object())].(bool); !ok || on {
			wanted = append(wanted, program)
		}
	}
	return wanted
}
