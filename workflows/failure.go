package workflows

import (
	"errors"

	"go.temporal.io/sdk/temporal"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/activities"
)

// failureOf is err as a run keeps it; nil for success and cancellation.
func failureOf(err error) *activities.Failure {
	if err == nil || temporal.IsCanceledError(err) {
		return nil
	}
	var failure *activities.Failure
	if errors.As(err, &failure) {
		return failure
	}
	var app *temporal.ApplicationError
	if errors.As(err, &app) {
		return &activities.Failure{Kind: koppel.Kind(app.Type()), Detail: app.Message()}
	}
	return &activities.Failure{Kind: koppel.KindInternal, Detail: err.Error()}
}

// outcome is how the workflow itself ends: the kind of a failure is the type
// of Temporal's application error.
func outcome(err error, failure *activities.Failure) error {
	if failure == nil {
		return err
	}
	return temporal.NewNonRetryableApplicationError(failure.Detail, string(failure.Kind), nil)
}
