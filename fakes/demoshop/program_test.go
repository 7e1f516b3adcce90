package demoshop

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestRunMutates(t *testing.T) {
	t.Parallel()
	s := newShop(t, Config{Products: 1000, Misbehaviour: Misbehaviour{Mutation: Mutation{PerSecond: 1}}})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); s.Run(ctx) }()
	deadline := time.After(20 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for s.State().Changed == 0 {
		select {
		case <-deadline:
			t.Fatal("nothing changed")
		case <-tick.C:
		}
	}
	stop()
	<-done
}

func TestAdminIsForLoopbackOnly(t *testing.T) {
	t.Parallel()
	s := newShop(t, Config{})
	for addr, want := range map[string]int{"127.0.0.1:999": 200, "[::1]:999": 200, "192.0.2.1:999": 403, "": 403} {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/_demo/counts", nil)
		r.RemoteAddr = addr
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%q: %d, want %d", addr, w.Code, want)
		}
	}
}

func TestConfigIsRefused(t *testing.T) {
	t.Parallel()
	for want, cfg := range map[string]Config{
		"variations is 200":   {Variations: 200},
		"version \"new\"":     {Version: "new"},
		"shop zone":           {ShopZone: "Mars/Base"},
		"must not be negat":   {IDGaps: -1},
		"big-ids is 5":        {Products: 4, BigIDs: 5},
		"key permissions":     {KeyPermissions: "all"},
		"faults[0].kind \"\"": {Misbehaviour: Misbehaviour{Faults: []Fault{{}}}},
	} {
		if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", cfg, err, want)
		}
	}
}

// TestRun runs the program: it says where it listens, answers and stops.
func TestRun(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() {
		done <- program.Run(ctx, []string{"--addr", "127.0.0.1:0", "--products", "7", "--orders", "0", "--basic-over-http", "--misbehave", `{"faults":[{"kind":"latency","share":1,"delay_ms":1}]}`}, w)
	}()
	var said struct{ URL, Base string }
	if err := json.NewDecoder(r).Decode(&said); err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), "GET", said.Base+"/products?consumer_key=ck_demo&consumer_secret=cs_demo", nil)
	if err != nil {
		t.Fatal(err)
	}
	if g := send(http.DefaultClient, req); g.status != 200 || g.header.Get("X-WP-Total") != "7" {
		t.Errorf("%d %s %v", g.status, g.body, g.err)
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	for _, args := range [][]string{{"--products", "many"}, {"--misbehave", "{"}, {"--zone", "Mars"}, {"more"}, {"--addr", "127.0.0.1:no"}} {
		if err := program.Run(t.Context(), args, io.Discard); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
	var help bytes.Buffer
	if err := program.Run(t.Context(), []string{"-h"}, &help); err != nil || !strings.Contains(help.String(), "-misbehave") {
		t.Errorf("help: %v %s", err, help.String())
	}
}
