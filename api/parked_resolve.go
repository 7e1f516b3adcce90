package api

import (
	"context"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// parkedCause is how many open parked records have the same cause.
type parkedCause struct {
	Coupling   string      `json:"coupling" format:"uuid"`
	Object     string      `json:"object,omitempty" doc:"Absent when the records themselves are damaged"`
	Kind       koppel.Kind `json:"kind"`
	Field      string      `json:"field,omitempty"`
	Expression string      `json:"expression,omitempty"`
	Reason     string      `json:"reason" doc:"Of one of them"`
	Records    int64       `json:"records"`
	FirstAt    time.Time   `json:"first_at"`
	LastAt     time.Time   `json:"last_at"`
}

type parkedCauses struct {
	Coupling string `query:"coupling" format:"uuid"`
}

func (s *server) listParkedCauses(ctx context.Context, who caller, in *parkedCauses) (pageBody[parkedCause], error) {
	return store.With(ctx, s.Store, who.scope, func(tx *store.Tx) (pageBody[parkedCause], error) {
		if in.Coupling != "" {
			if _, err := tx.Coupling(ctx, in.Coupling); err != nil {
				return pageBody[parkedCause]{}, err
			}
		}
		list, err := tx.ParkedCauses(ctx, in.Coupling)
		return pageBody[parkedCause]{Data: each(list, func(c store.ParkedCause) parkedCause {
			return parkedCause{
				Coupling: c.CouplingUUID, Object: c.Object, Kind: c.Kind, Field: c.Field, Expression: c.Expression, Reason: c.Reason,
				Records: c.Records, FirstAt: c.FirstAt, LastAt: c.LastAt,
			}
		})}, err
	})
}

// ParkedPick names parked records by coupling and cause.
type ParkedPick struct {
	Coupling string        `json:"coupling" format:"uuid"`
	Kind     koppel.Kind   `json:"kind,omitempty" maxLength:"64"`
	Object   koppel.Object `json:"object,omitempty" enum:"suppliers,products,product_compositions,supplier_products,sell_orders,shipments,buy_orders,item_deliveries"`
	Field    string        `json:"field,omitempty" maxLength:"255"`
	DryRun   bool          `json:"dry_run,omitempty" doc:"Only say how many"`
}

func (k ParkedPick) pick() store.ParkedPick {
	return store.ParkedPick{Coupling: k.Coupling, Object: k.Object, Kind: k.Kind, Field: k.Field}
}

// picked is how many parked records a bulk verb took.
type picked struct {
	Records int64 `json:"records"`
}

type resolveOne struct {
	ByID
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"2000"`
	}
}

func (s *server) resolveParked(ctx context.Context, who caller, in *resolveOne) (parked, error) {
	return s.settleOne(ctx, who, in.ID, "parked.resolve", "the record is not parked any more, or is seen to by koppel review or koppel push", in.Body.Reason,
		func(tx *store.Tx, k store.ParkedPick) (int64, error) {
			return tx.ResolveParked(ctx, k, who.name(), in.Body.Reason, false)
		})
}

func (s *server) unresolveParked(ctx context.Context, who caller, in *ByID) (parked, error) {
	return s.settleOne(ctx, who, in.ID, "parked.unresolve", "no person took the record off the list, or it is parked anew", "",
		func(tx *store.Tx, k store.ParkedPick) (int64, error) { return tx.UnresolveParked(ctx, k, false) })
}

func (s *server) settleOne(ctx context.Context, who caller, id, action, refusal, reason string, do func(*store.Tx, store.ParkedPick) (int64, error)) (parked, error) {
	before, err := store.With(ctx, s.Store, who.scope, func(tx *store.Tx) (store.ParkedRow, error) { return tx.Parked(ctx, id) })
	if err != nil {
		return parked{}, err
	}
	return store.With(ctx, s.Store, store.ForWebshop(before.WebshopID), func(tx *store.Tx) (parked, error) {
		n, err := do(tx, store.ParkedPick{ID: id})
		if err == nil && n == 0 {
			err = koppel.E(koppel.KindConflict, action, refusal)
		}
		if err != nil {
			return parked{}, err
		}
		after, err := tx.Parked(ctx, id)
		if err != nil {
			return parked{}, err
		}
		return showParked(after), audit(ctx, tx, who, action, id, map[string]any{"resolved_by": before.ResolvedBy, "reason": before.ResolvedReason},
			map[string]any{"remote_id": after.RemoteID, "coupling": after.CouplingUUID, "reason": reason})
	})
}

type resolveMany struct {
	Body struct {
		ParkedPick
		Reason string `json:"reason" minLength:"1" maxLength:"2000"`
	}
}

func (s *server) resolveAllParked(ctx context.Context, who caller, in *resolveMany) (picked, error) {
	b := in.Body
	return s.settleMany(ctx, who, b.ParkedPick, "parked.resolve_many", b.Reason, func(tx *store.Tx) (int64, error) {
		return tx.ResolveParked(ctx, b.pick(), who.name(), b.Reason, b.DryRun)
	})
}

type unresolveMany struct{ Body ParkedPick }

func (s *server) unresolveAllParked(ctx context.Context, who caller, in *unresolveMany) (picked, error) {
	return s.settleMany(ctx, who, in.Body, "parked.unresolve_many", "", func(tx *store.Tx) (int64, error) {
		return tx.UnresolveParked(ctx, in.Body.pick(), in.Body.DryRun)
	})
}

// settleMany does so to all that k names, and notes in one entry how many they were.
func (s *server) settleMany(ctx context.Context, who caller, k ParkedPick, action, reason string, do func(*store.Tx) (int64, error)) (picked, error) {
	c, scope, err := s.findCoupling(ctx, who, k.Coupling)
	if err != nil {
		return picked{}, err
	}
	return store.With(ctx, s.Store, scope, func(tx *store.Tx) (picked, error) {
		n, err := do(tx)
		if err != nil || k.DryRun {
			return picked{Records: n}, err
		}
		return picked{Records: n}, audit(ctx, tx, who, action, c.UUID, nil, map[string]any{
			"object": k.Object, "kind": k.Kind, "field": k.Field, "reason": reason, "records": n,
		})
	})
}
