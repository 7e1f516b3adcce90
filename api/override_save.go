package api

import (
	"cmp"
	"context"
	"slices"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors"
	"github.com/koppel-io/koppel/store"
)

type overrideSave struct {
	ByID
	Body struct {
		OverridePart
		Note   string `json:"note,omitempty" maxLength:"1000" doc:"Why"`
		After  *int64 `json:"after,omitempty" minimum:"0" doc:"The version it was made from, 0 for none: refused when another one was saved meanwhile"`
		Replay *bool  `json:"replay,omitempty" doc:"Map what is stored again at once; true when absent"`
	}
}

type overrideRollback struct {
	ByID
	Body struct {
		Level  koppel.OverrideLevel `json:"level,omitempty" enum:"webshop,coupling" doc:"coupling when absent"`
		Number int64                `json:"number" minimum:"0" doc:"The version to bring back; 0 takes the override away"`
		Note   string               `json:"note,omitempty" maxLength:"1000" doc:"Why"`
		Replay *bool                `json:"replay,omitempty" doc:"Map what is stored again at once; true when absent"`
	}
}

// overrideSaved is a version that is in force now.
type overrideSaved struct {
	Override override        `json:"override"`
	Objects  []koppel.Object `json:"objects" nullable:"false" doc:"What is mapped otherwise now"`
	Runs     []replayed      `json:"runs" nullable:"false" doc:"The runs that map what is stored again"`
	Waiting  []string        `json:"waiting" nullable:"false" doc:"Couplings that are not active: their next full read follows"`
	Released []string        `json:"released,omitempty" doc:"Couplings that were held back and follow the connector's current version again"`
}

type replayed struct {
	Run      string        `json:"run" format:"uuid"`
	Coupling string        `json:"coupling" format:"uuid"`
	Group    koppel.Object `json:"group" doc:"The stream group that is mapped again"`
}

func (s *server) saveOverride(ctx context.Context, who caller, in *overrideSave) (overrideSaved, error) {
	b := &in.Body
	c, scope, err := s.findCoupling(ctx, who, in.ID)
	if err != nil {
		return overrideSaved{}, err
	}
	d, err := s.draftOver(ctx, c, scope, b.OverridePart)
	if err != nil {
		return overrideSaved{}, err
	}
	if _, _, _, err := d.compile(); err != nil {
		return overrideSaved{}, overrideError("save override", err)
	}
	n := store.NewOverride{
		OverrideKey: store.OverrideKey{Coupling: in.ID, Level: cmp.Or(b.Level, koppel.OverrideCoupling)}, Source: b.Source, Note: b.Note, After: b.After,
	}
	return s.keepOverride(ctx, who, n, "mapping.save", b.Replay == nil || *b.Replay)
}

func (s *server) rollbackOverride(ctx context.Context, who caller, in *overrideRollback) (overrideSaved, error) {
	b := &in.Body
	n := store.NewOverride{OverrideKey: store.OverrideKey{Coupling: in.ID, Level: cmp.Or(b.Level, koppel.OverrideCoupling)}, Note: b.Note, Restores: &b.Number}
	if b.Number > 0 {
		old, err := store.With(ctx, s.Store, who.scope, func(tx *store.Tx) (store.Override, error) { return tx.Override(ctx, n.OverrideKey, b.Number) })
		if err != nil {
			return overrideSaved{}, err
		}
		n.Source = old.Source
	}
	return s.keepOverride(ctx, who, n, "mapping.rollback", b.Replay == nil || *b.Replay)
}

