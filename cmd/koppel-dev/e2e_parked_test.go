package main

import (
	"testing"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
	"github.com/koppel-io/koppel/fakes/demoshop"
)

var parkings = []scenario{
	{"a broken record is parked and retried", aBrokenRecordIsParked},
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
