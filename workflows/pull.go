package workflows

import (
	"context"
	"fmt"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/koppel-io/koppel/activities"
)

// slicesPerHistory bounds a history: after so many slices a run continues as
// new. It is part of the workflow's decisions: a change needs a gate.
const slicesPerHistory = 40

// PullInput starts a pull, or carries it over a continue-as-new.
type PullInput struct {
	activities.Start
	// Plan is set once the run is open.
	Plan *activities.Plan `json:"plan,omitempty"`
	// Stream is the index of the stream being read; past the last one, records are mapped.
	Stream int `json:"stream,omitempty"`
}

// Pull reads one stream group of one coupling and maps every object on it.
func (w *Workflows) Pull(ctx workflow.Context, in PullInput) (activities.Finished, error) {
	p := &pull{Workflows: w, in: in, patience: patience{durations: w.durations}}
	if finished := p.glance(ctx); finished.State != "" {
		return p.handOver(ctx, finished)
	}
	err := p.setup(ctx)
	if err == nil {
		err = p.run(ctx)
	}
	return p.close(ctx, err)
}

type pull struct {
	*Workflows
	in       PullInput
	patience patience
	slices   int
}

// glance tries to do a small run in one go. Whatever keeps it from that is met
// again by the slices, which know what to do about it.
func (p *pull) glance(ctx workflow.Context) (finished activities.Finished) {
	if p.in.Plan != nil || !activities.Glances(p.in.Mode) {
		return finished
	}
	finished, err := here(p.Workflows.glance(ctx), do.Glance, activities.OpenInput{RunRef: p.in.RunRef, WorkflowID: p.in.WorkflowID})
	if err != nil {
		return activities.Finished{}
	}
	return finished
}

func (p *pull) setup(ctx workflow.Context) error {
	if p.in.Plan != nil {
		return nil
	}
	plan, err := call(p.brief(ctx, "open run"), do.OpenPull, activities.OpenInput{RunRef: p.in.RunRef, WorkflowID: p.in.WorkflowID})
	p.in.Plan = &plan
	return err
}

func (p *pull) run(ctx workflow.Context) error {
	plan := p.in.Plan
	if plan.Ended {
		return nil
	}
	for p.in.Stream < len(plan.Streams) {
		if err := p.drain(ctx, "read "+plan.Streams[p.in.Stream], do.ReadSlice, plan.Streams[p.in.Stream]); err != nil {
			return err
		}
		p.in.Stream++
	}
	if !plan.Map {
		return nil
	}
	return p.drain(ctx, "map", do.MapSlice, "")
}

// drain asks for slice after slice until there is no more, waiting where a
// slice says so and backing off where one fails.
func (p *pull) drain(ctx workflow.Context, what string, activity func(context.Context, activities.SliceInput) (activities.SliceResult, error), stream string) error {
	for {
		p.slices++
		if p.slices > slicesPerHistory || workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
			return workflow.NewContinueAsNewError(ctx, PullName, p.in)
		}
		res, err := call(p.slice(ctx, what), activity, activities.SliceInput{RunRef: p.in.RunRef, Stream: stream})
		if err != nil {
			return err
		}
		workflow.SetCurrentDetails(ctx, details(what, res))
		if res.Progress {
			p.patience.progress()
		}
		switch {
		case res.Done:
			return nil
		case res.Hold != "":
			p.patience.progress()
			err = p.hold(ctx, p.in.RunRef, res.Hold)
		case res.Failure != nil:
			wait, again := p.patience.next(ctx, res.Failure)
			if !again {
				return res.Failure
			}
			err = p.wait(ctx, p.in.RunRef, activities.Wait{Reason: res.Failure.Error(), For: wait}, "back off: "+string(res.Failure.Kind))
		case res.Wait != nil:
			err = p.wait(ctx, p.in.RunRef, *res.Wait, "wait as long as the remote asks")
		}
		if err != nil {
			return err
		}
	}
}

// close records how the run ended.
func (p *pull) close(ctx workflow.Context, err error) (activities.Finished, error) {
	if workflow.IsContinueAsNewError(err) {
		return activities.Finished{}, err
	}
	finish := activities.Finish{RunRef: p.in.RunRef, Cancelled: temporal.IsCanceledError(err), Failure: failureOf(err)}
	undisturbed, cancel := workflow.NewDisconnectedContext(ctx)
	defer cancel()
	finished, ferr := call(p.slice(undisturbed, "finish run"), do.FinishRun, finish)
	if ferr != nil {
		return finished, ferr
	}
	if finished, err := p.handOver(undisturbed, finished); err != nil {
		return finished, err
	}
	return finished, outcome(err, finish.Failure)
}

// handOver gives the workflow to the run that queued behind this one, except
// where a parent waits for this one's result: then the sweep starts it.
func (p *pull) handOver(ctx workflow.Context, finished activities.Finished) (activities.Finished, error) {
	if finished.Next != nil && workflow.GetInfo(ctx).ParentWorkflowExecution == nil {
		return finished, workflow.NewContinueAsNewError(ctx, PullName, PullInput{Start: *finished.Next})
	}
	return finished, nil
}

func details(what string, res activities.SliceResult) string {
	c := res.Counts
	return fmt.Sprintf("%s: %d pages, %d records, %d changed, %d unchanged, %d parked", what, c.Pages, c.Records, c.Changed, c.Unchanged, c.Parked)
}
