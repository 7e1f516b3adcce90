package main

import (
	"strings"
	"testing"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
	"github.com/koppel-io/koppel/fakes/demoshop"
)

var waits = []scenario{
	{"429 with Retry-After waits as long as it says", aRateLimitWaits},
	{"a workflow terminated by hand closes its run with the cause", aTerminatedWorkflow},
	{"a run is cancelled", aRunIsCancelled},
}

func aRateLimitWaits(t *testing.T, l *land) {
	s := newSite(t, l, demoshop.Config{Products: 250, Orders: 5})
	s.activate(t)
	s.misbehave(t, demoshop.Fault{Kind: demoshop.RateLimit, Path: "/products", Skip: 1, Times: 1, RetryAfter: 3, Share: 1})
	run := s.sync(t, client.Sync{Object: koppel.Products, Mode: koppel.ModeFull})
	if took := run.FinishedAt.Sub(*run.StartedAt); took.Seconds() < 3 {
		t.Errorf("the run took %v and was told to wait for 3 s", took)
	}
	waited := false
	for _, event := range s.events(t, run.ID) {
		waited = waited || strings.Contains(event, "wait")
	}
	if !waited {
		t.Errorf("the timeline shows no wait: %q", s.events(t, run.ID))
	}
	if got := s.shop.Ledger().Faults[string(demoshop.RateLimit)]; got != 1 {
		t.Errorf("the shop said 429 %d times, want once", got)
	}
}

// hangs starts a read that the shop keeps waiting.
func (s *site) hangs(t *testing.T) client.Run {
	t.Helper()
	s.misbehave(t, demoshop.Fault{Kind: demoshop.HangBefore, Path: "/suppliers", Share: 1, DelayMS: 3_600_000})
	id := s.start(t, client.Sync{Object: koppel.Suppliers, Mode: koppel.ModeFull})
	return s.awaitRun(t, id, "the run to begin", func(r client.Run) bool { return r.State == koppel.RunRunning && r.WorkflowID != "" })
}

func aTerminatedWorkflow(t *testing.T, l *land) {
	s := newSite(t, l, demoshop.Config{Products: 20, Orders: 5})
	s.activate(t)
	run := s.hangs(t)
	const words = "Ada pressed Terminate"
	if err := l.temporal.TerminateWorkflow(t.Context(), run.WorkflowID, "", words); err != nil {
		t.Fatal(err)
	}
	ended := s.ended(t, run.ID)
	if ended.State != koppel.RunFailed || ended.Error == nil || !strings.Contains(ended.Error.Detail, words) {
		t.Fatalf("the run ended %s, want failed with %q", describeRun(ended), words)
	}
	if want := "koppel sync " + s.coupling.ID + " suppliers --mode full"; !strings.Contains(ended.Error.Next, want) {
		t.Errorf("the next step reads %q, want the command %q", ended.Error.Next, want)
	}
	s.misbehave(t)
	s.sync(t, client.Sync{Object: koppel.Suppliers, Mode: koppel.ModeFull})
	s.wantCounts(t)
}

func aRunIsCancelled(t *testing.T, l *land) {
	s := newSite(t, l, demoshop.Config{Products: 20, Orders: 5})
	s.activate(t)
	run := s.hangs(t)
	if _, err := l.api.Cancel(t.Context(), run.ID); err != nil {
		t.Fatal(err)
	}
	if ended := s.ended(t, run.ID); ended.State != koppel.RunCancelled {
		t.Errorf("the run ended %s, want cancelled", describeRun(ended))
	}
	s.misbehave(t)
	s.sync(t, client.Sync{Object: koppel.Suppliers, Mode: koppel.ModeFull})
}
