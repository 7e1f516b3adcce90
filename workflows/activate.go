package workflows

import (
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/activities"
)

// Activate takes a coupling from its first click to active: credentials are
// checked, every stream group is read in full in the order of references,
// schedules are switched on. Started again, it goes on at the step that failed.
func (w *Workflows) Activate(ctx workflow.Context, in activities.CouplingRef) error {
	a := &activation{Workflows: w, coupling: in, patience: patience{durations: w.durations}}
	if err := a.setup(ctx); err != nil {
		return err
	}
	return a.run(ctx)
}

type activation struct {
	*Workflows
	coupling activities.CouplingRef
	plan     activities.Activation
	patience patience
}

func (a *activation) setup(ctx workflow.Context) (err error) {
	a.plan, err = call(a.brief(ctx, "plan the steps"), do.PlanActivation, a.coupling)
	return err
}

func (a *activation) run(ctx workflow.Context) error {
	for _, step := range a.plan.Steps {
		workflow.SetCurrentDetails(ctx, "step: "+step.Name)
		in := activities.StepInput{CouplingRef: a.coupling, Step: step.Name, Group: step.Group}
		err := a.step(ctx, &in)
		in.State, in.Failure = koppel.StepDone, failureOf(err)
		if err != nil {
			in.State = koppel.StepFailed
		}
		undisturbed, cancel := workflow.NewDisconnectedContext(ctx)
		noteErr := note(a.brief(undisturbed, "note step "+step.Name), do.NoteStep, in)
		cancel()
		if err != nil {
			return outcome(err, in.Failure)
		}
		if noteErr != nil {
			return noteErr
		}
	}
	return note(a.brief(ctx, "set active"), do.FinishActivation, a.coupling)
}

func (a *activation) step(ctx workflow.Context, in *activities.StepInput) error {
	switch in.Step {
	case activities.StepCredentials:
		return a.check(ctx, *in)
	case activities.StepWebhooks:
		return note(a.slice(ctx, "subscribe to webhooks"), do.SetWebhooks, a.coupling)
	case activities.StepSchedules:
		return note(a.brief(ctx, "switch schedules on"), do.SetSchedules, a.coupling)
	default:
		return a.pull(ctx, in)
	}
}

// check tries the credentials; what may pass by itself is waited for.
func (a *activation) check(ctx workflow.Context, in activities.StepInput) error {
	for {
		failure, err := call(a.slice(ctx, "check credentials"), do.CheckCredentials, in)
		if err != nil {
			return err
		}
		if failure == nil {
			return nil
		}
		wait, again := a.patience.next(ctx, failure)
		if !again {
			return failure
		}
		if err := workflow.Sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// pull reads the step's stream group in full and waits for its end. A run
// that this activation started before it was interrupted is adopted.
func (a *activation) pull(ctx workflow.Context, in *activities.StepInput) error {
	start, err := call(a.brief(ctx, "open "+in.Group), do.OpenStep, *in)
	if err != nil {
		return err
	}
	in.RunID = start.ID
	for {
		var finished activities.Finished
		err := a.child(ctx, start).Get(ctx, &finished)
		if err == nil && (finished.State == koppel.RunFailed || finished.State == koppel.RunCancelled) {
			return &activities.Failure{Kind: koppel.KindConflict, Detail: "run " + start.ID + " had ended as " + string(finished.State)}
		}
		if temporal.IsCanceledError(err) && ctx.Err() == nil {
			return &activities.Failure{Kind: koppel.KindConflict, Detail: "run " + start.ID + " was cancelled"}
		}
		if !alreadyStarted(err) {
			return err
		}
		// Another scan of the group is under way, or the sweep was first to
		// start ours. Once it is over the child finds the run as it stands.
		if err := workflow.Sleep(ctx, a.durations.RetryFirst); err != nil {
			return err
		}
	}
}

// child starts a run's workflow, which outlives its parent.
func (w *Workflows) child(ctx workflow.Context, start activities.Start) workflow.ChildWorkflowFuture {
	ctx = workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:            start.WorkflowID,
		TaskQueue:             start.Queue,
		ParentClosePolicy:     enumspb.PARENT_CLOSE_POLICY_ABANDON,
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WaitForCancellation:   true,
		TypedSearchAttributes: Attributes(start),
		Priority:              Priority(start),
		StaticSummary:         Summary(start),
	})
	return workflow.ExecuteChildWorkflow(ctx, PullName, PullInput{Start: start})
}

// alreadyStarted reports whether a child could not start because its workflow runs.
func alreadyStarted(err error) bool {
	return temporal.IsWorkflowExecutionAlreadyStartedError(err)
}
