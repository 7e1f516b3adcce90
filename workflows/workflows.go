package workflows

import (
	"github.com/koppel-io/koppel"
)

// Workflows holds what all workflows of an installation share. Its durations
// are the same on every worker and only feed timers and activity options.
type Workflows struct {
	durations koppel.Durations
}

// New returns the workflows for the given durations.
func New(durations koppel.Durations) *Workflows {
	return &Workflows{durations: durations}
}
