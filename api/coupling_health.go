package api

import (
	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// health is what a coupling's state and last runs say about it.
type health struct {
	State  string `json:"state" enum:"ok,degraded,failing"`
	Detail string `json:"detail" doc:"Why it is not ok; empty when it is"`
}

// healthOf derives health: failing where people must act before data flows
// again, degraded where some of it did not arrive. One that is
// switched off is neither.
func healthOf(c store.Coupling, runs []store.LastRun) health {
	out := health{State: "ok"}
	if c.State == koppel.CouplingDisabled || c.State == koppel.CouplingRemoved {
		return out
	}
	if c.State == koppel.CouplingNeedsReauth {
		return health{State: "failing", Detail: "new credentials are needed: " + text(c.PauseReason)}
	}
	for _, step := range c.Steps {
		if step.State == koppel.StepFailed {
			return health{State: "failing", Detail: "activation stopped at " + step.Name + ": " + step.Detail}
		}
	}
	for _, r := range runs {
		if !r.NewestEnded {
			continue
		}
		switch r.State {
		case koppel.RunFailed:
			detail := r.StreamGroup + " failed"
			if r.Error != nil {
				detail += ": " + r.Error.Detail
			}
			return health{State: "failing", Detail: detail}
		case koppel.RunSuspect:
			out = health{State: "degraded", Detail: r.StreamGroup + " ended without full evidence"}
		case koppel.RunSucceededWithParked:
			if out.State == "ok" {
				out = health{State: "degraded", Detail: r.StreamGroup + " left parked records"}
			}
		case koppel.RunSucceeded:
			for _, e := range r.Evidence {
				if e.Odd != "" && out.State == "ok" {
					out = health{State: "degraded", Detail: e.Stream + ": " + e.Odd}
				}
			}
		}
	}
	return out
}
