package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
	"github.com/koppel-io/koppel/fakes/demoshop"
)

var refusals = []scenario{
	{"a wrong key asks the customer for a new one", aWrongKey},
	{"a revoked key stops the coupling and a new one resumes it", aRevokedKey},
	{"a wrong address says which", aWrongAddress},
	{"a firewall page says who can open it", aFirewallPage},
}

// wantProblem checks that a call was refused with a kind.
func wantProblem(t *testing.T, err error, kind koppel.Kind) {
	t.Helper()
	var problem *client.Problem
	if !errors.As(err, &problem) || problem.Kind != kind || problem.Next == "" {
		t.Errorf("error %v, want a problem of kind %s with a next step", err, kind)
	}
}

// failedAdvice asks for a full read and gives the error it ends with.
func (s *site) failedAdvice(t *testing.T, object koppel.Object) *koppel.Advice {
	t.Helper()
	run := s.ended(t, s.start(t, client.Sync{Object: object, Mode: koppel.ModeFull}))
	if run.State != koppel.RunFailed {
		t.Errorf("the run ended %s, want failed", describeRun(run))
	}
	return run.Error
}

func aWrongKey(t *testing.T, l *land) {
	s := newSite(t, l, demoshop.Config{Products: 20, Orders: 5})
	wrong := s.credentials()
	wrong["consumer_secret"] = "cs_wrong"
	checked, err := l.api.SetCredentials(t.Context(), s.coupling.ID, wrong)
	if err != nil || checked.OK {
		t.Fatalf("wrong credentials answer %+v, %v", checked, err)
	}
	wantAdvice(t, checked.Problem, koppel.KindAuth, koppel.OwnerCustomer, s.coupling.ID)
	if strings.Contains(fmt.Sprintf("%+v", *checked.Problem), "cs_wrong") {
		t.Errorf("the problem shows the secret: %+v", *checked.Problem)
	}
	if _, err := l.api.Activate(t.Context(), s.coupling.ID); err != nil {
		t.Fatal(err)
	}
	s.awaitState(t, koppel.CouplingNeedsReauth)
	step := s.coupling.Steps[0]
	if step.Name != "credentials" || step.State != koppel.StepFailed || !strings.Contains(step.Detail, "auth") {
		t.Errorf("the first step is %+v, want credentials failed for auth", step)
	}
	if checked, err = l.api.SetCredentials(t.Context(), s.coupling.ID, s.credentials()); err != nil || !checked.OK {
		t.Fatalf("right credentials answer %+v, %v", checked, err)
	}
	s.activate(t)
	s.wantCounts(t)

	// Now that they work, refused ones replace them only where that is forced.
	if checked, err = l.api.SetCredentials(t.Context(), s.coupling.ID, wrong); err != nil || checked.OK || !checked.Kept {
		t.Fatalf("refused credentials in place of ones that work answer %+v, %v", checked, err)
	}
	wantAdvice(t, checked.Problem, koppel.KindAuth, koppel.OwnerCustomer, s.coupling.ID)
	s.sync(t, client.Sync{Object: koppel.Suppliers, Mode: koppel.ModeFull})
	if checked, err = l.api.ForceCredentials(t.Context(), s.coupling.ID, wrong); err != nil || checked.OK || checked.Kept {
		t.Fatalf("forced credentials answer %+v, %v", checked, err)
	}
	// Whichever run meets the wrong key first fails; one that comes after it waits for the right one.
	run := s.awaitRun(t, s.start(t, client.Sync{Object: koppel.Suppliers, Mode: koppel.ModeFull}), "the key to be refused", func(r client.Run) bool {
		return r.State.Ended() || r.Wait != nil
	})
	advice := run.Error
	if run.Wait != nil {
		advice = run.Wait.Advice
	}
	wantAdvice(t, advice, koppel.KindAuth, koppel.OwnerCustomer, s.coupling.ID)
}

