package main

import (
	"strings"
	"testing"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
	"github.com/koppel-io/koppel/fakes/demoshop"
)

var parkings = []scenario{
	{"a broken record is parked and retried", aBrokenRecordIsParked},
	{"a parked record is fixed by changing the record, until the remote shows another", aParkedRecordIsCorrected},
}

func aBrokenRecordIsParked(t *testing.T, l *land) {
	s := newSite(t, l, demoshop.Config{Products: 60, Orders: 5})
	s.misbehave(t, demoshop.Fault{Kind: demoshop.Garbage, Path: "/products", Skip: 1, Times: 1, Share: 1})
	s.activate(t)
	list, err := l.api.Parked(t.Context(), client.ParkedFilter{Coupling: s.coupling.ID})
	if err != nil {
		t.Fatal(err)
	}
	if len(list.Data) != 1 || list.Data[0].Reason == "" {
		t.Fatalf("parked: %+v, want the one broken record with its reason", list.Data)
	}
	if got := len(s.objects(t, koppel.Products)); got != 59 {
		t.Errorf("%d products beside the parked one, want 59", got)
	}
	if run := s.ended(t, list.Data[0].Run); run.State != koppel.RunSucceededWithParked || run.Counts.Parked != 1 {
		t.Errorf("the run ended %s, want succeeded_with_parked", describeRun(run))
	}
	retried, err := l.api.Retry(t.Context(), client.ParkedPick{Coupling: s.coupling.ID})
	if err != nil {
		t.Fatal(err)
	}
	for _, run := range retried.Runs {
		s.ended(t, run.Run)
	}
	if list, err = l.api.Parked(t.Context(), client.ParkedFilter{Coupling: s.coupling.ID}); err != nil || len(list.Data) != 0 {
		t.Errorf("still parked after the retry: %+v, %v", list.Data, err)
	}
	s.wantCounts(t)
	s.wantProducts(t)
}

// sync.md 3: a parked record is fixed by changing the record. What a person wrote is mapped before it is kept, holds while
// the remote shows what it showed, and ends with the remote's next body, which the run says.
func aParkedRecordIsCorrected(t *testing.T, l *land) {
	s, remote := newFlat(t, l, "flat-corrected")
	remote.put("items", row{"ID": "A", "Name": ""})
	remote.put("items", row{"ID": "B", "Name": "Item B"})
	for _, id := range []string{"A", "B"} {
		remote.put("prices", row{"ID": "p" + id, "Item": id, "Price": 12.5, "Quantity": 1})
	}
	s.activate(t)
	list, err := l.api.Parked(t.Context(), client.ParkedFilter{Coupling: s.coupling.ID})
	if err != nil || len(list.Data) != 1 || list.Data[0].RemoteID != "A" {
		t.Fatalf("parked: %+v, %v; want item A", list.Data, err)
	}
	id := list.Data[0].ID
	body, err := l.api.ParkedBody(t.Context(), id)
	if err != nil || !strings.Contains(body.Body, `"Name":""`) || body.Correction != nil {
		t.Fatalf("its body is %+v, %v", body, err)
	}
	edit := func(with string, dry bool) client.ParkedEdited {
		t.Helper()
		edited, err := l.api.EditParked(t.Context(), id, client.ParkedEdit{Body: strings.Replace(body.Body, `"Name":""`, with, 1), Hash: body.Hash, DryRun: dry})
		if err != nil {
			t.Fatal(err)
		}
		return edited
	}
	if still := edit(`"Name":null`, false); still.Fits || still.Run != "" || len(still.Objects) != 1 || !strings.Contains(still.Objects[0].Reason, "record.Name") {
		t.Errorf("a body without a name gives %+v", still)
	}
	if dry := edit(`"Name":"Item A"`, true); !dry.Fits || dry.Run != "" || len(dry.Objects) != 1 || dry.Objects[0].Change != koppel.ForeseenMade {
		t.Errorf("the corrected body would give %+v", dry)
	}
	for _, wrong := range []string{strings.Replace(body.Body, `"A"`, `"C"`, 1), `{"ID":`, `[]`} {
		if _, err := l.api.EditParked(t.Context(), id, client.ParkedEdit{Body: wrong}); err == nil || !strings.Contains(err.Error(), "refused") {
			t.Errorf("body %s is taken: %v", wrong, err)
		}
	}
	remote.requests()
	if run := s.ended(t, edit(`"Name":"Item A"`, false).Run); run.State != koppel.RunSucceeded {
		t.Fatalf("the run that takes it ended %s", describeRun(run))
	}
	if asked := remote.requests(); len(asked) != 0 {
		t.Errorf("the remote was asked for it: %v", asked)
	}
	named := func(want string) {
		t.Helper()
		if o := s.objects(t, koppel.Products)["A"]; !same(o, "name", want) {
			t.Errorf("it is named %s, want %s", o.Values["name"], want)
		}
	}
	named("Item A")
	if list, err = l.api.Parked(t.Context(), client.ParkedFilter{Coupling: s.coupling.ID}); err != nil || len(list.Data) != 0 {
		t.Errorf("still parked: %+v, %v", list.Data, err)
	}
	again := s.sync(t, client.Sync{Object: koppel.Products, Mode: koppel.ModeFull})
	if named("Item A"); again.Counts.Changed != 0 {
		t.Errorf("the same body counts as changed: %s", describeRun(again))
	}
	s.sync(t, client.Sync{Object: koppel.Products, Mode: koppel.ModeReplay})
	named("Item A")
	remote.put("items", row{"ID": "A", "Name": "The remote's own"})
	run := s.sync(t, client.Sync{Object: koppel.Products, Mode: koppel.ModeSince})
	named("The remote's own")
	if told := strings.Join(s.events(t, run.ID), "\n"); !strings.Contains(told, `corrections superseded {"records":["A"]}`) {
		t.Errorf("the run does not say that the correction ended: %s", told)
	}
}
