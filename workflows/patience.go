package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/activities"
)

// patience is the back-off of a run between failing attempts. It starts anew
// with every progress and ends after RetryFor without any. The end decides what
// the workflow does next, so its limit comes from the history: a release with
// another RetryFor still replays what is open.
type patience struct {
	durations koppel.Durations
	failures  int
	since     time.Time
	limit     time.Duration
}

// retryFor is a limit as the history keeps it.
type retryFor struct {
	RetryFor time.Duration `json:"retry_for"`
}

// progress forgets the failures so far.
func (p *patience) progress() { p.failures = 0 }

// next says how long to wait after f, or that waiting cannot help any more.
func (p *patience) next(ctx workflow.Context, f *activities.Failure) (wait time.Duration, again bool) {
	if !f.Kind.Passes() {
		return 0, false
	}
	now := workflow.Now(ctx)
	if p.failures == 0 {
		p.since = now
		recorded := workflow.SideEffect(ctx, func(workflow.Context) any { return retryFor{p.durations.RetryFor} })
		var limit retryFor
		if err := recorded.Get(&limit); err != nil {
			return 0, false
		}
		p.limit = limit.RetryFor
	}
	if now.Sub(p.since) > p.limit {
		return 0, false
	}
	wait = p.durations.RetryFirst << min(p.failures, 20)
	p.failures++
	return max(min(wait, p.durations.RetryMost), f.Wait), true
}
