package koppel

import "encoding/json"

// Comparison is what the remote has of one stream beside what is stored here,
// by counts and a sample. Making one changes nothing on either side.
type Comparison struct {
	Stream string `json:"stream"`
	// Told is how many records the remote has; -1 when that is not known, for Untold.
	Told   int64  `json:"told" doc:"Records the remote says there are; -1 when that is not known"`
	Untold string `json:"untold,omitempty" doc:"Why it is not known how many the remote has"`
	// Records are those that are stored and not gone, Dirty those of them that wait to be mapped.
	Records int64            `json:"records" doc:"Records stored here that are not gone"`
	Dirty   int64            `json:"dirty" doc:"Stored records that wait to be mapped"`
	Parked  int64            `json:"parked" doc:"Parked records that nobody resolved"`
	Objects []ComparedObject `json:"objects" nullable:"false"`
	// Looked are the records that were looked at, of them Ours drawn from what is stored and Theirs from what the remote lists.
	Looked int64 `json:"looked" doc:"Records that were read afresh"`
	Ours   int64 `json:"ours" doc:"Of them, drawn from what is stored"`
	Theirs int64 `json:"theirs" doc:"Of them, drawn from what the remote lists"`
	// Outcomes counts what came of them, by object of each record.
	Outcomes map[ComparedOutcome]int64 `json:"outcomes" doc:"What came of them: a record counts once for each object on it"`
	// Differing are those that are not the same.
	Differing []ComparedRecord `json:"differing" nullable:"false" doc:"What is not the same"`
	// Notes say in words what could not be compared.
	Notes []string `json:"notes,omitempty" doc:"What could not be compared, and why"`
}

// ComparedObject counts what a stream gives of one object.
type ComparedObject struct {
	Object  Object `json:"object"`
	Sources int64  `json:"sources" doc:"Remote ids that are bound to an object and not gone"`
	Objects int64  `json:"objects" doc:"Objects they are bound to"`
}

// ComparedOutcome is what a comparison found of one record and object.
type ComparedOutcome string

// The outcomes.
const (
	ComparedSame    ComparedOutcome = "same"
	ComparedDiffers ComparedOutcome = "differs"
	// ComparedMissingHere: the remote has it, nothing is stored of it.
	ComparedMissingHere ComparedOutcome = "missing_here"
	// ComparedMissingThere: it is stored, the remote has it no longer.
	ComparedMissingThere ComparedOutcome = "missing_there"
	// ComparedParked: it could not be processed, or cannot be.
	ComparedParked ComparedOutcome = "parked"
	// ComparedWaiting: it waits for something else, to be mapped or to be linked.
	ComparedWaiting ComparedOutcome = "waiting"
	// ComparedLeftOut: the mapping leaves it out.
	ComparedLeftOut ComparedOutcome = "left_out"
)

// ComparedRecord is one record and object that is not the same on both sides.
type ComparedRecord struct {
	Object   Object          `json:"object,omitempty"`
	RecordID string          `json:"record_id"`
	RemoteID string          `json:"remote_id,omitempty"`
	ObjectID string          `json:"object_id,omitempty" format:"uuid"`
	Outcome  ComparedOutcome `json:"outcome" enum:"same,differs,missing_here,missing_there,parked,waiting,left_out"`
	// Reason says in words why.
	Reason string          `json:"reason,omitempty"`
	Fields []ComparedField `json:"fields,omitempty"`
}

// ComparedField is a field that is another here than what the remote gives.
type ComparedField struct {
	Field string `json:"field"`
	// Remote is what the remote gives now, Read what it gave when it was read last, Ours what the object has.
	Remote json.RawMessage `json:"remote,omitempty" doc:"What the remote gives now; a long value is a text that is cut"`
	Read   json.RawMessage `json:"read,omitempty" doc:"What it gave when it was read last"`
	Ours   json.RawMessage `json:"ours,omitempty" doc:"What the object has"`
	// Changed: the remote gives something else than when it was read last.
	Changed bool `json:"changed,omitempty" doc:"The remote changed it after it was read last"`
	// Giver is who gives the object's value where that is not this coupling, by Rule.
	Giver string    `json:"giver,omitempty" doc:"Who gives the object's value, where that is another"`
	Rule  FieldRule `json:"rule,omitempty" doc:"By which rule"`
}

// Compared adds what was found of one record.
func (c *Comparison) Compared(list ...ComparedRecord) {
	for _, r := range list {
		c.Outcomes[r.Outcome]++
		if r.Outcome != ComparedSame {
			c.Differing = append(c.Differing, r)
		}
	}
}

// The sample of a comparison, in records of a stream.
const (
	SampleUsual = 20
	SampleMost  = 200
)
