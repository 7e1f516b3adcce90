package workflows

import (
	"go.temporal.io/sdk/temporal"

	"github.com/koppel-io/koppel/activities"
)

// The names of the workflow types, fixed for ever: running workflows carry them.
const (
	PullName     = "pull"
	PushName     = "push"
	ActivateName = "activate"
	CloseName    = "close"
	TickName     = "tick"
	SweepName    = "sweep"
)

// The search attributes. A search in the Temporal UI uses these names.
var (
	WebshopAttribute   = temporal.NewSearchAttributeKeyKeyword("Webshop")
	CouplingAttribute  = temporal.NewSearchAttributeKeyKeyword("Coupling")
	ConnectorAttribute = temporal.NewSearchAttributeKeyKeyword("Connector")
	ObjectsAttribute   = temporal.NewSearchAttributeKeyKeywordList("Objects")
	TriggerAttribute   = temporal.NewSearchAttributeKeyKeyword("Trigger")
)

// ResumeSignal wakes the workflow of a run that is held while its coupling is
// not active. It carries nothing: the next slice looks for itself.
const ResumeSignal = "resume"

// SweepID is the workflow id, and the schedule id, of the sweep.
const SweepID = "sweep"

// Attributes are the search attributes of a run's workflow.
func Attributes(s activities.Start) temporal.SearchAttributes {
	return temporal.NewSearchAttributes(
		WebshopAttribute.ValueSet(s.WebshopID),
		CouplingAttribute.ValueSet(s.CouplingID),
		ConnectorAttribute.ValueSet(s.Connector),
		ObjectsAttribute.ValueSet([]string{s.Group}),
		TriggerAttribute.ValueSet(string(s.Trigger)),
	)
}

// Priority orders a run's tasks among those of its queue: by urgency, and among
// equals so that each webshop gets its turn, however much another asks for.
func Priority(s activities.Start) temporal.Priority {
	return temporal.Priority{PriorityKey: activities.Urgency(s.Mode, s.Trigger), FairnessKey: s.WebshopID}
}

// Summary is what the Temporal UI shows beside a run's workflow.
func Summary(s activities.Start) string {
	return string(s.Mode) + " " + s.Group + " of " + s.Connector + " (" + string(s.Trigger) + ")"
}
