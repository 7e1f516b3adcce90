package koppel

// The steps of disabling a coupling and of removing it.
const (
	CloseRuns        = "runs"
	CloseSchedules   = "schedules"
	ClosePushes      = "pushes"
	CloseSources     = "sources"
	CloseCredentials = "credentials"
)

// ClosingSteps are the steps of disabling a coupling, or of removing it, as
// they begin. A removal ends with the last one.
func ClosingSteps(removal bool) []Step {
	names := []string{CloseRuns, CloseSchedules, ClosePushes}
	if removal {
		names = append(names, CloseSources, CloseCredentials)
	}
	steps := make([]Step, len(names))
	for i, name := range names {
		steps[i] = Step{Name: name, State: StepPending}
	}
	return steps
}
