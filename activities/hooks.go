package activities

import (
	"context"
	"slices"
	"time"

	"github.com/riverqueue/river"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors/rest"
	"github.com/koppel-io/koppel/store"
)

// How often subscriptions are looked at, and how soon again after a failure.
const (
	hookCheck = time.Hour
	hookRetry = 10 * time.Minute
)

// SetWebhooks makes a coupling's subscriptions at its remote equal to what its
// connector and settings want: it makes those that are missing, ends those that
// are not wanted any more, and asks how the others stand. What a remote refuses
// is noted at the subscription and tried again later: scans find what calls
// would have told.
func (a *Activities) SetWebhooks(ctx context.Context, in CouplingRef) error {
	_, quiet := heartbeat(ctx, a.Durations.Heartbeat)
	defer quiet()
	return a.setHooks(ctx, in)
}

// hooks does the same as a job.
func (j Jobs) hooks(ctx context.Context, job store.HooksJob) error {
	coupling, err := store.With(ctx, j.Store, store.ForWebshop(job.Webshop), func(tx *store.Tx) (store.Coupling, error) {
		return tx.CouplingByID(ctx, job.Coupling)
	})
	if koppel.KindOf(err) == koppel.KindNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	if coupling.State == koppel.CouplingPaused || coupling.State == koppel.CouplingNeedsReauth {
		return river.JobCancel(koppel.E(koppel.KindConflict, "see to webhooks", "the coupling is "+string(coupling.State)+"; the sweep comes back"))
	}
	return j.setHooks(ctx, CouplingRef{Webshop: job.Webshop, Coupling: job.Coupling, ID: coupling.UUID})
}

func (a *Activities) setHooks(ctx context.Context, in CouplingRef) error {
	w, err := a.webhookOf(ctx, in)
	if err != nil || w.connector.Webhooks == nil || w.connector.Webhooks.Subscribe == nil {
		return err
	}
	wanted, topics := w.connector.Subscriptions(w.settings)
	if a.PublicURL == "" || w.coupling.ClosingSince != nil || !wantsHooks(w.coupling.State) || w.coupling.ShadowSince != nil && !w.coupling.ShadowHooks {
		wanted = nil
	}
	hooks, err := store.With(ctx, a.Store, store.ForWebshop(in.Webshop), func(tx *store.Tx) ([]store.Hook, error) {
		there, err := tx.HooksOf(ctx, in.Coupling)
		if err != nil {
			return nil, err
		}
		for _, h := range there {
			if !slices.Contains(wanted, h.Topic) {
				if err := tx.LeaveHook(ctx, h); err != nil {
					return nil, err
				}
			}
		}
		for _, topic := range wanted {
			if err := tx.WantHook(ctx, w.coupling, topic); err != nil {
				return nil, err
			}
		}
		return tx.HooksOf(ctx, in.Coupling)
	})
	if err != nil || len(hooks) == 0 {
		return err
	}
	if w.coupling.State == koppel.CouplingRemoved {
		return a.forgetHooks(ctx, in, hooks)
	}
	client, err := a.client(ctx, w.pinned)
	if err != nil {
		return a.allFail(ctx, in, hooks, err)
	}
	defer client.Close()
	// What is to be ended first: some remotes take one subscription of a topic only.
	slices.SortStableFunc(hooks, func(a, b store.Hook) int { return leavingFirst(a) - leavingFirst(b) })
	for _, h := range hooks {
		s := &seeing{Activities: a, webhook: w, client: client, hook: h, topics: topics}
		if err := s.do(ctx); err != nil {
			return err
		}
	}
	return nil
}

// wantsHooks reports whether a coupling in the state is to be called.
func wantsHooks(state koppel.CouplingState) bool {
	return state == koppel.CouplingActive || state == koppel.CouplingActivating
}

func leavingFirst(h store.Hook) int {
	if h.State == store.HookLeaving {
		return 0
	}
	return 1
}

// forgetHooks gives up what could not be ended at the remote before its
// credentials were shredded: calls of it are refused from then on.
func (a *Activities) forgetHooks(ctx context.Context, in CouplingRef, hooks []store.Hook) error {
	return a.Store.InTx(ctx, store.ForWebshop(in.Webshop), func(tx *store.Tx) error {
		for _, h := range hooks {
			if err := tx.HookLeft(ctx, h.ID); err != nil {
				return err
			}
		}
		return nil
	})
}

func (a *Activities) allFail(ctx context.Context, in CouplingRef, hooks []store.Hook, cause error) error {
	if koppel.KindOf(cause) == koppel.KindInternal {
		return cause
	}
	return a.Store.InTx(ctx, store.ForWebshop(in.Webshop), func(tx *store.Tx) error {
		for _, h := range hooks {
			note := tx.HookChecked
			if h.State == store.HookLeaving {
				note = tx.HookNotLeft
			}
			if err := note(ctx, h.ID, koppel.DetailOf(cause), hookRetry); err != nil {
				return err
			}
		}
		return nil
	})
}

