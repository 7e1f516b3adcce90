package workflows

import (
	"go.temporal.io/sdk/workflow"

	"github.com/koppel-io/koppel/activities"
)

// wait notes that the run waits and sleeps. The summary stays readable in the
// Temporal UI, whatever is encrypted, and is short; the reason is in the
// run's timeline.
func (w *Workflows) wait(ctx workflow.Context, run activities.RunRef, wait activities.Wait, summary string) error {
	if err := note(w.brief(ctx, "note the wait"), do.NoteWait, activities.Pause{RunRef: run, Wait: wait}); err != nil {
		return err
	}
	return workflow.NewTimerWithOptions(ctx, wait.For, workflow.TimerOptions{Summary: summary}).Get(ctx, nil)
}

// hold waits until the run's coupling goes on. The sweep says so with a signal;
// should that be lost, the run looks for itself from time to time.
func (w *Workflows) hold(ctx workflow.Context, run activities.RunRef, reason string) error {
	if err := note(w.brief(ctx, "note the hold"), do.NoteWait, activities.Pause{RunRef: run, Wait: activities.Wait{Reason: reason}}); err != nil {
		return err
	}
	timer, stop := workflow.WithCancel(ctx)
	defer stop()
	workflow.NewSelector(ctx).
		AddReceive(workflow.GetSignalChannel(ctx, ResumeSignal), func(c workflow.ReceiveChannel, _ bool) { c.Receive(ctx, nil) }).
		AddFuture(workflow.NewTimerWithOptions(timer, w.durations.RetryMost, workflow.TimerOptions{Summary: "until the coupling goes on"}), func(workflow.Future) {}).
		Select(ctx)
	return ctx.Err()
}
