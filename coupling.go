package koppel

// CouplingState is where a coupling is in its life.
type CouplingState string

// The life of a coupling: draft → activating → active ⇄ paused | needs_reauth
// → disabled → removed. A coupling in shadow, which writes nothing to its
// remote, is in one of them too.
const (
	CouplingDraft       CouplingState = "draft"
	CouplingActivating  CouplingState = "activating"
	CouplingActive      CouplingState = "active"
	CouplingPaused      CouplingState = "paused"
	CouplingNeedsReauth CouplingState = "needs_reauth"
	CouplingDisabled    CouplingState = "disabled"
	CouplingRemoved     CouplingState = "removed"
)

// LeftObjects is what becomes of the objects of a coupling that is removed and
// that no other coupling carries.
type LeftObjects string

// What becomes of them.
const (
	KeepObjects    LeftObjects = "keep"    // they stay as they are
	DisableObjects LeftObjects = "disable" // they are treated as gone from the remote
)

// PauseOwner is who paused a coupling; each clears only its own pause.
type PauseOwner string

// The owners of a pause.
const (
	PausedByPerson PauseOwner = "person"
	PausedByAuth   PauseOwner = "auth"
	PausedByPolicy PauseOwner = "policy"
	PausedByQuota  PauseOwner = "quota"
)

// Step is one step of an activation, a disabling or a removal with its state,
// in the order in which they are taken.
type Step struct {
	// Name is "credentials", the object's name, or "schedules"; of a disabling
	// or removal "runs", "schedules", "pushes", "sources" or "credentials".
	Name string `json:"name"`
	// State is pending, running, done, skipped or failed.
	State StepState `json:"state" enum:"pending,running,done,skipped,failed"`
	// RunID is the run that does the step, where one does.
	RunID string `json:"run_id,omitempty"`
	// Detail is why it was skipped or failed.
	Detail string `json:"detail,omitempty"`
}

// StepState is the state of an activation step.
type StepState string

// The states of a step.
const (
	StepPending StepState = "pending"
	StepRunning StepState = "running"
	StepDone    StepState = "done"
	StepSkipped StepState = "skipped"
	StepFailed  StepState = "failed"
)
