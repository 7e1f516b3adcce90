package temporal

import (
	"context"
	"errors"
	"strings"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/activities"
	"github.com/koppel-io/koppel/workflows"
)

// Engine starts, cancels and looks up workflows, and keeps schedules. The API
// and the sweep use it, each through the few methods it declares.
type Engine struct {
	client    client.Client
	durations koppel.Durations
}

// NewEngine returns an engine on a dialled client.
func NewEngine(c client.Client, durations koppel.Durations) *Engine {
	return &Engine{client: c, durations: durations}
}

// StartRun starts the workflow of a run. A workflow of that id that runs
// already is no error: the sweep starts the run when it is its turn.
func (e *Engine) StartRun(ctx context.Context, start activities.Start) error {
	opts := client.StartWorkflowOptions{
		ID:                       start.WorkflowID,
		TaskQueue:                start.Queue,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		TypedSearchAttributes:    workflows.Attributes(start),
		Priority:                 workflows.Priority(start),
		StaticSummary:            workflows.Summary(start),
	}
	var err error
	if start.Mode == koppel.ModePush {
		_, err = e.client.ExecuteWorkflow(ctx, opts, workflows.PushName, workflows.PushInput{Start: start})
	} else {
		_, err = e.client.ExecuteWorkflow(ctx, opts, workflows.PullName, workflows.PullInput{Start: start})
	}
	return ignoreStarted("temporal: start "+start.WorkflowID, err)
}

// Activate starts the activation of a coupling, or leaves the running one alone.
func (e *Engine) Activate(ctx context.Context, coupling activities.CouplingRef) error {
	return e.startFor(ctx, coupling, workflows.ActivateName, koppel.ActivateWorkflowID(coupling.ID))
}

// Close starts the disabling or removal of a coupling, or leaves the running one alone.
func (e *Engine) Close(ctx context.Context, coupling activities.CouplingRef) error {
	return e.startFor(ctx, coupling, workflows.CloseName, koppel.CloseWorkflowID(coupling.ID))
}

// startFor starts a workflow of which a coupling has one at a time.
func (e *Engine) startFor(ctx context.Context, coupling activities.CouplingRef, name, id string) error {
	opts := client.StartWorkflowOptions{
		ID:                       id,
		TaskQueue:                activities.QueueInteractive,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		StaticSummary:            name + " coupling " + coupling.ID,
	}
	_, err := e.client.ExecuteWorkflow(ctx, opts, name, coupling)
	return ignoreStarted("temporal: start "+id, err)
}

// Cancel asks a workflow to end; one that does not run is no error.
func (e *Engine) Cancel(ctx context.Context, workflowID string) error {
	err := e.client.CancelWorkflow(ctx, workflowID, "")
	var missing *serviceerror.NotFound
	if errors.As(err, &missing) {
		return nil
	}
	return wrap("temporal: cancel "+workflowID, err)
}

// Resume wakes the workflow of a held run; one that ended meanwhile is no error.
func (e *Engine) Resume(ctx context.Context, workflowID string) error {
	err := e.client.SignalWorkflow(ctx, workflowID, "", workflows.ResumeSignal, nil)
	var missing *serviceerror.NotFound
	if errors.As(err, &missing) {
		return nil
	}
	return wrap("temporal: resume "+workflowID, err)
}

// State looks a workflow id up, with the reason of an end that a person or an
// error gave.
func (e *Engine) State(ctx context.Context, workflowID string) (activities.WorkflowState, error) {
	res, err := e.client.DescribeWorkflowExecution(ctx, workflowID, "")
	var missing *serviceerror.NotFound
	if errors.As(err, &missing) {
		return activities.WorkflowState{}, nil
	}
	if err != nil {
		return activities.WorkflowState{}, wrap("temporal: describe "+workflowID, err)
	}
	status := res.GetWorkflowExecutionInfo().GetStatus()
	if status == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
		return activities.WorkflowState{Open: true}, nil
	}
	state := activities.WorkflowState{Closed: strings.ToLower(status.String())}
	if status == enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED {
		state.Reason = e.terminationReason(ctx, workflowID, res.GetWorkflowExecutionInfo().GetExecution().GetRunId())
	}
	return state, nil
}

// terminationReason reads the words of whoever terminated a workflow; none
// when its history cannot be read.
func (e *Engine) terminationReason(ctx context.Context, workflowID, runID string) string {
	iter := e.client.GetWorkflowHistory(ctx, workflowID, runID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT)
	for iter.HasNext() {
		event, err := iter.Next()
		if err != nil {
			return ""
		}
		if attrs := event.GetWorkflowExecutionTerminatedEventAttributes(); attrs != nil {
			return attrs.GetReason()
		}
	}
	return ""
}

// Ping checks that the cluster answers.
func (e *Engine) Ping(ctx context.Context) error {
	_, err := e.client.CheckHealth(ctx, &client.CheckHealthRequest{})
	return wrap("temporal: health", err)
}

func ignoreStarted(op string, err error) error {
	var started *serviceerror.WorkflowExecutionAlreadyStarted
	if errors.As(err, &started) {
		return nil
	}
	return wrap(op, err)
}

func wrap(op string, err error) error {
	if err == nil {
		return nil
	}
	return &koppel.Error{Kind: koppel.KindInternal, Op: op, Err: err}
}
