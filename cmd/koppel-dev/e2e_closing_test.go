package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
	"github.com/koppel-io/koppel/fakes/demoshop"
	"github.com/koppel-io/koppel/fakes/exact"
)

var closings = []scenario{
	{"disabling ends runs, stops schedules and holds pushes, and activation brings all back", disablingIsTemporary},
	{"a removal keeps the objects, shreds the credential and ends the coupling", aRemovalKeepsObjects},
	{"a removal revokes the remote tokens, and is not held up by a remote that refuses", aRemovalRevokesTokens},
	{"a removal treats objects as gone where that is asked", aRemovalDisablesObjects},
}

// closed waits until nothing is left to do of a disabling or removal, and wants every step done.
func (s *site) closed(t *testing.T) {
	t.Helper()
	await(t, "the coupling to be closed", func(ctx context.Context) (bool, string) {
		coupling, err := s.land.api.Coupling(ctx, s.coupling.ID)
		if err != nil {
			return false, err.Error()
		}
		s.coupling = coupling
		return coupling.Closing != nil && !coupling.Closing.Going, fmt.Sprintf("%s %+v", coupling.State, coupling.Closing)
	})
	for _, step := range s.coupling.Closing.Steps {
		if step.State != koppel.StepDone {
			t.Errorf("step %s is %s: %s", step.Name, step.State, step.Detail)
		}
	}
}

func disablingIsTemporary(t *testing.T, l *land) {
	c := l.dial(t)
	s := newSite(t, l, demoshop.Config{Products: 20, Orders: 5})
	s.activate(t)
	s.wantSchedules(t, c, linesOfAll)
	open := s.hangs(t)
	if _, err := l.api.Pause(t.Context(), s.coupling.ID, "stock taking"); err != nil {
		t.Fatal(err)
	}
	placed := s.place(t)
	if _, err := l.api.Disable(t.Context(), s.coupling.ID); err != nil {
		t.Fatal(err)
	}
	s.closed(t)
	if s.coupling.State != koppel.CouplingDisabled || s.coupling.Health.State != "ok" {
		t.Errorf("the coupling is %s, health %+v", s.coupling.State, s.coupling.Health)
	}
	if run := s.ended(t, open.ID); run.State != koppel.RunCancelled {
		t.Errorf("the open run ended %s", describeRun(run))
	}
	s.wantSchedules(t, c, 0)
	s.misbehave(t)
	s.shop.Mutate(5)
	_, err := l.api.Sync(t.Context(), s.coupling.ID, client.Sync{Object: koppel.Products, Mode: koppel.ModeSince})
	wantProblem(t, err, koppel.KindConflict)
	if sent := s.shop.PurchaseOrders(); len(sent) != 0 {
		t.Errorf("%d orders were sent by a coupling that is off", len(sent))
	}
	read := s.asked("GET", "/products")
	s.activate(t)
	s.wantOnce(t, placed)
	s.wantSchedules(t, c, linesOfAll)
	await(t, "what changed meanwhile", func(ctx context.Context) (bool, string) {
		list, err := l.api.Runs(ctx, client.RunFilter{Coupling: s.coupling.ID})
		if err != nil {
			return false, err.Error()
		}
		for _, run := range list.Data {
			if run.Group == "products" && strings.Contains(run.AskedBy, "catching up") {
				return run.State == koppel.RunSucceeded, describeRun(run)
			}
		}
		return false, "no run catches up"
	})
	s.wantProducts(t)
	if again := s.asked("GET", "/products") - read; again > 3 {
		t.Errorf("%d requests for products after the coupling came back: everything was read again", again)
	}
}

// allProducts are the webshop's products, whoever carries them.
func (s *site) allProducts(t *testing.T) []client.Object {
	t.Helper()
	list, err := s.land.api.Objects(t.Context(), koppel.Products, client.ObjectFilter{Webshop: s.webshop.ID, Page: client.Page{Limit: 100}})
	if err != nil {
		t.Fatal(err)
	}
	return list.Data
}

