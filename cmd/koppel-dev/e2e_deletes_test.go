package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
	"github.com/koppel-io/koppel/fakes/demoshop"
)

// deletions show sync.md 5, clause by clause.
var deletions = []scenario{
	{"what is missing from a complete scan and gone when asked for is disabled, and comes back", missingIsConfirmed},
	{"a list that is cut, emptied or lies disables nothing", lyingListsDisableNothing},
	{"a deleted parent takes its children", aParentTakesItsChildren},
	{"deletes beyond the budget are proposed, approved and undone", beyondTheBudget},
	{"a rejected proposal keeps its products", aRejectedProposal},
	{"deletes that are switched off happen not", deletesSwitchedOff},
	{"a single read of what was deleted disables it", aSingleReadFindsItGone},
	{"a count far from the usual is suspect until a person accepts it", anUnusualCount},
}

// disabled are the remote ids of this coupling's products that are disabled, gone sources and all.
func (s *site) disabled(t *testing.T) []string {
	t.Helper()
	var ids []string
	list := func(ctx context.Context, page client.Page) (client.List[client.Object], error) {
		return s.land.api.Objects(ctx, koppel.Products, client.ObjectFilter{Page: page, Webshop: s.webshop.ID})
	}
	for o, err := range client.All(t.Context(), client.Page{Limit: pageSize}, list) {
		if err != nil {
			t.Fatal(err)
		}
		if o.StateReason == koppel.StateGone {
			if !same(o, "status", "disabled") {
				t.Errorf("%s is gone and its status is %s", o.ID, o.Values["status"])
			}
			ids = append(ids, o.Sources[0].RemoteID)
		}
	}
	slices.Sort(ids)
	return ids
}

// wantDisabled compares which products are disabled because they are gone.
func (s *site) wantDisabled(t *testing.T, want ...int64) {
	t.Helper()
	var ids []string
	for _, id := range want {
		ids = append(ids, fmt.Sprint(id))
	}
	slices.Sort(ids)
	if got := s.disabled(t); !slices.Equal(got, ids) {
		t.Errorf("disabled are %v, want %v", got, ids)
	}
}

// full reads products in full and wants the run to end in a state.
func (s *site) full(t *testing.T, want koppel.RunState) client.Run {
	t.Helper()
	run := s.ended(t, s.start(t, client.Sync{Object: koppel.Products, Mode: koppel.ModeFull}))
	if run.State != want {
		t.Errorf("the full read ended %s, want %s", describeRun(run), want)
	}
	return run
}

func (s *site) deleteProducts(t *testing.T, ids ...int64) {
	t.Helper()
	for _, id := range ids {
		if !s.shop.Delete(id, true) {
			t.Fatalf("product %d is not listed", id)
		}
	}
}

// simple are the ids of the shop's products without variations.
func (s *site) simple(t *testing.T) []int64 {
	t.Helper()
	var ids []int64
	for _, p := range s.truths(t) {
		if p.Type == "simple" {
			ids = append(ids, p.ID)
		}
	}
	return ids
}

