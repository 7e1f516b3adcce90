package activities

import (
	"context"
	"errors"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// lookEvery is how soon a slice notices that its coupling was paused or its
// run cancelled.
const lookEvery = time.Second

// halt is why a run must not go on now.
type halt struct {
	// over: the run has ended; else it is held until its coupling goes on.
	over   bool
	reason string
}

func (h *halt) Error() string { return h.reason }

// reportIn says it in a slice's result.
func (h *halt) reportIn(result *SliceResult) {
	result.Done, result.Hold = h.over, ""
	if !h.over {
		result.Hold = h.reason
	}
}

// halted is what run and coupling say; nil to go on. A run of a coupling that
// is not active is held where it stands: nothing is read twice when a pause ends.
func halted(run koppel.RunState, coupling store.Coupling) *halt {
	switch {
	case run.Ended():
		return &halt{over: true, reason: "the run has ended as " + string(run)}
	case coupling.State == koppel.CouplingActive || coupling.State == koppel.CouplingActivating:
		return nil
	}
	h := &halt{reason: "the coupling is " + string(coupling.State)}
	if coupling.PauseOwner != nil {
		h.reason += " by " + string(*coupling.PauseOwner)
	}
	if coupling.PauseReason != nil && *coupling.PauseReason != "" {
		h.reason += ": " + *coupling.PauseReason
	}
	return h
}

// watched returns a context that ends, with a *halt as its cause, within about
// lookEvery of the run having to stop. What was read by then is still written,
// with the context from before. Postgres being away is left to the slice, which
// meets it too. Call done to stop watching.
func (a *Activities) watched(ctx context.Context, p *pinned) (_ context.Context, done func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		ticker := time.NewTicker(lookEvery)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
			if h := a.look(ctx, p); h != nil {
				cancel(h)
			}
		}
	}()
	return ctx, func() { cancel(nil) }
}

// haltOf is why a watched context ended; nil when it did not, or for another cause.
func haltOf(ctx context.Context) *halt {
	var h *halt
	errors.As(context.Cause(ctx), &h)
	return h
}

func (a *Activities) look(ctx context.Context, p *pinned) (h *halt) {
	err := a.Store.InTx(ctx, store.ForWebshop(p.run.WebshopID), func(tx *store.Tx) error {
		run, err := tx.Run(ctx, p.run.UUID)
		if err != nil {
			return err
		}
		coupling, err := tx.CouplingByID(ctx, p.run.CouplingID)
		h = halted(run.State, coupling)
		return err
	})
	if err != nil {
		return nil
	}
	return h
}
