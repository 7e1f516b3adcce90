package activities

import (
	"context"

	"github.com/riverqueue/river"

	"github.com/koppel-io/koppel/store"
)

// Jobs does the jobs of the queue: work that is too small and too much for a
// workflow each.
type Jobs struct{ *Activities }

// Work does jobs until ctx ends, then lets running ones finish.
func (j Jobs) Work(ctx context.Context) error {
	workers := river.NewWorkers()
	river.AddWorker(workers, river.WorkFunc(func(ctx context.Context, job *river.Job[store.InboxJob]) error {
		return j.inbox(ctx, job.Args)
	}))
	river.AddWorker(workers, river.WorkFunc(func(ctx context.Context, job *river.Job[store.RefetchJob]) error {
		return j.refetch(ctx, job.Args)
	}))
	river.AddWorker(workers, river.WorkFunc(func(ctx context.Context, job *river.Job[store.HooksJob]) error {
		return j.hooks(ctx, job.Args)
	}))
	river.AddWorker(workers, river.WorkFunc(func(ctx context.Context, job *river.Job[store.NoticeJob]) error {
		return j.notice(ctx, job)
	}))
	return j.Store.Work(ctx, store.JobsConfig{Workers: workers, Limit: j.Durations.Job, ShutDown: j.Durations.ShutDown})
}

// refetch opens the runs that read what webhooks named, and comes back while
// something waits.
func (j Jobs) refetch(ctx context.Context, job store.RefetchJob) error {
	done, err := j.Store.Refetch(ctx, job)
	if err != nil {
		return err
	}
	for _, run := range done.Runs {
		// A run whose workflow cannot be started now is left to the sweep.
		if err := j.Engine.StartRun(ctx, StartOf(run)); err != nil {
			j.Log.WarnContext(ctx, "run left to the sweep", "run", run.UUID, "error", err)
		}
	}
	if done.Again > 0 {
		return river.JobSnooze(done.Again)
	}
	return nil
}
