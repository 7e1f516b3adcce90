package koppel

import "time"

// Direction of a run.
type Direction string

// The directions.
const (
	Pull Direction = "pull"
	Push Direction = "push"
)

// Mode is what a run reads.
type Mode string

// The modes.
const (
	ModeFull   Mode = "full"   // everything
	ModeSince  Mode = "since"  // from the cursor
	ModeWindow Mode = "window" // from/to; the cursor stays
	// ModeHistory reads what was made before what is covered already, back to the setting history_from; the cursor stays.
	ModeHistory Mode = "history"
	ModeSingle  Mode = "single" // exactly the given keys
	ModeReplay  Mode = "replay" // map again from stored records, no remote call
	ModeMerge   Mode = "merge"  // merge objects again from their stored sources, no remote call
	ModePush    Mode = "push"   // write one object to the remote
	// ModeProposal carries out what a person decided on a proposal of deletes.
	ModeProposal Mode = "proposal"
	// ModeCompare compares the remote with what is stored and changes nothing.
	ModeCompare Mode = "compare"
)

// Scans reports whether runs of the mode read a stream page by page, of which
// there is one at a time per coupling and stream group.
func (m Mode) Scans() bool {
	return m == ModeFull || m == ModeSince || m == ModeWindow || m == ModeHistory
}

// Trigger is what started a run.
type Trigger string

// The triggers.
const (
	TriggerActivation Trigger = "activation"
	TriggerSchedule   Trigger = "schedule"
	TriggerManual     Trigger = "manual"
	TriggerWebhook    Trigger = "webhook"
	TriggerDependency Trigger = "dependency"
)

// RunState is the state of a run.
type RunState string

// The states: queued → running ⇄ waiting → one of the ends.
const (
	RunQueued              RunState = "queued"
	RunRunning             RunState = "running"
	RunWaiting             RunState = "waiting"
	RunSucceeded           RunState = "succeeded"
	RunSucceededWithParked RunState = "succeeded_with_parked"
	RunSuspect             RunState = "suspect"
	RunFailed              RunState = "failed"
	RunCancelled           RunState = "cancelled"
)

// Ended reports whether nothing more happens to a run in the state.
func (s RunState) Ended() bool {
	return s != RunQueued && s != RunRunning && s != RunWaiting
}

// Window is the effective span of a window run; zero times are open ends.
type Window struct {
	From time.Time `json:"from,omitzero"`
	To   time.Time `json:"to,omitzero"`
	// By is what the ends are compared with; change when it is empty.
	By WindowBy `json:"by,omitempty"`
}

// WindowBy is what the ends of a window are compared with.
type WindowBy string

// What a window is by.
const (
	ByChange   WindowBy = "change"
	ByCreation WindowBy = "creation"
)

// Counts are the counters of a run or of one stream in it.
type Counts struct {
	Pages     int64 `json:"pages" doc:"Pages read"`
	Records   int64 `json:"records" doc:"Records read"`
	Changed   int64 `json:"changed" doc:"Records that were new or differed"`
	Unchanged int64 `json:"unchanged" doc:"Records equal to the stored ones"`
	Parked    int64 `json:"parked" doc:"Records that could not be processed and were kept"`
	Gone      int64 `json:"gone" doc:"Sources found gone"`
	Objects   int64 `json:"objects" doc:"Objects created or changed"`
	Bytes     int64 `json:"bytes" doc:"Bytes of records read"`
}

// Add adds other to c.
func (c *Counts) Add(other Counts) {
	c.Pages += other.Pages
	c.Records += other.Records
	c.Changed += other.Changed
	c.Unchanged += other.Unchanged
	c.Parked += other.Parked
	c.Gone += other.Gone
	c.Objects += other.Objects
	c.Bytes += other.Bytes
}

// Evidence is what a finished stream can show for its success.
type Evidence struct {
	Stream string `json:"stream"`
	// EndRule is the manifest's end rule that was met; empty when none was.
	EndRule string `json:"end_rule"`
	// Complete: the whole collection was read in one scan.
	Complete bool `json:"complete"`
	// Total is what the remote said there is; -1 when it did not tell.
	Total int64 `json:"total"`
	// Read is how many records the scan read.
	Read int64 `json:"read"`
	// Ignored counts answers that a response rule ignored, by rule.
	Ignored map[string]int64 `json:"ignored,omitempty"`
	// Unseen are stored records that a complete scan did not list, Unlisted those of them that a single read found all
	// the same, Waiting those that are not proven to be gone yet, Kept those that a person decided to keep.
	Unseen   int64 `json:"unseen,omitempty"`
	Unlisted int64 `json:"unlisted,omitempty"`
	Waiting  int64 `json:"waiting,omitempty"`
	Kept     int64 `json:"kept,omitempty"`
	// Swept are changed records of which no webhook had told, where there is one that should have.
	Swept int64 `json:"swept,omitempty"`
	// Missing is what evidence lacks, in words; empty when the run earned its green.
	Missing string `json:"missing,omitempty"`
	// Odd is what a person should look at though nothing is missing, in words.
	Odd string `json:"odd,omitempty"`
}
