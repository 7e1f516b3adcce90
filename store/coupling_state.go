package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// couplingMoves is the life of a coupling: from each state, the states it may go to. A state that lists itself may
// be asked for again, which changes nothing but what comes with it, so that a repeated activity is harmless.
var couplingMoves = map[koppel.CouplingState][]koppel.CouplingState{
	koppel.CouplingDraft:       {koppel.CouplingActivating, koppel.CouplingDisabled, koppel.CouplingRemoved},
	koppel.CouplingActivating:  {koppel.CouplingActivating, koppel.CouplingActive, koppel.CouplingNeedsReauth, koppel.CouplingDisabled},
	koppel.CouplingActive:      {koppel.CouplingActive, koppel.CouplingPaused, koppel.CouplingNeedsReauth, koppel.CouplingDisabled},
	koppel.CouplingPaused:      {koppel.CouplingActivating, koppel.CouplingActive, koppel.CouplingPaused, koppel.CouplingNeedsReauth, koppel.CouplingDisabled},
	koppel.CouplingNeedsReauth: {koppel.CouplingActivating, koppel.CouplingActive, koppel.CouplingPaused, koppel.CouplingNeedsReauth, koppel.CouplingDisabled},
	koppel.CouplingDisabled:    {koppel.CouplingActivating, koppel.CouplingDisabled, koppel.CouplingRemoved},
	koppel.CouplingRemoved:     {koppel.CouplingRemoved},
}

const moveSQL = `
UPDATE coupling SET state = @state, pause_owner = @owner, pause_reason = @reason, updated_at = now(),
       removed_at = CASE WHEN @state = 'removed' THEN coalesce(removed_at, now()) END,
       activated_at = CASE WHEN @state = 'active' THEN coalesce(activated_at, now()) ELSE activated_at END
WHERE id = @id`

// move takes a locked coupling to a state, if its life allows that.
func (tx *Tx) move(ctx context.Context, op string, c Coupling, to koppel.CouplingState, owner koppel.PauseOwner, reason string) (Coupling, error) {
	if c.RemoveObjects != nil && to != koppel.CouplingDisabled && to != koppel.CouplingRemoved {
		return Coupling{}, conflict(op, "%s", c.Leaves())
	}
	if !slices.Contains(couplingMoves[c.State], to) {
		return Coupling{}, conflict(op, "a coupling that is %s cannot become %s", describe(c), to)
	}
	_, err := tx.exec(ctx, moveSQL, pgx.StrictNamedArgs{
		"id": c.ID, "state": string(to), "owner": textOrNull(string(owner)), "reason": textOrNull(reason),
	})
	if err != nil {
		return Coupling{}, wrap(op, err)
	}
	return tx.Coupling(ctx, c.UUID)
}

// describe is a coupling's state with the pause's owner and reason, for people.
func describe(c Coupling) string {
	if c.PauseOwner == nil {
		return string(c.State)
	}
	text := fmt.Sprintf("%s (by %s", c.State, *c.PauseOwner)
	if c.PauseReason != nil {
		text += ": " + *c.PauseReason
	}
	return text + ")"
}

const (
	// The counter's row is the webshop's lock: two activations at once get two numbers.
	lockPrioritySQL = `SELECT webshop_id FROM webshop_counter WHERE webshop_id = $1 FOR UPDATE`
	prioritySQL     = `
UPDATE coupling SET priority = (SELECT max(priority) + 1 FROM coupling WHERE webshop_id = @webshop)
WHERE id = @id AND priority = 0`
)

