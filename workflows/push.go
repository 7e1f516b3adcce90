package workflows

import (
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/koppel-io/koppel/activities"
)

// PushInput starts a push.
type PushInput struct {
	activities.Start
}

// Push sends one outbox row to its remote, or everything of a coupling's queue
// that is due, once as far as the remote lets anyone know: each attempt after an
// unknown outcome looks before it sends.
func (w *Workflows) Push(ctx workflow.Context, in PushInput) (activities.Finished, error) {
	p := &push{Workflows: w, in: in, patience: patience{durations: w.durations}}
	err := p.run(ctx)
	finish := activities.Finish{RunRef: in.RunRef, Cancelled: temporal.IsCanceledError(err), Failure: failureOf(err)}
	undisturbed, cancel := workflow.NewDisconnectedContext(ctx)
	defer cancel()
	finished, ferr := call(w.slice(undisturbed, "finish run"), do.FinishRun, finish)
	if ferr != nil {
		return finished, ferr
	}
	return finished, outcome(err, finish.Failure)
}

type push struct {
	*Workflows
	in       PushInput
	patience patience
}

func (p *push) run(ctx workflow.Context) error {
	for {
		res, err := p.send(ctx)
		if err != nil {
			return err
		}
		workflow.SetCurrentDetails(ctx, "outbox: "+res.State)
		if res.Progress {
			p.patience.progress()
		}
		switch {
		case res.Done:
			return failed(res.Failure)
		case res.Hold != "":
			p.patience.progress()
			err = p.hold(ctx, p.in.RunRef, res.Hold)
		case res.Wait != nil:
			err = p.wait(ctx, p.in.RunRef, *res.Wait, "wait until nothing can be under way")
		case res.Failure != nil:
			wait, again := p.patience.next(ctx, res.Failure)
			if !again {
				return res.Failure
			}
			err = p.wait(ctx, p.in.RunRef, activities.Wait{Reason: res.Failure.Error(), For: wait}, "back off: "+string(res.Failure.Kind))
		}
		if err != nil {
			return err
		}
	}
}

func (p *push) send(ctx workflow.Context) (activities.PushResult, error) {
	open := activities.OpenInput{RunRef: p.in.RunRef, WorkflowID: p.in.WorkflowID}
	if p.in.Outbox == 0 {
		return call(p.slice(ctx, "send what is due"), do.SendDue, open)
	}
	return call(p.slice(ctx, "send"), do.Send, activities.PushInput{OpenInput: open, Outbox: p.in.Outbox})
}

// failed keeps a nil *Failure from becoming a non-nil error.
func failed(f *activities.Failure) error {
	if f == nil {
		return nil
	}
	return f
}
