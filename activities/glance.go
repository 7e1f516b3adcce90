package activities

import (
	"context"
	"errors"
	"time"

	"github.com/koppel-io/koppel"
)

// Glances reports whether a run of the mode is worth a glance: most runs of
// what changed find little or nothing.
func Glances(mode koppel.Mode) bool { return mode == koppel.ModeSince || mode == koppel.ModeSingle }

// Glance does a small run in one go, from its opening to its end. The result
// says whether it came to its end; what takes longer, has to wait or fails is
// left to the slices, which go on behind the last batch that was committed.
func (a *Activities) Glance(ctx context.Context, in OpenInput) (Finished, error) {
	defer a.Shares.pass()()
	quick := *a
	quick.Durations.Slice = a.Durations.Glance
	// A remote that hangs must not keep what holds the glance.
	ctx, cancel := context.WithTimeoutCause(ctx, 2*a.Durations.Glance, errGlance)
	defer cancel()
	finished, err := quick.glance(ctx, in)
	if err != nil && errors.Is(context.Cause(ctx), errGlance) {
		return Finished{}, nil
	}
	return finished, err
}

var errGlance = errors.New("the run is too long for a glance")

func (a *Activities) glance(ctx context.Context, in OpenInput) (Finished, error) {
	until := time.Now().Add(a.Durations.Glance)
	plan, p, err := a.openPull(ctx, in)
	if err != nil {
		return Finished{}, err
	}
	for _, stream := range plan.Streams {
		result, err := a.readSlice(ctx, p, SliceInput{RunRef: in.RunRef, Stream: stream})
		if err != nil || !result.Done || time.Now().After(until) {
			return Finished{}, err
		}
	}
	if plan.Map {
		if over, err := a.glanceMap(ctx, p); err != nil || !over {
			return Finished{}, err
		}
	}
	return a.FinishRun(ctx, Finish{RunRef: in.RunRef})
}

// glanceMap does the stage after the reading, where there is anything to do.
func (a *Activities) glanceMap(ctx context.Context, p *pinned) (over bool, err error) {
	if p.run.Mode.Scans() {
		quiet, err := a.Store.Quiet(ctx, p.run.WebshopID, p.run.CouplingID, p.run.ID)
		if err != nil || quiet {
			return quiet, err
		}
	}
	result, err := a.mapSlice(ctx, p)
	return result.Done, err
}
