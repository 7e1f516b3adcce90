package api

import (
	"context"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// write is one write to a remote as the API shows it.
type write struct {
	ID        string            `json:"id" format:"uuid" doc:"The idempotency key"`
	Coupling  string            `json:"coupling" format:"uuid"`
	Object    koppel.Object     `json:"object"`
	Operation string            `json:"operation" enum:"create,update,cancel,set,raise"`
	Reference string            `json:"reference"`
	State     store.OutboxState `json:"state" enum:"pending,sending,sent,unknown,parked,dropped"`
	Held      string            `json:"held,omitempty" enum:"cap,stop" doc:"Why it waits although it is due"`
	HeldAt    *time.Time        `json:"held_at,omitempty"`
	RemoteID  string            `json:"remote_id,omitempty"`
	Attempts  int32             `json:"attempts"`
	DueAt     time.Time         `json:"due_at"`
	Run       string            `json:"run,omitempty" format:"uuid" doc:"The last run that had it in hand"`
	Error     *koppel.Advice    `json:"error,omitempty"`
	CreatedAt time.Time         `json:"created_at"`
	UpdatedAt time.Time         `json:"updated_at"`
}

func showWrite(o store.Outbox) write {
	return write{
		ID: o.UUID, Coupling: o.CouplingUUID, Object: o.Object, Operation: o.Operation, Reference: o.Reference, State: o.State, Held: text(o.Held),
		HeldAt: o.HeldAt, RemoteID: text(o.RemoteID), Attempts: o.Attempts, DueAt: o.DueAt, Run: text(o.RunUUID), Error: o.Error,
		CreatedAt: o.CreatedAt, UpdatedAt: o.UpdatedAt,
	}
}

type pushList struct {
	Paging
	Webshop  string            `query:"webshop" format:"uuid"`
	Coupling string            `query:"coupling" format:"uuid"`
	State    store.OutboxState `query:"state" enum:"pending,sending,sent,unknown,parked,dropped"`
	Held     bool              `query:"held" doc:"Only those that the webshop's cap or a stop holds"`
}

func (s *server) listPushes(ctx context.Context, who caller, in *pushList) (pageBody[write], error) {
	scope, err := s.narrow(ctx, who, in.Webshop)
	if err != nil {
		return pageBody[write]{}, err
	}
	return store.With(ctx, s.Store, scope, func(tx *store.Tx) (pageBody[write], error) {
		page, err := tx.Outboxes(ctx, store.OutboxFilter{Coupling: in.Coupling, State: in.State, Held: in.Held, Limit: in.Limit, After: in.Cursor})
		return pageOf(page, showWrite), err
	})
}

func (s *server) getPush(ctx context.Context, who caller, in *ByID) (write, error) {
	return store.With(ctx, s.Store, who.scope, func(tx *store.Tx) (write, error) {
		o, err := tx.Outbox(ctx, in.ID)
		return showWrite(o), err
	})
}

func (s *server) retryPush(ctx context.Context, who caller, in *ByID) (write, error) {
	return s.settlePush(ctx, who, in.ID, "push.retry", func(tx *store.Tx) (store.Outbox, error) { return tx.RetryOutbox(ctx, in.ID) })
}

type pushResolution struct {
	ByID
	Body struct {
		RemoteID string `json:"remote_id,omitempty" maxLength:"255" doc:"It is there, under this id of the remote"`
		NotThere bool   `json:"not_there,omitempty" doc:"true: it is not there, send it again"`
	}
}

func (s *server) resolvePush(ctx context.Context, who caller, in *pushResolution) (write, error) {
	const op = "resolve push"
	if (in.Body.RemoteID == "") == !in.Body.NotThere {
		return write{}, koppel.E(koppel.KindInvalidRequest, op, "say either remote_id (it is there) or not_there (send it again)")
	}
	return s.settlePush(ctx, who, in.ID, "push.resolve", func(tx *store.Tx) (store.Outbox, error) {
		if in.Body.NotThere {
			return tx.SendOutboxAgain(ctx, in.ID)
		}
		return tx.ConfirmOutbox(ctx, in.ID, in.Body.RemoteID)
	})
}

// settlePush does what a person decided about a parked write, and starts the
// run that goes on with it.
func (s *server) settlePush(ctx context.Context, who caller, id, action string, decide func(*store.Tx) (store.Outbox, error)) (write, error) {
	before, err := store.With(ctx, s.Store, who.scope, func(tx *store.Tx) (store.Outbox, error) { return tx.Outbox(ctx, id) })
	if err != nil {
		return write{}, err
	}
	var after store.Outbox
	var opened *store.Run
	err = s.Store.InTx(ctx, store.ForWebshop(before.WebshopID), func(tx *store.Tx) error {
		opened = nil
		if after, err = decide(tx); err != nil {
			return err
		}
		if err := audit(ctx, tx, who, action, id, before.State, after.State); err != nil {
			return err
		}
		c, err := tx.CouplingByID(ctx, after.CouplingID)
		if err != nil {
			return err
		}
		if opened, err = openPush(ctx, tx, who, c, after); err == nil && opened != nil {
			after.RunUUID = &opened.UUID
		}
		return err
	})
	if err == nil && opened != nil {
		s.start(ctx, *opened)
	}
	return showWrite(after), err
}

// pushStop is a stop in force.
type pushStop struct {
	ID        string     `json:"id" format:"uuid"`
	Webshop   string     `json:"webshop,omitempty" format:"uuid"`
	Coupling  string     `json:"coupling,omitempty" format:"uuid"`
	Connector string     `json:"connector,omitempty"`
	Reason    string     `json:"reason"`
	StoppedBy string     `json:"stopped_by"`
	StoppedAt time.Time  `json:"stopped_at"`
	EndedBy   string     `json:"ended_by,omitempty"`
	EndedAt   *time.Time `json:"ended_at,omitempty"`
}

func showPushStop(p store.PushStop) pushStop {
	return pushStop{
		ID: p.UUID, Webshop: text(p.WebshopUUID), Coupling: text(p.CouplingUUID), Connector: text(p.Connector), Reason: p.Reason,
		StoppedBy: p.StoppedBy, StoppedAt: p.StoppedAt, EndedBy: text(p.EndedBy), EndedAt: p.EndedAt,
	}
}

type newPushStop struct {
	Body struct {
		Coupling     string `json:"coupling,omitempty" format:"uuid"`
		Webshop      string `json:"webshop,omitempty" format:"uuid"`
		Connector    string `json:"connector,omitempty" maxLength:"63" doc:"All couplings of a connector, as in a vendor's outage"`
		Installation bool   `json:"installation,omitempty" doc:"true: everything"`
		Reason       string `json:"reason" minLength:"1" maxLength:"500"`
	}
}

func (s *server) stopPushes(ctx context.Context, who caller, in *newPushStop) (pushStop, error) {
	const op = "stop pushes"
	b := &in.Body
	scope, wide := who.scope, b.Connector != "" || b.Installation
	switch {
	case b.Installation && (b.Coupling != "" || b.Webshop != "" || b.Connector != ""), !wide && b.Coupling == "" && b.Webshop == "":
		return pushStop{}, koppel.E(koppel.KindInvalidRequest, op, "name one of coupling, webshop, connector and installation")
	case wide && scope != store.AllWebshops():
		return pushStop{}, koppel.E(koppel.KindPermission, op, "only a key of the installation stops a connector or everything")
	case b.Coupling != "":
		c, of, err := s.findCoupling(ctx, who, b.Coupling)
		if err != nil {
			return pushStop{}, err
		}
		scope, b.Coupling = of, c.UUID
	case b.Webshop != "":
		of, err := s.narrow(ctx, who, b.Webshop)
		if err != nil {
			return pushStop{}, err
		}
		scope = of
	}
	return store.With(ctx, s.Store, scope, func(tx *store.Tx) (pushStop, error) {
		made, err := tx.StopPushes(ctx, store.NewPushStop{Coupling: b.Coupling, Webshop: b.Webshop, Connector: b.Connector, Reason: b.Reason, By: who.name()})
		return showPushStop(made), err
	})
}

func (s *server) listPushStops(ctx context.Context, who caller, _ *struct{}) (pageBody[pushStop], error) {
	return store.With(ctx, s.Store, who.scope, func(tx *store.Tx) (pageBody[pushStop], error) {
		stops, err := tx.PushStops(ctx)
		return pageOf(store.Page[store.PushStop]{Items: stops}, showPushStop), err
	})
}

func (s *server) endPushStop(ctx context.Context, who caller, in *ByID) (pushStop, error) {
	ended, err := store.With(ctx, s.Store, who.scope, func(tx *store.Tx) (pushStop, error) {
		stop, err := tx.EndPushStop(ctx, in.ID, who.name())
		return showPushStop(stop), err
	})
	if err == nil {
		s.sweep(ctx)
	}
	return ended, err
}
