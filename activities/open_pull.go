package activities

import (
	"context"
	"slices"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// OpenPull sets a queued run running, which pins connector version, settings
// and remote version, and says what there is to read.
func (a *Activities) OpenPull(ctx context.Context, in OpenInput) (Plan, error) {
	plan, _, err := a.openPull(ctx, in)
	return plan, err
}

func (a *Activities) openPull(ctx context.Context, in OpenInput) (Plan, *pinned, error) {
	run, err := a.startRun(ctx, in)
	if err != nil || run.State.Ended() {
		return Plan{Ended: true}, nil, err
	}
	p, err := a.pin(ctx, in.RunRef)
	if err != nil {
		return Plan{}, nil, err
	}
	if p.run.Mode == koppel.ModeCompare {
		return planOf(p), p, nil // it changes nothing
	}
	if err := a.setRules(ctx, p); err != nil {
		return Plan{}, nil, err
	}
	plan := planOf(p)
	if p.run.Mode.Scans() {
		// What found nothing to be linked to is looked at again where there is something by now.
		found, err := a.Store.MarkFindable(ctx, in.Webshop, p.run.CouplingID)
		if err != nil {
			return Plan{}, nil, err
		}
		plan.Map = plan.Map || found > 0
	}
	return plan, p, nil
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
	if p.run.Mode == koppel.ModeMerge {
		return Plan{Streams: []string{mergeStream}}
	}
	if p.run.Mode == koppel.ModeReplay && p.run.Keys.Len() > 0 {
		return Plan{Map: true} // the records are marked
	}
	wanted := func(stream string) bool {
		return len(p.programs(stream)) > 0 && (!p.run.ByCreation() || p.readByCreation(stream))
	}
	var plan Plan
	for _, stream := range p.group.Streams {
		if p.run.Mode == koppel.ModeReplay || p.run.Mode == koppel.ModeCompare {
			if wanted(stream) {
				plan.Streams = append(plan.Streams, stream)
			}
			continue
		}
		if wanted(stream) || slices.ContainsFunc(childrenOf(p.connector, stream), wanted) || joins(p.programs(p.parentOf(stream)), stream) {
			plan.Streams = append(plan.Streams, stream)
		}
	}
	switch p.run.Mode {
	case koppel.ModeProposal:
		return Plan{Map: true}
	case koppel.ModeCompare:
		return plan
	}
	if p.run.Mode.Scans() {
		plan.Streams = append(slices.Clone(p.group.Feeds), plan.Streams...)
	}
	plan.Map = deletesIn(p.run.Mode) || slices.ContainsFunc(plan.Streams, p.later)
	return plan
}

// readByCreation reports whether a stream can be read by when its records were
// made: by its own declaration, or per record of a stream that has one.
func (p *pinned) readByCreation(stream string) bool {
	s := p.connector.Stream(stream)
	if s == nil {
		return false
	}
	return s.Created != nil || s.Each != "" && p.readByCreation(s.Each)
}
