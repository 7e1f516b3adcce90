package activities

import (
	"context"
	"errors"

	"go.temporal.io/sdk/temporal"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors/rest"
)

// refused turns the error of preparing a slice into a result, for the workflow
// to decide. What is our own (Postgres is away, the process stops) is no
// result: the activity fails and Temporal tries it again.
func refused(ctx context.Context, err error) (SliceResult, error) {
	if ctx.Err() != nil {
		return SliceResult{}, ctx.Err()
	}
	if koppel.KindOf(err) == koppel.KindInternal {
		return SliceResult{}, err
	}
	var result SliceResult
	result.end(err)
	return result, nil
}

// final keeps Temporal from trying an activity again whose conflict no retry
// can solve: somebody moved the coupling on. The kind is the error's type.
func final(err error) error {
	if koppel.KindOf(err) != koppel.KindConflict {
		return err
	}
	return temporal.NewNonRetryableApplicationError(koppel.DetailOf(err), string(koppel.KindConflict), err)
}

// failureOf is err as it travels through Temporal.
func failureOf(err error) *Failure {
	var e *koppel.Error
	if !errors.As(err, &e) {
		return &Failure{Kind: koppel.KindInternal, Detail: err.Error()}
	}
	return &Failure{Kind: e.Kind, Detail: koppel.DetailOf(err), Exchange: e.Exchange, Wait: e.RetryAfter, Next: e.Next}
}

// end turns the error that ended a slice into a wait or a failure.
func (r *SliceResult) end(err error) {
	var pending *rest.Pending
	if errors.As(err, &pending) {
		r.Wait = &Wait{Reason: pending.Detail, For: pending.Wait}
		return
	}
	failure := failureOf(err)
	if failure.Wait > 0 && (failure.Kind == koppel.KindRateLimited || failure.Kind == koppel.KindQuota) {
		r.Wait = &Wait{Reason: failure.Detail, For: failure.Wait}
		return
	}
	r.Failure = failure
}
