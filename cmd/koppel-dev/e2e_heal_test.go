package main

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
	"github.com/koppel-io/koppel/fakes/demoshop"
	"github.com/koppel-io/koppel/store"
)

var healings = []scenario{
	{"an activation whose start was lost is started", aLostActivation},
	{"an activation terminated by hand says so and goes on when asked", aTerminatedActivation},
	{"a run behind a terminated one starts", aRunBehindATerminatedOne},
	{"a reference that was missed is resolved by the next run", aMissedReference},
}

// app opens the database as the API does.
func (l *land) app(t *testing.T) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), store.Config{DSN: l.databases.app, Role: store.App, MaxConns: 2, Keys: l.config.Keys})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

// The API commits and dies before it starts the workflow: the sweep starts it.
func aLostActivation(t *testing.T, l *land) {
	s := newSite(t, l, demoshop.Config{Products: 20, Orders: 5})
	err := l.app(t).InTx(t.Context(), store.AllWebshops(), func(tx *store.Tx) error {
		_, err := tx.ActivateCoupling(t.Context(), s.coupling.ID, nil)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	s.awaitState(t, koppel.CouplingActive)
	s.wantCounts(t)
}

func aTerminatedActivation(t *testing.T, l *land) {
	s := newSite(t, l, demoshop.Config{Products: 20, Orders: 5})
	s.misbehave(t, demoshop.Fault{Kind: demoshop.HangBefore, Path: "/suppliers", Share: 1, DelayMS: 3_600_000})
	if _, err := l.api.Activate(t.Context(), s.coupling.ID); err != nil {
		t.Fatal(err)
	}
	s.stepRun(t, koppel.Suppliers)
	const words = "Ada pressed Terminate"
	if err := l.temporal.TerminateWorkflow(t.Context(), koppel.ActivateWorkflowID(s.coupling.ID), "", words); err != nil {
		t.Fatal(err)
	}
	await(t, "the step to say who ended it", func(ctx context.Context) (bool, string) {
		coupling, err := l.api.Coupling(ctx, s.coupling.ID)
		for _, step := range coupling.Steps {
			if step.Name == string(koppel.Suppliers) && step.State == koppel.StepFailed && strings.Contains(step.Detail, words) {
				return true, ""
			}
		}
		return false, fmt.Sprintf("%+v, %v", coupling.Steps, err)
	})
	s.misbehave(t)
	s.activate(t)
	s.wantCounts(t)
}

func aRunBehindATerminatedOne(t *testing.T, l *land) {
	s := newSite(t, l, demoshop.Config{Products: 20, Orders: 5})
	s.activate(t)
	first := s.hangs(t)
	second, err := l.api.Sync(t.Context(), s.coupling.ID, client.Sync{Object: koppel.Suppliers, Mode: koppel.ModeFull})
	if err != nil || second.QueuedBehind != first.ID {
		t.Fatalf("the second run is %+v, %v; want it behind %s", second, err, first.ID)
	}
	const words = "Ada pressed Terminate"
	if err := l.temporal.TerminateWorkflow(t.Context(), first.WorkflowID, "", words); err != nil {
		t.Fatal(err)
	}
	if ended := s.ended(t, first.ID); ended.State != koppel.RunFailed || ended.Error == nil || !strings.Contains(ended.Error.Detail, words) {
		t.Errorf("the run ended %s, want failed with %q", describeRun(ended), words)
	}
	s.misbehave(t)
	if ended := s.ended(t, second.Run); ended.State != koppel.RunSucceeded {
		t.Errorf("the run behind ended %s", describeRun(ended))
	}
}

// Two batches that are written at the same moment can miss each other: the end of a run makes up for it.
func aMissedReference(t *testing.T, l *land) {
	s := newSite(t, l, demoshop.Config{Products: 20, Orders: 5})
	s.activate(t)
	owner, err := pgx.Connect(t.Context(), l.databases.owner)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = owner.Close(context.WithoutCancel(t.Context())) }()
	const ofWebshop = `webshop_id = (SELECT id FROM webshop WHERE uuid = $1)`
	tag, err := owner.Exec(t.Context(), `UPDATE supplier_product SET product_id = NULL WHERE product_key <> '' AND `+ofWebshop, s.webshop.ID)
	if err != nil || tag.RowsAffected() == 0 {
		t.Fatalf("no supplier product to forget the product of: %v, %v", tag, err)
	}
	s.sync(t, client.Sync{Object: koppel.Suppliers, Mode: koppel.ModeSince})
	var waiting int
	if err := owner.QueryRow(t.Context(), `SELECT count(*) FROM supplier_product WHERE product_id IS NULL AND `+ofWebshop, s.webshop.ID).Scan(&waiting); err != nil {
		t.Fatal(err)
	}
	if waiting != 0 {
		t.Errorf("%d of %d supplier products still wait for products that are there", waiting, tag.RowsAffected())
	}
}
