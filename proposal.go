package koppel

// ProposalState is where a proposal of deletes stands.
type ProposalState string

// The states: open → approved → applied → undoing → undone, or open → rejected, or open → superseded.
const (
	ProposalOpen       ProposalState = "open"
	ProposalApproved   ProposalState = "approved"   // a run is applying it
	ProposalApplied    ProposalState = "applied"    // its records are gone
	ProposalRejected   ProposalState = "rejected"   // its records stay
	ProposalSuperseded ProposalState = "superseded" // nothing is left of it
	ProposalUndoing    ProposalState = "undoing"    // a run is bringing its records back
	ProposalUndone     ProposalState = "undone"     // its records are back
)