func aRevokedKey(t *testing.T, l *land) {
	s := newSite(t, l, demoshop.Config{Products: 20, Orders: 5})
	s.activate(t)
	s.misbehave(t, demoshop.Fault{Kind: demoshop.Unauthorized, Share: 1})
	advice := s.failedAdvice(t, koppel.Products)
	wantAdvice(t, advice, koppel.KindAuth, koppel.OwnerCustomer, s.coupling.ID)
	s.awaitState(t, koppel.CouplingNeedsReauth)
	_, err := l.api.Sync(t.Context(), s.coupling.ID, client.Sync{Object: koppel.Products, Mode: koppel.ModeFull})
	wantProblem(t, err, koppel.KindConflict)
	s.misbehave(t)
	s.shop.PlaceOrders(2)
	if checked, err := l.api.SetCredentials(t.Context(), s.coupling.ID, s.credentials()); err != nil || !checked.OK {
		t.Fatalf("right credentials answer %+v, %v", checked, err)
	}
	s.awaitState(t, koppel.CouplingActive)
	// Nobody asks for it: the coupling reads what it missed by itself.
	await(t, "the coupling to catch up", func(ctx context.Context) (bool, string) {
		runs, err := l.api.Runs(ctx, client.RunFilter{Coupling: s.coupling.ID})
		if err != nil {
			return false, err.Error()
		}
		for _, run := range runs.Data {
			if run.Group == string(koppel.SellOrders) && strings.HasPrefix(run.AskedBy, "catching up: nothing was read from") {
				return run.State.Ended(), describeRun(run)
			}
		}
		return false, "there is no run"
	})
	s.wantCounts(t)
}

func aWrongAddress(t *testing.T, l *land) {
	s := newSite(t, l, demoshop.Config{Products: 20, Orders: 5})
	s.activate(t)
	ln, err := net.Listen("tcp", host+":0")
	if err != nil {
		t.Fatal(err)
	}
	dead := fmt.Sprintf("http://%s", ln.Addr())
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	wrong := s.credentials()
	wrong["store_url"] = dead
	checked, err := l.api.ForceCredentials(t.Context(), s.coupling.ID, wrong)
	if err != nil || checked.OK {
		t.Fatalf("a dead address answers %+v, %v", checked, err)
	}
	wantAdvice(t, checked.Problem, koppel.KindNetwork, koppel.OwnerCustomer, s.coupling.ID)
	if !strings.Contains(checked.Problem.Detail, ln.Addr().String()) {
		t.Errorf("the problem %+v does not name the address %s", *checked.Problem, ln.Addr())
	}
	wantAdvice(t, s.failedAdvice(t, koppel.Suppliers), koppel.KindNetwork, koppel.OwnerCustomer, s.coupling.ID)

	wrong["store_url"] = s.url + "/another-shop"
	if checked, err = l.api.ForceCredentials(t.Context(), s.coupling.ID, wrong); err != nil || checked.OK {
		t.Errorf("an address without a shop answers %+v, %v", checked, err)
	}
	wantAdvice(t, s.failedAdvice(t, koppel.Suppliers), koppel.KindNotFound, koppel.OwnerCustomer, s.coupling.ID)
	if got := len(s.objects(t, koppel.Products)); got != 20 {
		t.Errorf("%d products are left after wrong addresses, want all 20", got)
	}
}

func aFirewallPage(t *testing.T, l *land) {
	s := newSite(t, l, demoshop.Config{Products: 20, Orders: 5})
	s.activate(t)
	s.misbehave(t, demoshop.Fault{Kind: demoshop.Challenge, Path: "/products", Share: 1})
	wantAdvice(t, s.failedAdvice(t, koppel.Products), koppel.KindBlocked, koppel.OwnerCustomer, s.coupling.ID)
	s.misbehave(t)
	s.sync(t, client.Sync{Object: koppel.Products, Mode: koppel.ModeFull})
	await(t, "health to be ok again", func(ctx context.Context) (bool, string) {
		coupling, err := l.api.Coupling(ctx, s.coupling.ID)
		return err == nil && coupling.Health.State == "ok", fmt.Sprintf("%+v, %v", coupling.Health, err)
	})
}
