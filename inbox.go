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

// causeRow is what a cause means for people.
type causeRow struct {
	severity Severity
	title    string
}

var causes = map[Cause]causeRow{
	CauseReauth:     {SeverityCritical, "The remote refuses the credentials; nothing is read or written until the customer connects again"},
	CausePermission: {SeverityCritical, "The credentials lack a right"},
	CauseActivation: {SeverityCritical, "An activation stopped at a step"},
	CauseFailing:    {SeverityCritical, "Reads fail"},
	CauseUnknown:    {SeverityCritical, "Nobody knows whether these writes arrived"},
	CausePushParked: {SeverityWarning, "Writes wait for a person"},
	CauseCap:        {SeverityWarning, "The webshop's cap holds buy orders"},
	CauseStop:       {SeverityWarning, "Pushes are stopped"},
	CauseProposal:   {SeverityWarning, "Deletes beyond the budget wait for a decision"},
	CauseSuspect:    {SeverityWarning, "Reads ended without full evidence"},
	CauseReview:     {SeverityWarning, "Records could not be linked by themselves"},
	CauseParked:     {SeverityWarning, "Records could not be processed"},
	CauseOverdue:    {SeverityWarning, "Reads that should have come did not"},
	CausePaused:     {SeverityInfo, "Couplings are paused for more than a day"},
}

// Title says what a cause means, in one sentence.
func (c Cause) Title() string { return causes[c].title }

// Severity is how much a cause matters.
func (c Cause) Severity() Severity { return causes[c].severity }

// Causes are all of them, in their order.
func Causes() []Cause {
	return []Cause{
		CauseReauth, CausePermission, CauseActivation, CauseFailing, CauseUnknown, CausePushParked, CauseCap, CauseStop,
		CauseProposal, CauseSuspect, CauseReview, CauseParked, CauseOverdue, CausePaused,
	}
}