// seeing is the work on one subscription.
type seeing struct {
	*Activities
	*webhook
	client *rest.Client
	hook   store.Hook
	topics []string
}

func (s *seeing) do(ctx context.Context) error {
	secrets, err := store.With(ctx, s.Store, s.scope(), func(tx *store.Tx) (store.HookSecrets, error) { return tx.OpenHook(ctx, s.hook) })
	if err != nil {
		return err
	}
	sub := rest.Subscription{ID: s.hook.RemoteID, Topic: s.hook.Topic, Topics: s.topics, Callback: secrets.Callback(s.PublicURL), Secret: secrets.Secret}
	if s.hook.State == store.HookLeaving {
		err := s.client.Unsubscribe(ctx, sub)
		if err != nil && ctx.Err() == nil {
			return s.note(ctx, func(tx *store.Tx) error { return tx.HookNotLeft(ctx, s.hook.ID, koppel.DetailOf(err), hookRetry) })
		}
		return s.note(ctx, func(tx *store.Tx) error { return tx.HookLeft(ctx, s.hook.ID) })
	}
	if sub.ID != "" {
		again, err := s.check(ctx, sub)
		if err != nil {
			return s.failing(ctx, err)
		}
		if !again {
			return s.note(ctx, func(tx *store.Tx) error { return tx.HookChecked(ctx, s.hook.ID, "", hookCheck) })
		}
		sub.ID = ""
	}
	if err := s.subscribe(ctx, sub); err != nil {
		return s.failing(ctx, err)
	}
	return nil
}

// check asks how a subscription stands and switches it on where the remote
// switched it off; it reports whether it is to be made anew.
func (s *seeing) check(ctx context.Context, sub rest.Subscription) (anew bool, err error) {
	standing, err := s.client.SubscriptionHealth(ctx, sub)
	switch {
	case err != nil || standing == rest.Stands:
		return false, err
	case standing == rest.SwitchedOff && s.connector.CanRenew():
		s.Log.WarnContext(ctx, "webhook was switched off by the remote and is switched on", "webhook", s.hook.UUID, "topic", s.hook.Topic)
		return false, s.client.RenewSubscription(ctx, sub)
	case standing == rest.SwitchedOff:
		if err := s.client.Unsubscribe(ctx, sub); err != nil {
			return false, err
		}
	}
	s.Log.WarnContext(ctx, "webhook was lost at the remote and is made anew", "webhook", s.hook.UUID, "topic", s.hook.Topic)
	return true, s.note(ctx, func(tx *store.Tx) error { return tx.HookLost(ctx, s.hook.ID) })
}

// subscribe makes the subscription. One that an earlier attempt made, whose
// outcome nobody learned, is ended before.
func (s *seeing) subscribe(ctx context.Context, sub rest.Subscription) error {
	strays, err := s.client.Subscriptions(ctx, sub, s.hook.CallbackHead(s.PublicURL))
	if err != nil {
		return err
	}
	for _, id := range strays {
		stray := sub
		stray.ID = id
		if err := s.client.Unsubscribe(ctx, stray); err != nil {
			return err
		}
	}
	keys, err := s.client.PublicKeys(ctx)
	if err != nil {
		return err
	}
	if len(keys) > 0 {
		if err := s.note(ctx, func(tx *store.Tx) error { return tx.SetHookKeys(ctx, s.hook.ID, keys) }); err != nil {
			return err
		}
	}
	id, err := s.client.Subscribe(ctx, sub)
	if err != nil {
		return err
	}
	return s.note(ctx, func(tx *store.Tx) error { return tx.HookSubscribed(ctx, s.hook.ID, id, hookCheck) })
}

// failing notes why a subscription fails; only a fault of ours is an error.
func (s *seeing) failing(ctx context.Context, cause error) error {
	if ctx.Err() != nil || koppel.KindOf(cause) == koppel.KindInternal {
		return cause
	}
	s.Log.WarnContext(ctx, "webhook fails", "webhook", s.hook.UUID, "topic", s.hook.Topic, "error", cause)
	return s.note(ctx, func(tx *store.Tx) error { return tx.HookChecked(ctx, s.hook.ID, koppel.DetailOf(cause), hookRetry) })
}

func (s *seeing) scope() store.Scope { return store.ForWebshop(s.coupling.WebshopID) }

func (s *seeing) note(ctx context.Context, fn func(*store.Tx) error) error {
	return s.Store.InTx(ctx, s.scope(), fn)
}
