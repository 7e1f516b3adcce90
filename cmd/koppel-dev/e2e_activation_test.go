package main

import (
	"testing"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/fakes/demoshop"
)

var activations = []scenario{
	{"activation brings everything", activationBringsEverything},
	{"activation again changes nothing", activationAgainChangesNothing},
}

func activationBringsEverything(t *testing.T, l *land) {
	s := newSite(t, l, demoshop.Config{Products: 230, Orders: 120, Suppliers: 4, VariableEvery: 10, IDGaps: 7, BigIDs: 3})
	s.activate(t)
	s.wantCounts(t)
	s.wantProducts(t)
	for _, step := range s.coupling.Steps {
		if step.State != koppel.StepDone && step.State != koppel.StepSkipped {
			t.Errorf("step %s is %s", step.Name, step.State)
		}
		if step.RunID == "" {
			continue
		}
		run := s.ended(t, step.RunID)
		if run.State != koppel.RunSucceeded || len(run.Evidence) == 0 || run.Trigger != koppel.TriggerActivation {
			t.Errorf("run of step %s ended %s, trigger %s", step.Name, describeRun(run), run.Trigger)
		}
		for _, e := range run.Evidence {
			if !e.Complete || e.EndRule == "" {
				t.Errorf("run of step %s has evidence %+v, want a complete scan and the end rule that was met", step.Name, e)
			}
		}
	}
	if s.coupling.Health.State != "ok" || len(s.coupling.Schedules) == 0 || s.coupling.ActivatedAt == nil {
		t.Errorf("health %+v, schedules %+v, activated at %v", s.coupling.Health, s.coupling.Schedules, s.coupling.ActivatedAt)
	}
}

func activationAgainChangesNothing(t *testing.T, l *land) {
	s := newSite(t, l, demoshop.Config{Products: 30, Orders: 10})
	s.activate(t)
	before := s.shop.Ledger().Requests
	if _, err := l.api.Activate(t.Context(), s.coupling.ID); err != nil {
		wantProblem(t, err, koppel.KindConflict)
	}
	s.awaitState(t, koppel.CouplingActive)
	if after := s.shop.Ledger().Requests; after != before {
		t.Errorf("a second activation sent %d requests", after-before)
	}
	s.wantCounts(t)
}
