package api

import (
	"context"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// shadow says that a coupling writes nothing to its remote yet.
type shadow struct {
	Since    time.Time `json:"since"`
	Webhooks bool      `json:"webhooks" doc:"It subscribes to webhooks all the same"`
}

func shadowOf(c store.Coupling) *shadow {
	if c.ShadowSince == nil {
		return nil
	}
	return &shadow{Since: *c.ShadowSince, Webhooks: c.ShadowHooks}
}

type shadowRequest struct {
	ByID
	Body struct {
		On       bool `json:"on" doc:"false takes it out of the shadow; refused where another platform's mapping was imported, for which there is the cut over"`
		Webhooks bool `json:"webhooks,omitempty" doc:"true: subscribe to webhooks all the same"`
	}
}

func (s *server) shadowCoupling(ctx context.Context, who caller, in *shadowRequest) (coupling, error) {
	_, scope, err := s.findCoupling(ctx, who, in.ID)
	if err != nil {
		return coupling{}, err
	}
	if in.Body.On {
		_, shown, err := s.move(ctx, who, scope, in.ID, "coupling.shadow", func(tx *store.Tx, c store.Coupling) (store.Coupling, error) {
			return tx.Shadow(ctx, c.UUID, in.Body.Webhooks, who.name())
		})
		return shown, err
	}
	_, shown, err := s.move(ctx, who, scope, in.ID, "coupling.unshadow", func(tx *store.Tx, c store.Coupling) (store.Coupling, error) {
		report, err := tx.TakeoverReport(ctx, c)
		if err == nil && len(report.Objects) > 0 {
			err = koppel.E(koppel.KindConflict, "take coupling out of shadow", "the mapping of another platform was imported for it; look at it and cut over: koppel coupling cutover "+c.UUID)
		}
		if err != nil {
			return c, err
		}
		return tx.EndShadow(ctx, c.UUID, who.name())
	})
	if err == nil {
		s.sweep(ctx)
	}
	return shown, err
}

// cutOver lets a coupling write. It is for a person who has seen the report,
// which goes into the audit log with it.
func (s *server) cutOver(ctx context.Context, who caller, in *ByID) (coupling, error) {
	const op = "cut over"
	_, scope, err := s.findCoupling(ctx, who, in.ID)
	if err != nil {
		return coupling{}, err
	}
	shown, err := store.With(ctx, s.Store, scope, func(tx *store.Tx) (coupling, error) {
		c, err := tx.Coupling(ctx, in.ID)
		if err != nil {
			return coupling{}, err
		}
		if c.State != koppel.CouplingActive {
			return coupling{}, koppel.E(koppel.KindConflict, op, "the coupling is "+string(c.State)+"; it can take over once it is active and has read everything")
		}
		report, err := tx.TakeoverReport(ctx, c)
		if err != nil {
			return coupling{}, err
		}
		held, err := tx.HeldWrites(ctx, c.ID)
		if err != nil {
			return coupling{}, err
		}
		after, err := tx.EndShadow(ctx, c.UUID, who.name())
		if err != nil {
			return coupling{}, err
		}
		shown, err := showCoupling(ctx, tx, after, &versionNames{})
		if err != nil {
			return coupling{}, err
		}
		return shown, audit(ctx, tx, who, "coupling.cutover", c.UUID, map[string]any{"shadow_since": c.ShadowSince}, map[string]any{
			"takeover": report.Objects, "held_writes": held,
		})
	})
	if err == nil {
		s.sweep(ctx)
	}
	return shown, err
}
