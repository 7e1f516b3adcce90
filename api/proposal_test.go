package api

import (
	"testing"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// proposal makes a proposal to delete the product that a run read.
func (s *site) proposal(t *testing.T, r store.Run, id string) string {
	t.Helper()
	lease, _, err := s.env.Engine.TakeLease(t.Context(), r.WebshopID, r.ID, string(koppel.Products), "test")
	if err != nil {
		t.Fatal(err)
	}
	gone := store.Suspect{Stream: lease.Stream, Gone: store.Gone{ID: id, Ticket: 1 << 40, Reason: koppel.GoneFeed}}
	if _, err := s.env.Engine.WriteBatch(t.Context(), &store.Batch{Lease: lease, Suspects: []store.Suspect{gone}, Total: -1}); err != nil {
		t.Fatal(err)
	}
	d, err := s.env.Engine.DecideDeletes(t.Context(), r.WebshopID, lease.Coupling, r.ID, 10)
	if err != nil || d.Proposal == "" {
		t.Fatalf("decided as %+v, %v", d, err)
	}
	return d.Proposal
}

func TestProposalsAreDecidedOnOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.read(t, s.coupling, koppel.Products, productRecord(t, "1"))
	run := s.run(t, s.coupling, koppel.Products)
	id := s.proposal(t, run, "1")
	path := v1 + "/proposals/" + id
	list := want[pageBody[proposal]](t, s.ask(t, s.mine, "GET", v1+"/proposals?state=open", nil), 200)
	if len(list.Data) != 1 || list.Data[0].ID != id || list.Data[0].Waiting != 1 || list.Data[0].Reason == "" || list.Data[0].Run != run.UUID {
		t.Errorf("list = %+v", list)
	}
	records := want[pageBody[proposalItem]](t, s.ask(t, s.mine, "GET", path+"/records", nil), 200)
	if len(records.Data) != 1 || records.Data[0].RemoteID != "1" || records.Data[0].Name == "" || records.Data[0].Reason != koppel.GoneFeed {
		t.Errorf("records = %+v", records)
	}
	if got := s.status(t, s.mine, "POST", path+"/undo", nil); got != 409 {
		t.Errorf("undo of an open proposal answers %d, want 409", got)
	}
	s.engine.take()
	approved := want[proposal](t, s.ask(t, s.mine, "POST", path+"/approve", nil), 202)
	if approved.State != koppel.ProposalApproved || approved.DecidedBy == "" || approved.DecidedAt == nil {
		t.Errorf("approved = %+v", approved)
	}
	if started := s.engine.take(); len(started) != 1 {
		t.Errorf("the approval started %v, want one run", started)
	}
	r := want[map[string]any](t, s.ask(t, s.mine, "GET", v1+"/runs/"+approved.Started, nil), 200)
	if r["mode"] != string(koppel.ModeProposal) {
		t.Errorf("the run that carries it out is %v", r)
	}
	if got := s.status(t, s.mine, "POST", path+"/reject", nil); got != 409 {
		t.Errorf("reject of an approved proposal answers %d, want 409", got)
	}
}

func TestSuspectRunsAreDecidedOn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, verb := range []string{"accept", "reject"} {
		run := s.run(t, s.coupling, koppel.Products)
		s.write(t, run, "products")
		if got := s.status(t, s.mine, "POST", v1+"/runs/"+run.UUID+"/"+verb, nil); got != 409 {
			t.Errorf("%s of a running run answers %d, want 409", verb, got)
		}
		s.finish(t, run, store.Finish{State: koppel.RunSuspect})
		decided := want[map[string]any](t, s.ask(t, s.mine, "POST", v1+"/runs/"+run.UUID+"/"+verb, nil), 200)
		state := map[string]koppel.RunState{"accept": koppel.RunSucceeded, "reject": koppel.RunSuspect}[verb]
		if decided["state"] != string(state) {
			t.Errorf("%s leaves the run %v, want %s", verb, decided["state"], state)
		}
		if got := s.status(t, s.mine, "POST", v1+"/runs/"+run.UUID+"/"+verb, nil); got != 409 {
			t.Errorf("%s twice answers %d, want 409", verb, got)
		}
	}
}
