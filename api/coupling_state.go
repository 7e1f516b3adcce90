package api

import (
	"context"
	"log/slog"
	"slices"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

func (s *server) activateCoupling(ctx context.Context, who caller, in *ByID) (coupling, error) {
	const op = "activate coupling"
	c, scope, err := s.findCoupling(ctx, who, in.ID)
	if err != nil {
		return coupling{}, err
	}
	connector, err := s.connectorOf(ctx, c)
	if err != nil {
		return coupling{}, err
	}
	if c.CredentialID == nil && (len(connector.Credentials) > 0 || connector.HasLogin()) {
		return coupling{}, noCredentials(op, c)
	}
	// The steps of an earlier activation stay: it goes on at the one that failed, which waits for its next try.
	after, shown, err := s.move(ctx, who, scope, in.ID, "coupling.activate", func(tx *store.Tx, c store.Coupling) (store.Coupling, error) {
		return tx.ActivateCoupling(ctx, c.UUID, tryAgain(c.Steps))
	})
	if err != nil {
		return coupling{}, err
	}
	return shown, koppel.Wrap(op, s.Engine.Activate(ctx, after))
}

// tryAgain sets failed steps back to pending, so that whoever watches does not take the last failure for a new one.
func tryAgain(steps []koppel.Step) []koppel.Step {
	again := slices.Clone(steps)
	for i, step := range again {
		if step.State == koppel.StepFailed {
			again[i] = koppel.Step{Name: step.Name, State: koppel.StepPending}
		}
	}
	return again
}

type pauseRequest struct {
	ByID
	Body *struct {
		Reason string `json:"reason,omitempty" maxLength:"1000"`
	} `required:"false"`
}

func (s *server) pauseCoupling(ctx context.Context, who caller, in *pauseRequest) (coupling, error) {
	_, scope, err := s.findCoupling(ctx, who, in.ID)
	if err != nil {
		return coupling{}, err
	}
	reason := ""
	if in.Body != nil {
		reason = in.Body.Reason
	}
	_, shown, err := s.move(ctx, who, scope, in.ID, "coupling.pause", func(tx *store.Tx, _ store.Coupling) (store.Coupling, error) {
		return tx.PauseCoupling(ctx, in.ID, koppel.PausedByPerson, reason)
	})
	if err == nil {
		s.sweep(ctx)
	}
	return shown, err
}

// sweep makes Temporal agree at once with a coupling that was paused or goes
// on: schedules, runs that are held, writes that wait. Where Temporal is away
// the sweep of the next minute does it.
func (s *server) sweep(ctx context.Context) {
	if err := s.Engine.Sweep(ctx); err != nil {
		s.log.LogAttrs(ctx, slog.LevelWarn, "left to the next sweep", slog.Any("error", err))
	}
}

func (s *server) resumeCoupling(ctx context.Context, who caller, in *ByID) (coupling, error) {
	_, scope, err := s.findCoupling(ctx, who, in.ID)
	if err != nil {
		return coupling{}, err
	}
	after, shown, err := s.move(ctx, who, scope, in.ID, "coupling.resume", func(tx *store.Tx, _ store.Coupling) (store.Coupling, error) {
		return tx.ResumeCoupling(ctx, in.ID, koppel.PausedByPerson)
	})
	switch {
	case err != nil:
	case after.State == koppel.CouplingActivating:
		err = koppel.Wrap("resume coupling", s.Engine.Activate(ctx, after))
	default:
		s.sweep(ctx)
	}
	return shown, err
}

func (s *server) disableCoupling(ctx context.Context, who caller, in *ByID) (coupling, error) {
	_, scope, err := s.findCoupling(ctx, who, in.ID)
	if err != nil {
		return coupling{}, err
	}
	return s.close(ctx, who, scope, in.ID, "coupling.disable", func(tx *store.Tx, _ store.Coupling) (store.Coupling, error) {
		return tx.DisableCoupling(ctx, in.ID, koppel.ClosingSteps(false))
	})
}

type removeRequest struct {
	ByID
	Objects koppel.LeftObjects `query:"objects" enum:"keep,disable" default:"keep" doc:"What becomes of objects that no other coupling carries: they stay, or are treated as gone from the remote"`
}

func (s *server) removeCoupling(ctx context.Context, who caller, in *removeRequest) (coupling, error) {
	_, scope, err := s.findCoupling(ctx, who, in.ID)
	if err != nil {
		return coupling{}, err
	}
	return s.close(ctx, who, scope, in.ID, "coupling.remove", func(tx *store.Tx, _ store.Coupling) (store.Coupling, error) {
		return tx.AskRemoval(ctx, in.ID, in.Objects, koppel.ClosingSteps(true))
	})
}

// close begins a disabling or a removal. The coupling stands still from the
// commit on; where Temporal is away the sweep starts what is left to do.
func (s *server) close(ctx context.Context, who caller, scope store.Scope, id, action string, change func(*store.Tx, store.Coupling) (store.Coupling, error)) (coupling, error) {
	after, shown, err := s.move(ctx, who, scope, id, action, change)
	if err != nil {
		return coupling{}, err
	}
	if err := s.Engine.Close(ctx, after); err != nil {
		s.log.LogAttrs(ctx, slog.LevelWarn, "left to the next sweep", slog.String("coupling", id), slog.Any("error", err))
	}
	return shown, nil
}

// life is what the audit log keeps of a coupling's state.
type life struct {
	State koppel.CouplingState `json:"state"`
	Pause *pause               `json:"pause,omitempty"`
	// Removal is what becomes of the objects of a coupling that is being removed.
	Removal *koppel.LeftObjects `json:"removal,omitempty"`
}

func lifeOf(c store.Coupling) life {
	l := life{State: c.State, Removal: c.RemoveObjects}
	if c.PauseOwner != nil {
		l.Pause = &pause{Owner: *c.PauseOwner, Reason: text(c.PauseReason)}
	}
	return l
}

// move changes a coupling's state and notes it.
func (s *server) move(ctx context.Context, who caller, scope store.Scope, id, action string, change func(*store.Tx, store.Coupling) (store.Coupling, error)) (after store.Coupling, shown coupling, err error) {
	err = s.Store.InTx(ctx, scope, func(tx *store.Tx) error {
		before, err := tx.Coupling(ctx, id)
		if err != nil {
			return err
		}
		if after, err = change(tx, before); err != nil {
			return err
		}
		if shown, err = showCoupling(ctx, tx, after, &versionNames{}); err != nil {
			return err
		}
		return audit(ctx, tx, who, action, after.UUID, lifeOf(before), lifeOf(after))
	})
	return after, shown, err
}
