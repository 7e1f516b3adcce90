package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// slice are the options of an activity that works for up to a slice under
// heartbeat. Only the loss of a worker or of Postgres is retried here, for as
// long as it lasts; everything a remote does comes back as a result.
func (w *Workflows) slice(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		HeartbeatTimeout:    w.durations.Heartbeat,
		StartToCloseTimeout: w.durations.SliceTimeout,
		WaitForCancellation: true,
		RetryPolicy:         w.patient(),
		Summary:             summary,
	})
}

// brief are the options of an activity that touches only Postgres and
// Temporal. It has no heartbeat, so its limit is how soon the loss of its
// worker is noticed.
func (w *Workflows) brief(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 2 * w.durations.Heartbeat,
		RetryPolicy:         w.patient(),
		Summary:             summary,
	})
}

// local are the options of an activity that takes a few seconds at most and is
// done on the worker that decides: that spares Temporal a task, which costs more
// than a run that finds nothing new.
func (w *Workflows) local(ctx workflow.Context) workflow.Context {
	return workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		StartToCloseTimeout: 2 * w.durations.Heartbeat,
		RetryPolicy:         w.patient(),
	})
}

// glance is local for an activity that is not tried again: slices follow.
func (w *Workflows) glance(ctx workflow.Context) workflow.Context {
	return workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		StartToCloseTimeout: 2 * w.durations.Heartbeat,
		RetryPolicy:         &temporal.RetryPolicy{MaximumAttempts: 1},
	})
}

// patient retries for as long as it takes: what fails here is ours and comes
// back. The pauses grow to at most 20 seconds.
func (w *Workflows) patient() *temporal.RetryPolicy {
	return &temporal.RetryPolicy{
		InitialInterval: w.durations.RetryFirst / 2, BackoffCoefficient: 1.5,
		MaximumInterval: min(20*time.Second, w.durations.RetryMost),
	}
}
