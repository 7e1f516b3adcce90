package activities

import (
	"context"
	"slices"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors"
	"github.com/koppel-io/koppel/connectors/rest"
	"github.com/koppel-io/koppel/store"
)

// inbox works off calls of one webhook: it finds out which records they name
// and leaves those to be read. A call that cannot be read is noted with the
// reason; the next scan finds what it told.
func (j Jobs) inbox(ctx context.Context, job store.InboxJob) error {
	calls, err := j.Store.Unhandled(ctx, job)
	if err != nil || len(calls) == 0 {
		return err
	}
	hook, err := store.With(ctx, j.Store, store.ForWebshop(job.Webshop), func(tx *store.Tx) (store.Hook, error) {
		return tx.HookByID(ctx, job.Hook)
	})
	if koppel.KindOf(err) == koppel.KindNotFound {
		return nil // it was ended long ago
	}
	if err != nil {
		return err
	}
	w, err := j.webhookOf(ctx, CouplingRef{Webshop: job.Webshop, Coupling: hook.CouplingID, ID: hook.CouplingUUID})
	if err != nil {
		return err
	}
	receiver, err := w.receiver()
	if err != nil {
		return err
	}
	handled := make([]store.Handled, len(calls))
	for i, call := range calls {
		handled[i] = w.read(receiver, call)
	}
	return j.Store.Handle(ctx, job, hook.CouplingID, handled)
}

// webhook is a coupling with what its webhooks need.
type webhook struct {
	*pinned
	account store.Account
}

func (a *Activities) webhookOf(ctx context.Context, ref CouplingRef) (*webhook, error) {
	coupling, connector, err := a.couplingOf(ctx, ref)
	if err != nil {
		return nil, err
	}
	settings, err := settingsOf(connector, coupling.Settings)
	if err != nil {
		return nil, err
	}
	w := &webhook{pinned: &pinned{coupling: coupling, connector: connector, settings: settings}}
	w.run.WebshopID, w.run.RemoteVersion = coupling.WebshopID, coupling.RemoteVersion
	if coupling.CredentialID == nil {
		return w, nil
	}
	w.account, err = store.With(ctx, a.Store, store.ForWebshop(ref.Webshop), func(tx *store.Tx) (store.Account, error) {
		return tx.OpenAccount(ctx, coupling.Connector, *coupling.CredentialID, connector.AppEnvironment())
	})
	return w, err
}

func (w *webhook) receiver() (*rest.Receiver, error) {
	return w.connector.Receiver(connectors.Caller{
		Secrets: w.account.Secrets, App: w.account.App, Captured: w.account.Captured, Settings: w.settings, Version: w.run.RemoteVersion,
	})
}

// read finds out what a call names.
func (w *webhook) read(receiver *rest.Receiver, call store.Received) store.Handled {
	done := store.Handled{Received: call, Outcome: store.OutcomeIgnored, Forget: w.drops(call.Topic)}
	effects, err := receiver.Effects(call.Topic, call.ContentType, call.Body)
	if err != nil {
		done.Outcome = koppel.DetailOf(err)
		return done
	}
	for _, effect := range effects {
		group, ok := w.connector.GroupReading(effect.Stream)
		if !ok || !w.pulls(group) {
			continue
		}
		name := store.Named{Group: string(group.Name), Stream: effect.Stream, Gone: effect.Gone, Gather: effect.Gather}
		if effect.Changed {
			done.Named = append(done.Named, name)
		}
		for _, id := range effect.IDs {
			name.ID = id
			done.Named = append(done.Named, name)
		}
		for _, record := range effect.Records {
			if record.Err != nil {
				done.Outcome = koppel.DetailOf(record.Err)
				continue
			}
			name.ID, name.Body, name.ChangedAt = record.ID, slices.Clone(record.Raw), record.ChangedAt
			done.Named = append(done.Named, name)
		}
	}
	if len(done.Named) > 0 {
		done.Outcome = store.OutcomeKept
	}
	return done
}

// drops reports whether calls of a topic may hold what a stream keeps out of
// store: their bodies are forgotten once they are worked off.
func (w *webhook) drops(topic string) bool {
	return slices.ContainsFunc(w.connector.Streams, func(s *rest.Stream) bool {
		return len(s.Drop) > 0 && slices.Contains(w.connector.Webhooks.TopicNames(func(stream string) bool { return stream == s.Name }), topic)
	})
}
