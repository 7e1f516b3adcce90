package activities

import (
	"errors"

	"github.com/koppel-io/koppel"
)

// failureOf is err as it travels through Temporal, and whether it is of the
// remote's or the connector's making. Anything else (Postgres is away, the
// process stops) is no result: the activity fails and Temporal tries again.
func failureOf(err error) *Failure {
	var e *koppel.Error
	if !errors.As(err, &e) {
		return &Failure{Kind: koppel.KindInternal, Detail: err.Error()}
	}
	return &Failure{Kind: e.Kind, Detail: koppel.DetailOf(err), Exchange: e.Exchange, Wait: e.RetryAfter}
}

// end turns the error that ended a slice into a wait or a failure.
func (r *SliceResult) end(err error) {
	failure := failureOf(err)
	if failure.Wait > 0 && (failure.Kind == koppel.KindRateLimited || failure.Kind == koppel.KindQuota) {
		r.Wait = &Wait{Reason: failure.Detail, For: failure.Wait}
		return
	}
	r.Failure = failure
}