// keepOverride saves a version and maps again what it changes.
func (s *server) keepOverride(ctx context.Context, who caller, n store.NewOverride, action string, replay bool) (overrideSaved, error) {
	const op = "save override"
	c, scope, err := s.findCoupling(ctx, who, n.Coupling)
	if err != nil {
		return overrideSaved{}, err
	}
	n.Actor = who.name()
	var before map[int64][]store.Override
	var couplings []store.Coupling
	out, err := store.With(ctx, s.Store, scope, func(tx *store.Tx) (overrideSaved, error) {
		out := overrideSaved{Objects: []koppel.Object{}, Runs: []replayed{}, Waiting: []string{}}
		var err error
		if couplings, before, err = affected(ctx, tx, c, n.Level); err != nil {
			return out, err
		}
		last, err := tx.LastOverride(ctx, n.OverrideKey)
		if err != nil {
			return out, err
		}
		saved, released, err := tx.SaveOverride(ctx, n, s.fits(nil))
		if err != nil {
			return out, err
		}
		out.Override = listOverride(saved)
		out.Released = each(released, func(c store.Coupling) string { return c.UUID })
		return out, audit(ctx, tx, who, action, c.UUID, noted(last), noted(saved))
	})
	if err != nil {
		return overrideSaved{}, overrideError(op, err)
	}
	for _, c := range couplings {
		if err := s.replayOver(ctx, who, scope, c.UUID, before[c.ID], replay, &out); err != nil {
			return out, err
		}
	}
	return out, nil
}

// affected are the couplings that an override counts for, with what is in force for them.
func affected(ctx context.Context, tx *store.Tx, c store.Coupling, level koppel.OverrideLevel) ([]store.Coupling, map[int64][]store.Override, error) {
	couplings := []store.Coupling{c}
	if level == koppel.OverrideWebshop {
		all, err := tx.WebshopCouplings(ctx)
		if err != nil {
			return nil, nil, err
		}
		couplings = slices.DeleteFunc(all, func(other store.Coupling) bool { return other.Connector != c.Connector })
	}
	before := map[int64][]store.Override{}
	for _, c := range couplings {
		inForce, err := tx.OverridesInForce(ctx, c.ID)
		if err != nil {
			return nil, nil, err
		}
		before[c.ID] = inForce
	}
	return couplings, before, nil
}

// replayOver opens the runs that map again what a coupling has stored of objects that are mapped otherwise now.
func (s *server) replayOver(ctx context.Context, who caller, scope store.Scope, coupling string, was []store.Override, replay bool, out *overrideSaved) error {
	c, err := store.With(ctx, s.Store, scope, func(tx *store.Tx) (store.Coupling, error) { return tx.Coupling(ctx, coupling) })
	if err != nil {
		return err
	}
	base, err := s.connectorOf(ctx, c)
	if err != nil {
		return err
	}
	inForce, err := s.overridesOf(ctx, scope, c)
	if err != nil {
		return err
	}
	groups, objects, err := changedGroups(base, was, inForce)
	if err != nil {
		return err
	}
	for _, object := range objects {
		if !slices.Contains(out.Objects, object) {
			out.Objects = append(out.Objects, object)
		}
	}
	switch {
	case !replay || len(groups) == 0:
		return nil
	case c.State != koppel.CouplingActive:
		out.Waiting = append(out.Waiting, c.UUID)
		return nil
	}
	for _, group := range groups {
		run, err := s.open(ctx, who, scope, store.NewRun{Coupling: c.UUID, StreamGroup: string(group), Mode: koppel.ModeReplay})
		if err != nil {
			return err
		}
		out.Runs = append(out.Runs, replayed{run.Run, c.UUID, group})
	}
	return nil
}

// changedGroups are the objects that are mapped otherwise than they were, and the stream groups that read them.
func changedGroups(base *connectors.Connector, was, is []store.Override) (groups, objects []koppel.Object, err error) {
	after, err := base.Over(layersOf(is))
	if err != nil {
		return nil, nil, err
	}
	before, err := base.Over(layersOf(was))
	if err != nil {
		// What was in force does not go with this version, from which the coupling was held back: everything may differ.
		objects = after.Objects()
	} else {
		objects = after.Mapping.Differs(before.Mapping)
	}
	for _, object := range objects {
		if group, ok := after.Group(object); ok && !slices.Contains(groups, group.Name) {
			groups = append(groups, group.Name)
		}
	}
	return groups, objects, nil
}
