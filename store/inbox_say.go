package store

import (
	"time"

	"github.com/koppel-io/koppel"
)

// agedAfter is how long an item may wait before it is marked.
const agedAfter = 7 * 24 * time.Hour

// Aged reports whether the item waits for more than a week.
func (i *InboxItem) Aged(now time.Time) bool { return now.Sub(i.Oldest) > agedAfter }

// MustAct is who must act: as the failure says, else as the cause means.
func (i *InboxItem) MustAct() koppel.Owner {
	switch {
	case i.Owner != "":
		return i.Owner
	case i.Cause == koppel.CauseReauth:
		return koppel.OwnerCustomer
	case i.Kind != "" && (i.Cause == koppel.CauseParked || i.Cause == koppel.CauseFailing || i.Cause == koppel.CausePermission):
		return koppel.Advise(koppel.E(i.Kind, "", ""), "", "").Owner
	}
	return koppel.OwnerUs
}

// NextStep is the next step, with the command.
func (i *InboxItem) NextStep() string {
	coupling, webshop, subject := textOf(i.CouplingUUID), textOf(i.WebshopUUID), textOf(i.Subject)
	switch i.Cause {
	case koppel.CauseReauth:
		return "Send the customer a connect link: koppel coupling connect " + coupling
	case koppel.CauseActivation:
		return "Go on once it is mended: koppel coupling activate " + coupling
	case koppel.CauseUnknown:
		return "See whether they are there: koppel push list --state unknown --coupling " + coupling
	case koppel.CausePushParked:
		return "Say what became of them: koppel push list --state parked --coupling " + coupling
	case koppel.CauseCap:
		return "If they are meant: koppel webshop set " + webshop + " --buy-order-cap N"
	case koppel.CauseStop:
		return "When it is over: koppel push resume " + i.stopped()
	case koppel.CauseProposal:
		return "Look at the list, then approve or reject it: koppel proposal show " + subject
	case koppel.CauseSuspect:
		return "Look at the evidence, then accept or reject it: koppel run show " + subject
	case koppel.CauseReview:
		return "Say what they are: koppel review list --coupling " + coupling
	case koppel.CauseParked:
		return "Look at them, mend the cause, then retry: koppel parked list --coupling " + coupling + " --kind " + string(i.Kind)
	case koppel.CauseOverdue:
		return "Look at its runs: koppel run list --coupling " + coupling
	case koppel.CausePaused:
		if i.About == string(koppel.PausedByPolicy) {
			return "When it is over: koppel connector resume " + textOf(i.Connector)
		}
		return "When it is over: koppel coupling resume " + coupling
	}
	if i.Next != "" {
		return i.Next
	}
	return "Look at the run: koppel run show " + subject
}

// stopped names what a stop stops as a flag.
func (i *InboxItem) stopped() string {
	switch {
	case i.CouplingUUID != nil:
		return "--coupling " + *i.CouplingUUID
	case i.WebshopUUID != nil:
		return "--webshop " + *i.WebshopUUID
	case i.Connector != nil:
		return "--connector " + *i.Connector
	}
	return "--all"
}

func textOf(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
