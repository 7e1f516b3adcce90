package activities

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors"
	"github.com/koppel-io/koppel/mapping"
	"github.com/koppel-io/koppel/store"
)

// pinned is a run with everything it pinned at its start: connector version
// with the mapping overrides over it, settings, remote version.
type pinned struct {
	run       store.Run
	coupling  store.Coupling
	connector *connectors.Connector
	group     connectors.Group
	settings  map[string]any
	// account is the remote account once it was opened; a pinned run lives no longer than an activity.
	account *store.Account
	// people are those who were erased from the webshop; nil when nobody was.
	people *store.People
}

// forget takes out of a body what is personal where it names somebody who was
// erased. The record's hash stays that of the body as the remote gave it.
func (p *pinned) forget(raw []byte) []byte {
	kept, _ := p.people.Redact(raw)
	return kept
}

// pin loads a run that was started.
func (a *Activities) pin(ctx context.Context, ref RunRef) (*pinned, error) {
	p := &pinned{}
	err := a.Store.InTx(ctx, store.ForWebshop(ref.Webshop), func(tx *store.Tx) (err error) {
		if p.run, err = tx.Run(ctx, ref.ID); err != nil {
			return err
		}
		if p.coupling, err = tx.CouplingByID(ctx, p.run.CouplingID); err != nil {
			return err
		}
		p.people, err = tx.ErasedPeople(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	if p.run.ConnectorVersionID == nil {
		return nil, koppel.E(koppel.KindConflict, "pin run "+ref.ID, "the run was not started")
	}
	if p.connector, err = a.Connectors.Over(ctx, *p.run.ConnectorVersionID, p.run.WebshopID, p.run.Overrides); err != nil {
		return nil, err
	}
	p.group, _ = p.connector.Group(koppel.Object(p.run.StreamGroup))
	p.settings, err = settingsOf(p.connector, p.run.Settings)
	return p, err
}

func settingsOf(connector *connectors.Connector, stored json.RawMessage) (map[string]any, error) {
	given := map[string]any{}
	if len(stored) > 0 {
		if err := json.Unmarshal(stored, &given); err != nil {
			return nil, koppel.Wrap("read settings", err)
		}
	}
	return connector.Defaults(given), nil
}

// evaluator maps records of the run; one per goroutine.
func (p *pinned) evaluator() *mapping.Evaluator {
	return mapping.NewEvaluator(p.connector.Mapping, mapping.Env{Settings: p.settings, Version: p.run.RemoteVersion, Now: p.began()})
}

// began is the moment that the run's expressions compare dates with.
func (p *pinned) began() time.Time {
	if p.run.StartedAt != nil {
		return *p.run.StartedAt
	}
	return time.Now()
}

// programs are the mappings of a stream for the objects that the coupling syncs.
func (p *pinned) programs(stream string) []*mapping.Program {
	var wanted []*mapping.Program
	for _, program := range p.connector.Mapping.ByStream(stream) {
		if on, _ := p.connector.Pulls(program.Object(), p.settings); on {
			wanted = append(wanted, program)
		}
	}
	return wanted
}

// pulls reports whether the coupling reads anything of the group.
func (p *pinned) pulls(group connectors.Group) bool {
	return slices.ContainsFunc(group.Objects, func(object koppel.Object) bool {
		on, _ := p.connector.Pulls(object, p.settings)
		return on
	})
}

// later reports whether records of the stream are mapped by the map stage,
// because some object needs another record too.
func (p *pinned) later(stream string) bool {
	return slices.ContainsFunc(p.connector.Mapping.ByStream(stream), (*mapping.Program).NeedsStored)
}
