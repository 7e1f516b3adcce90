package store

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/koppel-io/koppel"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"
)

// InboxJob is calls of one webhook that are to be worked off. Jobs hold inner ids only.
type InboxJob struct {
	Webshop int64   `json:"webshop"`
	Hook    int64   `json:"hook"`
	Calls   []int64 `json:"calls"`
	// Since is when the first of them came, by which its partition is found.
	Since time.Time `json:"since"`
}

// Kind implements river.JobArgs.
func (InboxJob) Kind() string { return "inbox" }

// RefetchJob opens the run that reads what webhooks named of a stream group.
type RefetchJob struct {
	Webshop  int64  `json:"webshop"`
	Coupling int64  `json:"coupling"`
	Group    string `json:"group"`
}

// Kind implements river.JobArgs.
func (RefetchJob) Kind() string { return "refetch" }

// HooksJob makes a coupling's subscriptions at its remote equal to what is wanted.
type HooksJob struct {
	Webshop  int64 `json:"webshop"`
	Coupling int64 `json:"coupling"`
}

// Kind implements river.JobArgs.
func (HooksJob) Kind() string { return "hooks" }

// InsertOpts implements river.JobArgsWithInsertOpts: of one coupling there is one such job, so that nobody subscribes
// twice. What is asked for while it runs is found due by the next sweep.
func (HooksJob) InsertOpts() river.InsertOpts {
	return river.InsertOpts{UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateRetryable, rivertype.JobStateScheduled,
	}}}
}

// jobs is the queue as inserting sees it.
type jobs = river.Client[pgx.Tx]

func newJobs(pool *pgxpool.Pool, log *slog.Logger) (*jobs, error) {
	return river.NewClient(riverpgxv5.New(pool), &river.Config{Logger: log})
}

// addJobs inserts jobs in the transaction: with it they are there, and never without.
func (tx *Tx) addJobs(ctx context.Context, list ...river.JobArgs) error {
	params := make([]river.InsertManyParams, len(list))
	for i, args := range list {
		params[i] = river.InsertManyParams{Args: args}
	}
	_, err := tx.db.jobs.InsertManyTx(ctx, tx.tx, params)
	return wrap("add jobs", err)
}

// JobsConfig says how jobs are worked on. Workers is required.
type JobsConfig struct {
	// Workers do the jobs, by kind.
	Workers *river.Workers
	// Most is how many jobs run at once; 8 when zero.
	Most int
	// Limit is the longest a job may take; a minute when zero. One whose worker died is done again after twice that.
	Limit time.Duration
	// ShutDown is how long running jobs may go on when ctx ends.
	ShutDown time.Duration
}

// finishedJobs is how long jobs that are done are kept, for people who look.
const finishedJobs = time.Hour

// Work does jobs until ctx ends, then lets running ones finish. It needs the engine role.
func (db *DB) Work(ctx context.Context, c JobsConfig) error {
	const op = "work on jobs"
	if c.Most == 0 {
		c.Most = 8
	}
	if c.Limit == 0 {
		c.Limit = time.Minute
	}
	client, err := river.NewClient(riverpgxv5.New(db.pool), &river.Config{
		Workers: c.Workers, Logger: db.log, JobTimeout: c.Limit, RescueStuckJobsAfter: 2 * c.Limit,
		Queues:                      map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: c.Most}},
		CompletedJobRetentionPeriod: finishedJobs,
		// Only the owner of a table may reindex it.
		ReindexerIndexNames: []string{},
	})
	if err != nil {
		return wrap(op, err)
	}
	// The client outlives ctx, so that running jobs can finish.
	if err := client.Start(context.WithoutCancel(ctx)); err != nil {
		return db.wrap(op, err)
	}
	<-ctx.Done()
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.ShutDown)
	defer cancel()
	if err := client.Stop(limit); err != nil && limit.Err() == nil {
		return wrap(op, err)
	}
	if limit.Err() != nil {
		hard, cancel := context.WithTimeout(context.WithoutCancel(ctx), koppel.DefaultDurations().WaitInside)
		defer cancel()
		if err := client.StopAndCancel(hard); err != nil {
			return wrap(op, err)
		}
	}
	return nil
}