func aRemovalKeepsObjects(t *testing.T, l *land) {
	c := l.dial(t)
	s := newSite(t, l, demoshop.Config{Products: 20, Orders: 5})
	s.activate(t)
	before := s.allProducts(t)
	if _, err := l.api.Remove(t.Context(), s.coupling.ID, koppel.KeepObjects); err != nil {
		t.Fatal(err)
	}
	s.closed(t)
	if s.coupling.State != koppel.CouplingRemoved || s.coupling.Closing.RemovedAt == nil || len(s.coupling.Schedules) != 0 {
		t.Errorf("the coupling is %s, %+v, schedules %v", s.coupling.State, s.coupling.Closing, s.coupling.Schedules)
	}
	s.wantSchedules(t, c, 0)
	after := s.allProducts(t)
	if len(after) != len(before) || len(after) == 0 {
		t.Fatalf("%d products are left of %d", len(after), len(before))
	}
	for i, o := range after {
		if len(o.Sources) != 0 || o.StateReason != "" || string(o.Values["name"]) != string(before[i].Values["name"]) {
			t.Errorf("product %s has the sources %v, state %q, name %s", o.ID, o.Sources, o.StateReason, o.Values["name"])
		}
	}
	for what, ask := range map[string]func() error{
		"activate": func() error { _, err := l.api.Activate(t.Context(), s.coupling.ID); return err },
		"sync": func() error {
			_, err := l.api.Sync(t.Context(), s.coupling.ID, client.Sync{Object: koppel.Products, Mode: koppel.ModeFull})
			return err
		},
		"settings": func() error {
			_, err := l.api.SetSettings(t.Context(), s.coupling.ID, map[string]any{"per_page": 10})
			return err
		},
		"credentials": func() error { _, err := l.api.SetCredentials(t.Context(), s.coupling.ID, s.credentials()); return err },
		"connect": func() error {
			_, err := l.api.MakeConnectLink(t.Context(), s.coupling.ID, client.NewConnectLink{})
			return err
		},
		"remove": func() error { _, err := l.api.Remove(t.Context(), s.coupling.ID, koppel.KeepObjects); return err },
	} {
		var problem *client.Problem
		if err := ask(); !errors.As(err, &problem) || problem.Kind != koppel.KindConflict || !strings.Contains(problem.Detail, "was removed on") {
			t.Errorf("%s of a removed coupling: %v", what, err)
		}
	}
}

func aRemovalDisablesObjects(t *testing.T, l *land) {
	s := newSite(t, l, demoshop.Config{Products: 20, Orders: 5})
	s.activate(t)
	if _, err := l.api.Remove(t.Context(), s.coupling.ID, koppel.DisableObjects); err != nil {
		t.Fatal(err)
	}
	s.closed(t)
	products := s.allProducts(t)
	if len(products) == 0 {
		t.Fatal("the products are away")
	}
	for _, o := range products {
		if len(o.Sources) != 0 || !same(o, "status", "disabled") || o.StateReason != koppel.StateGone {
			t.Errorf("product %s has the sources %v, status %s, reason %q", o.ID, o.Sources, o.Values["status"], o.StateReason)
		}
	}
}

// sync.md 9: remote tokens are revoked, RFC 7009, before the credential is shredded.
func aRemovalRevokesTokens(t *testing.T, l *land) {
	for name, status := range map[string]int{"exact-revoked": http.StatusOK, "exact-unrevoked": http.StatusServiceUnavailable} {
		var asked atomic.Int32
		var token atomic.Value
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			token.Store(r.FormValue("token") + " " + r.FormValue("client_id"))
			asked.Add(1)
			w.WriteHeader(status)
		}))
		t.Cleanup(server.Close)
		s, _ := newExact(t, l, name, exact.Config{Items: 5, Suppliers: 2, Customers: 2, SalesOrders: 1, PurchaseOrders: 1})
		publishExact(t, l, name, "      keep_alive: 20d\n", "      keep_alive: 20d\n      revoke: { url: "+server.URL+"/revoke }\n", "version: 1.0.0", "version: 1.0.1")
		if _, err := l.api.Remove(t.Context(), s.coupling.ID, koppel.KeepObjects); err != nil {
			t.Fatal(err)
		}
		s.closed(t)
		last := s.coupling.Closing.Steps[len(s.coupling.Closing.Steps)-1]
		sent, _ := token.Load().(string)
		if s.coupling.State != koppel.CouplingRemoved || !strings.HasSuffix(sent, " fake-app") || len(sent) < 12 {
			t.Errorf("%s: the coupling is %s, sent was %d bytes", name, s.coupling.State, len(sent))
		}
		if status == http.StatusOK && (asked.Load() != 1 || !strings.Contains(last.Detail, "revoked at the remote")) {
			t.Errorf("%s: asked %d times, %s", name, asked.Load(), last.Detail)
		}
		if status != http.StatusOK && (asked.Load() < 2 || !strings.Contains(last.Detail, "not revoked")) {
			t.Errorf("%s: asked %d times, %s", name, asked.Load(), last.Detail)
		}
		if strings.Contains(last.Detail, strings.Fields(sent)[0]) {
			t.Errorf("%s: the step tells the token", name)
		}
	}
}
