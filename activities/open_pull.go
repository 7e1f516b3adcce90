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
func (a *Activities) OpenPull(ctx context.Context, ref RunRef) (Plan, error) {
	run, err := store.With(ctx, a.Store, store.ForWebshop(ref.Webshop), func(tx *store.Tx) (store.Run, error) {
		return tx.StartRun(ctx, ref.Run)
	})
	if err != nil {
		return Plan{}, err
	}
	if run.State.Ended() {
		return Plan{Ended: true}, nil
	}
	p, err := a.pin(ctx, ref)
	if err != nil {
		return Plan{}, err
	}
	return planOf(p), nil
}

// planOf leaves out streams that only switched-off objects read.
func planOf(p *pinned) Plan {
	plan := Plan{Map: p.run.Mode != koppel.ModeReplay}
	wanted := map[string]bool{}
	for _, stream := range p.group.Streams {
		wanted[stream] = len(p.programs(stream)) > 0
	}
	for _, stream := range p.group.Streams {
		needed := wanted[stream] || slices.ContainsFunc(p.group.Streams, func(child string) bool {
			return wanted[child] && p.connector.Stream(child).ParentStream() == stream
		})
		if needed && p.connector.Stream(stream).Offered(p.run.RemoteVersion) {
			plan.Streams = append(plan.Streams, stream)
		}
	}
	plan.Map = plan.Map && slices.ContainsFunc(plan.Streams, func(stream string) bool {
		return p.connector.Stream(stream).ParentStream() != ""
	})
	return plan
}

// childStreams returns the inner ids of the streams whose records point at
// stream's records as their parents.
func (a *Activities) childStreams(ctx context.Context, p *pinned, stream string) ([]int64, error) {
	var ids []int64
	for _, name := range childrenOf(p.connector, stream) {
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
