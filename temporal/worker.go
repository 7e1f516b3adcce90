package temporal

import (
	"context"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/activities"
	"github.com/koppel-io/koppel/workflows"
)

// Concurrency bounds the activities that one worker process runs at once, per
// task queue. Zero fields get the defaults.
type Concurrency struct {
	Interactive, Incremental, Backfill, Push int
}

func (c Concurrency) of(queue string) int {
	pick := func(n, otherwise int) int {
		if n > 0 {
			return n
		}
		return otherwise
	}
	switch queue {
	case activities.QueueInteractive:
		return pick(c.Interactive, 20)
	case activities.QueueIncremental:
		return pick(c.Incremental, 8)
	case activities.QueuePush:
		return pick(c.Push, 8)
	default:
		return pick(c.Backfill, 4)
	}
}

// Work polls every task queue until ctx ends, then lets running activities
// stop within Durations.ShutDown.
func Work(ctx context.Context, c client.Client, acts *activities.Activities, durations koppel.Durations, limits Concurrency) error {
	var started []worker.Worker
	defer func() {
		done := make(chan struct{})
		for _, w := range started {
			go func() { w.Stop(); done <- struct{}{} }()
		}
		for range started {
			<-done
		}
	}()
	failed := make(chan error, len(activities.Queues()))
	for _, queue := range activities.Queues() {
		w := worker.New(c, queue, worker.Options{
			MaxConcurrentActivityExecutionSize:      limits.of(queue),
			MaxConcurrentLocalActivityExecutionSize: limits.of(queue),
			WorkerStopTimeout:                       durations.ShutDown,
			OnFatalError:                            func(err error) { failed <- err },
		})
		register(w, acts, durations)
		if err := w.Start(); err != nil {
			return wrap("temporal: start worker on "+queue, err)
		}
		started = append(started, w)
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-failed:
		return wrap("temporal: worker", err)
	}
}

func register(w worker.Worker, acts *activities.Activities, durations koppel.Durations) {
	workflows.New(durations).Register(w)
	w.RegisterActivityWithOptions(acts, activity.RegisterOptions{})
}
