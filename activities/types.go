package activities

import (
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/clock"
)

// RunRef points at a run row, which holds everything else a run needs.
type RunRef struct {
	// Webshop and Run are the inner ids.
	Webshop int64 `json:"webshop"`
	Run     int64 `json:"run"`
	// ID is the run's outer id, for people who read a history.
	ID string `json:"id"`
}

// OpenInput opens a run in the workflow of the given id.
type OpenInput struct {
	RunRef
	WorkflowID string `json:"workflow_id"`
}

// Plan is what a pull run has to read, in order.
type Plan struct {
	// Streams are read one after another; a child stream comes after its parent.
	Streams []string `json:"streams,omitempty"`
	// Map says that stored records must be looked at after the reading: mapped,
	// because an object needs more than one of them, or because some are gone.
	Map bool `json:"map,omitempty"`
	// Ended: the run is over already (cancelled while it was queued).
	Ended bool `json:"ended,omitempty"`
}

// SliceInput asks for the next slice of one stream of a run.
type SliceInput struct {
	RunRef
	Stream string `json:"stream,omitempty"`
}

// SliceResult says how far a slice came. At most one of Done, Hold, Wait and
// Failure is set; none means that there is more to do.
type SliceResult struct {
	Done bool `json:"done,omitempty"`
	// Hold: the coupling is not active, for this reason; the run goes on when it is again.
	Hold    string        `json:"hold,omitempty"`
	Wait    *Wait         `json:"wait,omitempty"`
	Failure *Failure      `json:"failure,omitempty"`
	Counts  koppel.Counts `json:"counts"`
	// Progress: at least one batch was committed, so back-off starts anew.
	Progress bool `json:"progress,omitempty"`
}

// Wait is a pause that a budget, a Retry-After or a maintenance window asks for.
type Wait struct {
	Reason string        `json:"reason"`
	For    time.Duration `json:"for"`
}

// Failure is an error as it travels through Temporal: kind and advice, no secrets.
type Failure struct {
	Kind     koppel.Kind `json:"kind"`
	Detail   string      `json:"detail"`
	Exchange int64       `json:"exchange,omitempty"`
	// Wait is how long the remote asked to wait.
	Wait time.Duration `json:"wait,omitempty"`
	// Next is the next step where it is not the kind's.
	Next string `json:"next,omitempty"`
}

// Error makes f an error again.
func (f *Failure) Error() string { return string(f.Kind) + ": " + f.Detail }

// Finish closes a run.
type Finish struct {
	RunRef
	Failure   *Failure `json:"failure,omitempty"`
	Cancelled bool     `json:"cancelled,omitempty"`
}

// Finished is what a closed run leaves.
type Finished struct {
	State koppel.RunState `json:"state"`
	// Next is the run that queued behind this one, if any.
	Next *Start `json:"next,omitempty"`
}

// Pause notes that a run waits, and why. Without For nobody knows until when.
type Pause struct {
	RunRef
	Wait
}

// CouplingRef points at a coupling.
type CouplingRef struct {
	Webshop  int64  `json:"webshop"`
	Coupling int64  `json:"coupling"`
	ID       string `json:"id"`
}

// Activation is what an activation has to do.
type Activation struct {
	// Connector names the connector, for search attributes.
	Connector string `json:"connector"`
	// Steps in order; those done in an earlier activation are not in it.
	Steps []ActivationStep `json:"steps"`
}

// The steps of an activation that are not an object.
const (
	StepCredentials = "credentials"
	StepWebhooks    = "webhooks"
	StepSchedules   = "schedules"
)

// ActivationStep is one step of an activation: a stream group to read, or one
// of the named steps without a group.
type ActivationStep struct {
	Name  string `json:"name"`
	Group string `json:"group,omitempty"`
}

// StepInput is a step of a coupling's activation, with its outcome once there is one.
type StepInput struct {
	CouplingRef
	Step    string           `json:"step"`
	Group   string           `json:"group,omitempty"`
	State   koppel.StepState `json:"state,omitempty"`
	RunID   string           `json:"run_id,omitempty"`
	Failure *Failure         `json:"failure,omitempty"`
}

