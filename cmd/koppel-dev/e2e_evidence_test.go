package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
	"github.com/koppel-io/koppel/fakes/demoshop"
)

var evidences = []scenario{
	{"a single run says which keys the remote does not know", aSingleRunNamesWhatIsMissing},
	{"an incremental read that reads like a full one is told", anIncrementalLikeAFull},
	{"the timeline tells slices, back-offs and attempts", theTimelineTells},
}

func aSingleRunNamesWhatIsMissing(t *testing.T, l *land) {
	s := newSite(t, l, demoshop.Config{Products: 20, Orders: 5})
	s.activate(t)
	known := fmt.Sprint(s.truths(t)[3].ID)
	some := s.ended(t, s.start(t, client.Sync{Object: koppel.Products, Mode: koppel.ModeSingle, RemoteIDs: []string{known, "424242"}, SKUs: []string{"no-such-sku"}}))
	if some.State != koppel.RunSuspect || some.Counts.Records != 1 {
		t.Errorf("a run that found one of three keys ended %s, want suspect", describeRun(some))
	}
	missing := ""
	for _, e := range some.Evidence {
		missing += e.Missing
	}
	if !strings.Contains(missing, "424242") || !strings.Contains(missing, "no-such-sku") || strings.Contains(missing, known) {
		t.Errorf("what is missing reads %q, want both keys and not %s", missing, known)
	}
	none := s.ended(t, s.start(t, client.Sync{Object: koppel.Products, Mode: koppel.ModeSingle, RemoteIDs: []string{"424242"}}))
	if none.State != koppel.RunFailed || none.Error == nil || none.Error.Kind != koppel.KindNotFound || !strings.Contains(none.Error.Detail, "424242") {
		t.Errorf("a run that found nothing ended %s, want failed, not_found", describeRun(none))
	}
	// A supplier's id may be that of a product too: each is looked for among its own.
	suppliers := s.objects(t, koppel.Suppliers)
	for id := range suppliers {
		run := s.sync(t, client.Sync{Object: koppel.Suppliers, Mode: koppel.ModeSingle, RemoteIDs: []string{id}})
		if run.Counts.Records != 1 {
			t.Errorf("a single run of supplier %s counts %+v", id, run.Counts)
		}
		break
	}
}

// anIncrementalLikeAFull reads a shop whose cache plugin drops the time from the address.
func anIncrementalLikeAFull(t *testing.T, l *land) {
	s := newSite(t, l, demoshop.Config{Products: 240, Orders: 3})
	s.activate(t)
	since := func() (client.Run, client.Coupling) {
		run := s.sync(t, client.Sync{Object: koppel.Products, Mode: koppel.ModeSince})
		coupling, err := l.api.Coupling(t.Context(), s.coupling.ID)
		if err != nil {
			t.Fatal(err)
		}
		return run, coupling
	}
	s.misbehave(t, demoshop.Fault{Kind: demoshop.Unfiltered, Path: "/products", Share: 1})
	for range 2 { // everything may have changed once, and once more
		if run, coupling := since(); run.Counts.Records != 240 || run.Evidence[0].Odd != "" || coupling.Health.State != "ok" {
			t.Fatalf("%s counts %d, evidence %+v, health %+v", run.ID, run.Counts.Records, run.Evidence, coupling.Health)
		}
	}
	run, coupling := since()
	if odd := run.Evidence[0].Odd; !strings.Contains(odd, "3 incremental reads in a row") || !strings.Contains(odd, "240") {
		t.Errorf("the third ends with evidence %+v", run.Evidence)
	}
	if coupling.Health.State != "degraded" || !strings.Contains(coupling.Health.Detail, "ignore the time") {
		t.Errorf("health = %+v", coupling.Health)
	}
	s.misbehave(t)
	if run, coupling := since(); run.Evidence[0].Odd != "" || coupling.Health.State != "ok" {
		t.Errorf("once the shop heeds the time again: evidence %+v, health %+v", run.Evidence, coupling.Health)
	}
}

func theTimelineTells(t *testing.T, l *land) {
	s := newSite(t, l, demoshop.Config{Products: 250, Orders: 5, VariableEvery: 10})
	s.activate(t)
	s.shop.Mutate(5)
	s.misbehave(t, demoshop.Fault{Kind: demoshop.ErrorBefore, Status: 500, Path: "/products", Skip: 1, Times: 4})
	run := s.sync(t, client.Sync{Object: koppel.Products, Mode: koppel.ModeFull})
	told := strings.Join(s.events(t, run.ID), "\n")
	for _, want := range []string{
		"slice {", `"stream":"products"`, `"pages":`, `"records":`, `"changed":`, `"unchanged":`, `"ms":`, `"done":true`,
		`"failure":"remote_unavailable"`, `waiting {"until":`, `"stream":"variations"`,
	} {
		if !strings.Contains(strings.ReplaceAll(told, `": `, `":`), want) {
			t.Errorf("the timeline does not tell %s:\n%s", want, told)
		}
	}
	s.misbehave(t, demoshop.Fault{Kind: demoshop.ErrorAfter, Method: "POST", Path: "/purchase-orders", Times: 1, Share: 1})
	placed := s.place(t)
	s.wantOnce(t, placed)
	pushed := strings.ReplaceAll(strings.Join(s.events(t, placed.Push.Run), "\n"), `": `, `":`)
	for _, want := range []string{"attempt {", `"state":"unknown"`, `"looked_up":true`, `"state":"sent"`, `"remote_id":`} {
		if !strings.Contains(pushed, want) {
			t.Errorf("the timeline of the push does not tell %s:\n%s", want, pushed)
		}
	}
}
