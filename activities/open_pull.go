package activities

import (
	"context"
	"slices"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors"
	"github.com/koppel-io/koppel/store"
)

// OpenPull sets a queued run running, which pins connector version, settings
// and remote version, and says what there is to read.
func (a *Activities) OpenPull(ctx context.Context, in OpenInput) (Plan, error) {
	run, err := a.startRun(ctx, in)
	if err != nil || run.State.Ended() {
		return Plan{Ended: true}, err
	}
	p, err := a.pin(ctx, in.RunRef)
	if err != nil {
		return Plan{}, err
	}
	if err := a.setRules(ctx, p); err != nil {
		return Plan{}, err
	}
	return planOf(p), nil
}

// startRun starts the run, or finds it as an earlier attempt or a person left it.
func (a *Activities) startRun(ctx context.Context, in OpenInput) (store.Run, error) {
	return store.With(ctx, a.Store, store.ForWebshop(in.Webshop), func(tx *store.Tx) (store.Run, error) {
		run, err := tx.Run(ctx, in.ID)
		if err != nil || run.State.Ended() {
			return run, err
		}
		return tx.StartRun(ctx, in.ID, in.WorkflowID)
	})
}

// planOf leaves out streams that only switched-off objects read.
func planOf(p *pinned) Plan {
	wanted := func(stream string) bool { return len(p.programs(stream)) > 0 }
	var plan Plan
	for _, stream := range p.group.Streams {
		if wanted(stream) || slices.ContainsFunc(childrenOf(p.connector, stream), wanted) {
			plan.Streams = append(plan.Streams, stream)
		}
	}
	plan.Map = p.run.Mode != koppel.ModeReplay && slices.ContainsFunc(plan.Streams, p.joined)
	return plan
}

// childStreams returns the inner ids of the streams whose records are mapped
// with stream's records as their parents.
func (a *Activities) childStreams(ctx context.Context, p *pinned, stream string) ([]int64, error) {
	var ids []int64
	for _, name := range childrenOf(p.connector, stream) {
		if !p.joined(name) {
			continue
		}
		id, err := a.Store.StreamID(ctx, p.run.WebshopID, p.run.CouplingID, name)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

func childrenOf(c *connectors.Connector, stream string) []string {
	var names []string
	for _, s := range c.Streams {
		if s.ParentStream() == stream {
			names = append(names, s.Name)
		}
	}
	return names
}
