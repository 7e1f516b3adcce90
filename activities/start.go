package activities

import (
	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// StartOf is how a run's workflow is started.
func StartOf(run store.Run) Start {
	return Start{
		RunRef:     RunRef{Webshop: run.WebshopID, Run: run.ID, ID: run.UUID},
		WorkflowID: run.WorkflowID,
		Queue:      QueueOf(run.Mode),
		WebshopID:  run.WebshopUUID,
		CouplingID: run.CouplingUUID,
		Connector:  run.Connector,
		Group:      run.StreamGroup,
		Mode:       run.Mode,
		Trigger:    run.Trigger,
		Outbox:     run.Keys.Outbox,
	}
}

// WorkflowID is the workflow id of a pull: one per coupling and group for
// scans, one per run for everything that a scan must not block.
func WorkflowID(mode koppel.Mode, couplingID, group, runID string) string {
	if mode.Scans() {
		return "pull/" + couplingID + "/" + group
	}
	return "single/" + couplingID + "/" + group + "/" + runID
}

// PushWorkflowID is the workflow id of a push.
func PushWorkflowID(outboxID string) string { return "push/" + outboxID }
