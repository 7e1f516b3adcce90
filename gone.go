package koppel

// GoneReason says how it is known that a source is gone.
type GoneReason string

// The reasons for which a source is gone.
const (
	GoneMissing  GoneReason = "missing"  // complete scans did not list it
	GoneFeed     GoneReason = "feed"     // the remote's deleted feed names it
	GoneFlag     GoneReason = "flag"     // the record says that it is deleted
	GoneEvent    GoneReason = "event"    // a webhook, or a single read, said so
	GoneParent   GoneReason = "parent"   // the record it belongs to is gone
	GoneApproved GoneReason = "approved" // a person approved a proposal
	GoneLeftOut  GoneReason = "left_out" // the mapping leaves the record out
	GoneRenamed  GoneReason = "renamed"  // its record names another object now
)

// StateReason says why an object is disabled, ignored or deleted.
type StateReason string

// The reasons for which an object does not count. A person's stands when the others pass.
const (
	StateRemote StateReason = "remote" // a remote that has it says so
	StateGone   StateReason = "gone"   // the sources that carry it are gone
	StatePerson StateReason = "person" // a person said so
)
