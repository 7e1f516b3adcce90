package store

import (
	"encoding/json"

	"github.com/koppel-io/koppel"
)

// Batch is whole pages of one stream: what is written in one transaction, together with the position after them.
type Batch struct {
	// Lease says for whom is written. Epoch 0 is a writer without the lease (single, replay, webhook): it is held to
	// tickets only. Scan 0 leaves no position and no counters.
	Lease Lease
	// Records are the new and changed records, in the order in which they were read.
	Records []Record
	// Seen is every remote id read in this batch, changed or not.
	Seen []string
	// Unchanged, Pages and Bytes count what was read; Total is what the remote says there is, -1 when it did not tell.
	Unchanged, Pages, Bytes, Total int64
	// Resume is where the next slice goes on; nil leaves the stored one.
	Resume json.RawMessage
	// Cursor is the highest key read so far of a stream that is read by keyset; "" leaves the stored one.
	Cursor string
	// End is set on the batch that ends the scan.
	End *End
	// Children are the streams whose records name a record of this stream as their parent: a changed record makes
	// its stored children dirty.
	Children []int64
	// Gone are records of the stream that the remote has no longer: their sources go with them. One that was read under
	// a newer ticket stays.
	Gone []Gone
	// Suspects are records, of this or of other streams of the coupling, of which the remote says that they are gone:
	// they wait for the delete stage and its budget.
	Suspects []Suspect
	// SeenTicket is the oldest ticket of the pages that Seen comes from: what was said to be gone after it stays so.
	SeenTicket int64
	// Back are ids of records that are gone and come back as they were stored, with their sources.
	Back []string
	// Parent is the stream of the records' parents when something there is mapped together with its children: a
	// changed record makes its parent dirty, and the one that it had before. It is the stream itself where records are
	// mapped by groups. 0 when nothing is.
	Parent int64
	// Mark are stored records to be mapped (again) later, counted as read and changed.
	Mark []string
	// Mapping: the records are stored ones that are mapped again. Their bodies are not written; a record that was
	// changed meanwhile is left alone.
	Mapping bool
	// Groups, with Mapping: the records are groups of the stream's records, by what those have as their parent.
	Groups bool
	// After is the batch before this one when that may still be being written: this one is prepared beside it and
	// commits only after it. It must be given to WriteBatch before this one is.
	After *Batch

	// Superseded are records whose correction by a person ended, because the remote shows another body.
	Superseded []string

	// Told is the stream's name where webhooks tell of its changes: a changed record that none named is counted as
	// found by the scan alone.
	Told string

	turn turn
	// only is the one object that is written of the records, where they are not mapped whole.
	only koppel.Object
}

// End is the proof that a scan reached its end.
type End struct {
	// Rule is the manifest's end rule that was met.
	Rule string
	// Complete: the scan read the whole collection.
	Complete bool
	// Whole: all of it was asked for. Counted: its total did not move, and no row can have moved past the reader.
	Whole, Counted bool
	// Ignored counts answers that a response rule ignored, by rule.
	Ignored map[string]int64
}

// Record is one record of a batch with what was mapped from it.
type Record struct {
	// ID is the remote id, ParentID that of the record it belongs to in the parent stream, if any.
	ID, ParentID string
	// Hash is of the body and the mapping; zero (a record that could not even be read) keeps it out of the stored
	// records, so that it is looked at again.
	Hash [16]byte
	// Ticket was taken before the request that read the record; an older one never overwrites a newer one.
	Ticket int64
	// Raw is the body as it came. It is read until WriteBatch returns.
	Raw []byte
	// New is a hint that no such record is stored (KnownHashes gave zero); a wrong one costs time, nothing else.
	New bool
	// Dirty: it is mapped later, from stored records.
	Dirty bool
	// Marked is the mark under which a dirty record was taken. A record whose mark has moved meanwhile is left alone:
	// what it was mapped from is not what is stored. Else the mark goes.
	Marked int64
	// Lists are the objects of which Mapped has all that the record gives: a source that it gave before and that is not
	// among them is gone. Of other objects it has one.
	Lists []koppel.Object
	// Names are records of other streams that are to be read singly if this one is new, by Group, Stream, ID and Gather.
	Names []Named
	// Ignored are the reasons for which something of it was left out that the scan counts.
	Ignored []string
	// Mapped is what the mapping gave; Parked is what failed. A source that the record gave under
	// another key before is gone when Mapped gives its object under a new one, or leaves it out.
	Mapped []Mapped
	Parked []Parked
}

// Mapped is what a record gives for one object.
type Mapped struct {
	Object koppel.Object
	// RemoteID is the key of the source.
	RemoteID string
	Values   koppel.Values
	Notes    []koppel.Note
	// Skip: the mapping leaves the record out; a source it had is gone.
	Skip bool
}

// Parked is why a record, or one object of it, could not be processed.
type Parked struct {
	// Object is "" when the whole record failed.
	Object                   koppel.Object
	Field, Expression, Input string
	Kind                     koppel.Kind
	Reason                   string
}