// ClosingStep is a step of a coupling's disabling or removal.
type ClosingStep struct {
	CouplingRef
	Step string `json:"step"`
}

// Closed says what became of a step.
type Closed struct {
	// BroughtBack: the coupling was activated meanwhile, which ends the disabling.
	BroughtBack bool `json:"brought_back,omitempty"`
}

// Tick is one firing of a schedule: which of a coupling's lines are due.
type Tick struct {
	CouplingRef
	Cron string `json:"cron"`
	Zone string `json:"zone"`
	// At is when it fired; the workflow says so.
	At time.Time `json:"at,omitzero"`
}

// Ticked counts what became of the runs of a firing.
type Ticked struct {
	// Done were over at once; Started got a workflow; Skipped met one of their group that was still open.
	Done    int `json:"done"`
	Started int `json:"started"`
	Skipped int `json:"skipped"`
}

// Start is a run that is to be started.
type Start struct {
	RunRef
	WorkflowID string `json:"workflow_id"`
	// Queue is the task queue of the run's cost class.
	Queue string `json:"queue"`
	// Webshop, coupling and connector as people know them, for search attributes.
	WebshopID  string         `json:"webshop_id"`
	CouplingID string         `json:"coupling_id"`
	Connector  string         `json:"connector"`
	Group      string         `json:"group"`
	Mode       koppel.Mode    `json:"mode"`
	Trigger    koppel.Trigger `json:"trigger"`
	// Outbox is the inner id of what a push run sends; zero for pulls.
	Outbox int64 `json:"outbox,omitempty"`
}

// PushInput asks for one attempt to send an outbox row.
type PushInput struct {
	OpenInput
	Outbox int64 `json:"outbox"`
}

// PushResult says what became of the attempt. Done covers sent and parked;
// otherwise Hold, Failure or Wait says why it is not done yet.
type PushResult struct {
	Done  bool   `json:"done,omitempty"`
	State string `json:"state"`
	// Hold: the coupling holds its writes, for this reason; nothing was tried.
	Hold    string   `json:"hold,omitempty"`
	Wait    *Wait    `json:"wait,omitempty"`
	Failure *Failure `json:"failure,omitempty"`
	// Progress: something was written since the last failure, so back-off starts anew. Nothing else set means that there
	// is more to do.
	Progress bool `json:"progress,omitempty"`
}

// Swept counts what a sweep did.
type Swept struct {
	Started     int `json:"started"`
	Resumed     int `json:"resumed"`
	Closed      int `json:"closed"`
	Activations int `json:"activations"`
	Closings    int `json:"closings"`
	Pushes      int `json:"pushes"`
	CaughtUp    int `json:"caught_up"`
	KeptAlive   int `json:"kept_alive"`
	Partitions  int `json:"partitions"`
	Schedules   int `json:"schedules"`
	Webhooks    int `json:"webhooks"`
	Told        int `json:"told"`
	// Days and Rows are what was older than its retention.
	Days int64 `json:"days"`
	Rows int64 `json:"rows"`
}

// ScheduleWish is one schedule as Postgres wants it: temporal makes Temporal
// Schedules equal to the list of them.
type ScheduleWish struct {
	Tick
	// Shift moves the line's firings, and Calendars are those moved times.
	Shift     time.Duration
	Calendars []clock.Calendar
	// Connector names the connector, for people who look at the schedule.
	Connector string `json:"connector"`
}

// WorkflowState is what Temporal says of a workflow id.
type WorkflowState struct {
	// Open: it is running now.
	Open bool
	// Closed says how it ended, in one word ("terminated", "failed", …); empty
	// when Temporal does not know the id.
	Closed string
	// Reason is what the person or the error that ended it said.
	Reason string
}

// byHand reports whether a person ended the workflow.
func (s WorkflowState) byHand() bool { return s.Closed == "terminated" || s.Closed == "canceled" }
