package koppel

// The ids of workflows, in one place: what opens a run and what starts its
// workflow must agree on them.

// PullWorkflowID is the workflow id of a pull: one per coupling and stream
// group for scans, one per run for everything that a scan must not block.
func PullWorkflowID(mode Mode, couplingID, group, runID string) string {
	if mode.Scans() {
		return "pull/" + couplingID + "/" + group
	}
	return "single/" + couplingID + "/" + group + "/" + runID
}

// PushWorkflowID is the workflow id of a push, by its outbox row.
func PushWorkflowID(outboxID string) string { return "push/" + outboxID }

// PushesWorkflowID is the workflow id of what writes everything of a kind that
// is due to a coupling.
func PushesWorkflowID(couplingID string, object Object) string {
	return "pushes/" + couplingID + "/" + string(object)
}

// ActivateWorkflowID is the workflow id of a coupling's activation.
func ActivateWorkflowID(couplingID string) string { return "activate/" + couplingID }

// CloseWorkflowID is the workflow id of a coupling's disabling or removal.
func CloseWorkflowID(couplingID string) string { return "close/" + couplingID }
