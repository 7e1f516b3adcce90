package workflows

import (
	"go.temporal.io/sdk/workflow"

	"github.com/koppel-io/koppel"
)

// Workflows holds what all workflows of an installation share. Its durations
// are positive and only feed timers and activity options, so a history replays
// with others than it was recorded with.
type Workflows struct {
	durations koppel.Durations
}

// New returns the workflows for the given durations.
func New(durations koppel.Durations) *Workflows {
	return &Workflows{durations: durations}
}

// Registry is the part of a worker, or of a replayer, that Register fills.
type Registry interface {
	RegisterWorkflowWithOptions(w any, options workflow.RegisterOptions)
}

// Register registers every workflow under its fixed name.
func (w *Workflows) Register(r Registry) {
	r.RegisterWorkflowWithOptions(w.Pull, workflow.RegisterOptions{Name: PullName})
	r.RegisterWorkflowWithOptions(w.Push, workflow.RegisterOptions{Name: PushName})
	r.RegisterWorkflowWithOptions(w.Activate, workflow.RegisterOptions{Name: ActivateName})
	r.RegisterWorkflowWithOptions(w.Close, workflow.RegisterOptions{Name: CloseName})
	r.RegisterWorkflowWithOptions(w.Tick, workflow.RegisterOptions{Name: TickName})
	r.RegisterWorkflowWithOptions(w.Sweep, workflow.RegisterOptions{Name: SweepName})
}