// ActivateCoupling starts an activation with its steps: draft, disabled, needs_reauth or an activation that failed
// → activating. It checks the credentials anew, so it ends a pause by auth, and no other. The first activation gives
// the coupling the webshop's next priority.
func (tx *Tx) ActivateCoupling(ctx context.Context, id string, steps []koppel.Step) (Coupling, error) {
	const op = "activate coupling"
	c, err := tx.lockCoupling(ctx, op, id)
	if err != nil {
		return Coupling{}, err
	}
	if _, err := tx.exec(ctx, lockPrioritySQL, c.WebshopID); err != nil {
		return Coupling{}, wrap(op, err)
	}
	standing, err := tx.Pauses(ctx, c.ID)
	if err != nil {
		return Coupling{}, wrap(op, err)
	}
	if c.State == koppel.CouplingPaused || slices.ContainsFunc(standing, func(p Pause) bool { return p.Owner != koppel.PausedByAuth }) {
		return Coupling{}, conflict(op, "a coupling that is %s cannot become %s", describe(c), koppel.CouplingActivating)
	}
	if _, err := tx.endPauses(ctx, c, koppel.PausedByAuth); err != nil {
		return Coupling{}, wrap(op, err)
	}
	if _, err := tx.move(ctx, op, c, koppel.CouplingActivating, "", ""); err != nil {
		return Coupling{}, err
	}
	if err := tx.endClosing(ctx, c); err != nil {
		return Coupling{}, wrap(op, err)
	}
	if _, err := tx.exec(ctx, prioritySQL, pgx.StrictNamedArgs{"id": c.ID, "webshop": c.WebshopID}); err != nil {
		return Coupling{}, wrap(op, err)
	}
	return tx.SetSteps(ctx, id, steps)
}

// CouplingActive ends an activation: activating → active.
func (tx *Tx) CouplingActive(ctx context.Context, id string) (Coupling, error) {
	const op = "finish activation"
	c, err := tx.lockCoupling(ctx, op, id)
	if err != nil {
		return Coupling{}, err
	}
	if c.State != koppel.CouplingActivating && c.State != koppel.CouplingActive {
		return Coupling{}, conflict(op, "a coupling that is %s is not being activated", describe(c))
	}
	return tx.move(ctx, op, c, koppel.CouplingActive, "", "")
}

// PauseCoupling stops runs and pushes: active → paused. Pauses of several owners may stand at once; paused again by
// the same owner, the coupling only gets the new reason.
func (tx *Tx) PauseCoupling(ctx context.Context, id string, owner koppel.PauseOwner, reason string) (Coupling, error) {
	const op = "pause coupling"
	c, err := tx.lockCoupling(ctx, op, id)
	if err != nil {
		return Coupling{}, err
	}
	switch c.State {
	case koppel.CouplingActive, koppel.CouplingPaused, koppel.CouplingNeedsReauth:
	default:
		return Coupling{}, conflict(op, "a coupling that is %s cannot become %s", describe(c), koppel.CouplingPaused)
	}
	if err := tx.addPause(ctx, c, owner, reason); err != nil {
		return Coupling{}, wrap(op, err)
	}
	return tx.standStill(ctx, op, c)
}

// ResumeCoupling ends the owner's pause, and no other. With the last one the coupling goes on: → active, or activating
// where its activation never ended.
func (tx *Tx) ResumeCoupling(ctx context.Context, id string, owner koppel.PauseOwner) (Coupling, error) {
	const op = "resume coupling"
	c, err := tx.lockCoupling(ctx, op, id)
	if err != nil {
		return Coupling{}, err
	}
	if c.State != koppel.CouplingPaused && c.State != koppel.CouplingNeedsReauth {
		return Coupling{}, conflict(op, "the coupling is %s, not paused", describe(c))
	}
	ended, err := tx.endPauses(ctx, c, owner)
	if err != nil {
		return Coupling{}, wrap(op, err)
	}
	if ended == 0 {
		return Coupling{}, conflict(op, "the coupling is %s; only that owner can end the pause", describe(c))
	}
	return tx.standStill(ctx, op, c)
}

// NeedsReauth stops runs until the customer gives new credentials: activating, active or paused → needs_reauth.
func (tx *Tx) NeedsReauth(ctx context.Context, id, reason string) (Coupling, error) {
	const op = "ask for new credentials"
	c, err := tx.lockCoupling(ctx, op, id)
	if err != nil {
		return Coupling{}, err
	}
	if !slices.Contains(couplingMoves[c.State], koppel.CouplingNeedsReauth) {
		return Coupling{}, conflict(op, "a coupling that is %s cannot become %s", describe(c), koppel.CouplingNeedsReauth)
	}
	if err := tx.addPause(ctx, c, koppel.PausedByAuth, reason); err != nil {
		return Coupling{}, wrap(op, err)
	}
	return tx.standStill(ctx, op, c)
}
