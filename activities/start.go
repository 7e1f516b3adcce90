package activities

import (
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
		Outbox:     run.Keys.OutboxID,
	}
}
