package api

import (
	"context"
	"time"

	"github.com/koppel-io/koppel/store"
)

// hook is a subscription at a remote, as people see it. Its address and secret
// are never shown.
type hook struct {
	ID           string          `json:"id" format:"uuid"`
	Coupling     string          `json:"coupling" format:"uuid"`
	Connector    string          `json:"connector"`
	Topic        string          `json:"topic" doc:"As the remote names it; * for all topics by one"`
	State        store.HookState `json:"state" enum:"wanted,active,failing,leaving,left"`
	Detail       string          `json:"detail,omitempty" doc:"Why it fails"`
	RemoteID     string          `json:"remote_id,omitempty" doc:"The remote's id of it"`
	CreatedAt    time.Time       `json:"created_at"`
	SubscribedAt *time.Time      `json:"subscribed_at"`
	CheckedAt    *time.Time      `json:"checked_at" doc:"When the remote was last asked how it stands"`
	Received     int64           `json:"received" doc:"Calls of the last thirty days, each once"`
	Repeated     int64           `json:"repeated" doc:"Calls that came again"`
	ReceivedAt   *time.Time      `json:"received_at" doc:"When the last new one came"`
	Refused      int64           `json:"refused" doc:"Calls that were not signed, stale or unreadable"`
	RefusedAt    *time.Time      `json:"refused_at"`
	RefusedFor   string          `json:"refused_for,omitempty" doc:"Why the last one was"`
	Swept        int64           `json:"swept" doc:"Changes that no call told and only a scan found"`
	SweptAt      *time.Time      `json:"swept_at"`
}

type hooks struct {
	Data []hook `json:"data" nullable:"false"`
}

func showHook(h store.Hook) hook {
	return hook{
		ID: h.UUID, Coupling: h.CouplingUUID, Connector: h.Connector, Topic: h.Topic, State: h.State, Detail: h.Detail, RemoteID: h.RemoteID,
		CreatedAt: h.CreatedAt, SubscribedAt: h.SubscribedAt, CheckedAt: h.CheckedAt, Received: h.Received, Repeated: h.Repeated,
		ReceivedAt: h.ReceivedAt, Refused: h.Refused, RefusedAt: h.RefusedAt, RefusedFor: h.RefusedFor, Swept: h.Swept, SweptAt: h.SweptAt,
	}
}

func (s *server) listHooks(ctx context.Context, who caller, in *ByID) (hooks, error) {
	c, scope, err := s.findCoupling(ctx, who, in.ID)
	if err != nil {
		return hooks{}, err
	}
	list, err := store.Read(ctx, s.Store, scope, func(tx *store.Tx) ([]store.Hook, error) { return tx.HooksOf(ctx, c.ID) })
	return hooks{Data: each(list, showHook)}, err
}

func (s *server) getHook(ctx context.Context, who caller, in *ByID) (hook, error) {
	h, err := store.Read(ctx, s.Store, who.scope, func(tx *store.Tx) (store.Hook, error) { return tx.Hook(ctx, in.ID) })
	return showHook(h), err
}

func (s *server) rotateHook(ctx context.Context, who caller, in *ByID) (hook, error) {
	before, err := store.With(ctx, s.Store, who.scope, func(tx *store.Tx) (store.Hook, error) { return tx.Hook(ctx, in.ID) })
	if err != nil {
		return hook{}, err
	}
	after, err := store.With(ctx, s.Store, store.ForWebshop(before.WebshopID), func(tx *store.Tx) (store.Hook, error) {
		after, err := tx.RotateHook(ctx, in.ID)
		if err != nil {
			return after, err
		}
		return after, audit(ctx, tx, who, "hook.rotate", in.ID, nil, map[string]any{"coupling": after.CouplingUUID, "topic": after.Topic, "by": after.UUID})
	})
	return showHook(after), err
}