// asInt is a field that holds a number as text.
func asInt(t *testing.T, o client.Object, field string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(strings.Trim(string(o.Values[field]), `"`), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func (s *site) proposals(t *testing.T, state koppel.ProposalState) []client.Proposal {
	t.Helper()
	list, err := s.land.api.Proposals(t.Context(), client.ProposalFilter{Coupling: s.coupling.ID, State: state})
	if err != nil {
		t.Fatal(err)
	}
	return list.Data
}

func missingIsConfirmed(t *testing.T, l *land) {
	s := newSite(t, l, demoshop.Config{Products: 120, Orders: 3})
	s.activate(t)
	ids := s.simple(t)
	s.deleteProducts(t, ids[3], ids[70])
	if !s.shop.Delete(ids[20], false) {
		t.Fatal("no product to put into the trash")
	}
	run := s.full(t, koppel.RunSucceeded)
	s.wantDisabled(t, ids[3], ids[20], ids[70])
	if run.Counts.Gone != 3 {
		t.Errorf("the run counts %d gone, want 3", run.Counts.Gone)
	}
	if e := run.Evidence[0]; e.Unseen != 3 || e.Unlisted != 0 || e.Waiting != 0 {
		t.Errorf("evidence = %+v", e)
	}
	if !s.shop.Restore(ids[20]) {
		t.Fatal("the product is not in the trash")
	}
	s.full(t, koppel.RunSucceeded)
	s.wantDisabled(t, ids[3], ids[70])
}

func lyingListsDisableNothing(t *testing.T, l *land) {
	s := newSite(t, l, demoshop.Config{Products: 230, Orders: 3, VariableEvery: 20})
	s.activate(t)
	for _, fault := range []demoshop.Fault{
		{Kind: demoshop.EmptyList, Path: "/products", Share: 1},
		{Kind: demoshop.TenthList, Path: "/products", Share: 1},
		{Kind: demoshop.LowTotal, Path: "/products", Share: 1},
		{Kind: demoshop.TenthList, Path: "/products", Skip: 1, Times: 1},
		{Kind: demoshop.EmptyList, Path: "/products", Skip: 1, Times: 1},
		{Kind: demoshop.RepeatPage, Path: "/products", Skip: 1, Times: 1},
		{Kind: demoshop.TenthList, Path: "/variations", Share: 1},
	} {
		s.misbehave(t, fault)
		run := s.ended(t, s.start(t, client.Sync{Object: koppel.Products, Mode: koppel.ModeFull}))
		if run.Counts.Gone != 0 {
			t.Errorf("%s: %s", fault.Kind, describeRun(run))
		}
		s.wantDisabled(t)
	}
	s.misbehave(t)
	// A tenth of a list of which nearly everything is there is no green run.
	s.misbehave(t, demoshop.Fault{Kind: demoshop.TenthList, Path: "/products", Share: 1})
	run := s.full(t, koppel.RunSuspect)
	if told := fmt.Sprint(run.Evidence); !strings.Contains(told, "did not list") && !strings.Contains(told, "complete reads counted") {
		t.Errorf("the evidence does not say what is wrong: %s", told)
	}
	if open := s.proposals(t, koppel.ProposalOpen); len(open) != 0 {
		t.Errorf("a lying list proposes %+v", open)
	}
	s.misbehave(t)
	s.full(t, koppel.RunSucceeded)
	s.wantProducts(t)
}

func aParentTakesItsChildren(t *testing.T, l *land) {
	s := newSite(t, l, demoshop.Config{Products: 200, Orders: 3, VariableEvery: 50, Variations: 3})
	s.activate(t)
	var parent int64
	var children []int64
	before := s.truths(t)
	for _, o := range s.objects(t, koppel.Products) {
		if p := asInt(t, o, "article_code"); fmt.Sprint(p) != o.Sources[0].RemoteID {
			parent = p
			break
		}
	}
	for _, p := range before {
		if o, ok := s.objects(t, koppel.Products)[fmt.Sprint(p.ID)]; ok && asInt(t, o, "article_code") == parent {
			children = append(children, p.ID)
		}
	}
	if len(children) != 3 {
		t.Fatalf("parent %d has children %v", parent, children)
	}
	s.deleteProducts(t, parent)
	s.full(t, koppel.RunSucceeded)
	s.wantDisabled(t, children...)
}

func beyondTheBudget(t *testing.T, l *land) {
	s := newSite(t, l, demoshop.Config{Products: 150, Orders: 3})
	s.activate(t)
	ids := s.simple(t)
	s.deleteProducts(t, ids[:12]...)
	run := s.full(t, koppel.RunSucceeded)
	s.wantDisabled(t)
	open := s.proposals(t, koppel.ProposalOpen)
	if len(open) != 1 || open[0].Waiting != 12 || open[0].Run != run.ID || !strings.Contains(open[0].Reason, "12 of 150 products") {
		t.Fatalf("proposals = %+v", open)
	}
	items, err := l.api.ProposalItems(t.Context(), open[0].ID, client.Page{})
	if err != nil || len(items.Data) != 12 || items.Data[0].Name == "" || items.Data[0].Reason != koppel.GoneMissing {
		t.Fatalf("records = %+v, %v", items, err)
	}
	// The next run is not blocked, and what is gone by then joins it.
	s.deleteProducts(t, ids[12])
	s.full(t, koppel.RunSucceeded)
	if again := s.proposals(t, koppel.ProposalOpen); len(again) != 1 || again[0].ID != open[0].ID || again[0].Waiting != 13 {
		t.Fatalf("proposals = %+v", again)
	}
	approved, err := l.api.ApproveProposal(t.Context(), open[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	if applied := s.ended(t, approved.Started); applied.State != koppel.RunSucceeded {
		t.Errorf("the run that applies it ended %s", describeRun(applied))
	}
	s.wantDisabled(t, ids[:13]...)
	undone, err := l.api.UndoProposal(t.Context(), open[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	s.ended(t, undone.Started)
	s.wantDisabled(t)
	if p, err := l.api.Proposal(t.Context(), open[0].ID); err != nil || p.State != koppel.ProposalUndone || p.Undone != 13 {
		t.Errorf("the proposal is %+v, %v", p, err)
	}
	last := s.full(t, koppel.RunSucceeded)
	s.wantDisabled(t)
	if last.Evidence[0].Kept != 13 {
		t.Errorf("the evidence does not tell the 13 that are kept: %+v", last.Evidence[0])
	}
}

func aRejectedProposal(t *testing.T, l *land) {
	s := newSite(t, l, demoshop.Config{Products: 60, Orders: 3})
	s.activate(t)
	ids := s.simple(t)
	s.deleteProducts(t, ids[:20]...)
	s.full(t, koppel.RunSucceeded)
	open := s.proposals(t, koppel.ProposalOpen)
	if len(open) != 1 {
		t.Fatalf("proposals = %+v", open)
	}
	if _, err := l.api.RejectProposal(t.Context(), open[0].ID); err != nil {
		t.Fatal(err)
	}
	s.full(t, koppel.RunSucceeded)
	s.wantDisabled(t)
	if open = s.proposals(t, koppel.ProposalOpen); len(open) != 0 {
		t.Errorf("what was rejected is proposed again: %+v", open)
	}
}

func deletesSwitchedOff(t *testing.T, l *land) {
	s := newSite(t, l, demoshop.Config{Products: 60, Orders: 3})
	s.activate(t)
	if _, err := l.api.SetSettings(t.Context(), s.coupling.ID, map[string]any{"deletes.products": false}); err != nil {
		t.Fatal(err)
	}
	s.deleteProducts(t, s.simple(t)[0])
	s.full(t, koppel.RunSucceeded)
	s.wantDisabled(t)
}

func aSingleReadFindsItGone(t *testing.T, l *land) {
	s := newSite(t, l, demoshop.Config{Products: 60, Orders: 3})
	s.activate(t)
	id := s.simple(t)[5]
	s.deleteProducts(t, id)
	run := s.ended(t, s.start(t, client.Sync{Object: koppel.Products, Mode: koppel.ModeSingle, RemoteIDs: []string{fmt.Sprint(id)}}))
	if run.State != koppel.RunSucceeded || run.Counts.Gone != 1 {
		t.Errorf("the single run ended %s", describeRun(run))
	}
	s.wantDisabled(t, id)
}

func anUnusualCount(t *testing.T, l *land) {
	s := newSite(t, l, demoshop.Config{Products: 130, Orders: 3})
	s.activate(t)
	s.full(t, koppel.RunSucceeded)
	s.full(t, koppel.RunSucceeded)
	ids := s.simple(t)
	s.deleteProducts(t, ids[:60]...)
	run := s.full(t, koppel.RunSuspect)
	s.wantDisabled(t)
	if !strings.Contains(run.Evidence[0].Missing, "70 records were read, the last 3 complete reads counted 130 to 130") {
		t.Errorf("evidence = %+v", run.Evidence)
	}
	if len(s.proposals(t, "")) != 0 {
		t.Error("a suspect run proposes deletes")
	}
	if accepted, err := l.api.AcceptRun(t.Context(), run.ID); err != nil || accepted.State != koppel.RunSucceeded {
		t.Fatalf("the accepted run is %+v, %v", accepted, err)
	}
	s.full(t, koppel.RunSucceeded)
	if open := s.proposals(t, koppel.ProposalOpen); len(open) != 1 || open[0].Waiting != 60 {
		t.Errorf("proposals = %+v", open)
	}
	s.wantDisabled(t)
}
