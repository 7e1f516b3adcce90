package activities

import (
	"context"
	"slices"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// told is the stream's name where webhooks should have told of what a scan
// finds changed in it: those that stood before the run began.
func (a *Activities) told(ctx context.Context, p *pinned, stream string) (string, error) {
	topics := p.connector.TopicsAbout(stream)
	if len(topics) == 0 || p.run.Trigger == koppel.TriggerActivation || p.run.Mode != koppel.ModeFull && p.run.Mode != koppel.ModeSince {
		return "", nil
	}
	hooks, err := store.With(ctx, a.Store, store.ForWebshop(p.run.WebshopID), func(tx *store.Tx) ([]store.Hook, error) {
		return tx.HooksOf(ctx, p.run.CouplingID)
	})
	if err != nil {
		return "", err
	}
	stood := slices.ContainsFunc(hooks, func(h store.Hook) bool {
		return slices.Contains(topics, h.Topic) && h.SubscribedAt != nil && h.SubscribedAt.Before(p.run.QueuedAt)
	})
	if !stood {
		return "", nil
	}
	return stream, nil
}

// countSwept counts at the webhooks what they did not tell and a scan found.
func (a *Activities) countSwept(ctx context.Context, tx *store.Tx, run store.Run, scans []store.Scan) error {
	for _, scan := range scans {
		if scan.Swept == 0 || run.ConnectorVersionID == nil {
			continue
		}
		connector, err := a.Connectors.Version(ctx, *run.ConnectorVersionID)
		if err != nil {
			return err
		}
		if err := tx.HooksSwept(ctx, run.CouplingID, connector.TopicsAbout(scan.Stream), scan.Swept); err != nil {
			return err
		}
	}
	return nil
}
