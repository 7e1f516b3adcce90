package koppel

// Cause is why something needs a person now.
type Cause string

// The causes, in the order in which a person should look at them.
const (
	CauseReauth     Cause = "needs_reauth" // the remote refuses the credentials
	CausePermission Cause = "permission"   // the credentials lack a right
	CauseActivation Cause = "activation"   // an activation stopped at a step
	CauseFailing    Cause = "failing"      // the newest scan of a stream group failed
	CauseUnknown    Cause = "push_unknown" // nobody knows whether a write arrived
	CausePushParked Cause = "push_parked"  // a write waits for a person
	CauseCap        Cause = "cap"          // the webshop's cap holds orders
	CauseStop       Cause = "stop"         // pushes are stopped
	CauseProposal   Cause = "proposal"     // deletes beyond the budget wait for a decision
	CauseSuspect    Cause = "suspect"      // the newest scan of a stream group ended without full evidence
	CauseReview     Cause = "review"       // records could not be linked by themselves
	CauseParked     Cause = "parked"       // records could not be processed
	CauseOverdue    Cause = "overdue"      // a scheduled read did not come, or a run stands still
	CausePaused     Cause = "paused"       // a coupling is paused for more than a day
)

// Causes are all of them, in their order.
func Causes() []Cause {
	return []Cause{
		CauseReauth, CausePermission, CauseActivation, CauseFailing, CauseUnknown, CausePushParked, CauseCap, CauseStop,
		CauseProposal, CauseSuspect, CauseReview, CauseParked, CauseOverdue, CausePaused,
	}
}
