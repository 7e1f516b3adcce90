package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

func TestEveryKindHasAStatus(t *testing.T) {
	t.Parallel()
	s := newServer(Config{})
	for _, kind := range koppel.Kinds() {
		meant, ok := kindRows[kind]
		if !ok || meant.status < 400 {
			t.Errorf("kind %s has no row in the table", kind)
		}
		p := s.problemOf(t.Context(), koppel.Wrap("outer", koppel.E(kind, "inner", "the shop is closed")))
		if p.Status != meant.status || p.Kind != kind || p.Detail != "the shop is closed" || p.Title == "" || p.Owner == "" || p.Next == "" {
			t.Errorf("kind %s becomes %+v", kind, p)
		}
	}
	away := &koppel.Error{Kind: koppel.KindInternal, Detail: "PostgreSQL is away", Next: "Start PostgreSQL", RetryAfter: 1500 * time.Millisecond}
	if p := s.problemOf(t.Context(), koppel.Wrap("list", away)); p.Status != http.StatusServiceUnavailable || p.Next != "Start PostgreSQL" || p.GetHeaders().Get("Retry-After") != "2" {
		t.Errorf("a database that is away becomes %+v with the headers %v", p, p.GetHeaders())
	}
	p := s.problemOf(t.Context(), errors.New("password=hunter2 refused"))
	if p.Status != http.StatusInternalServerError || strings.Contains(p.Detail, "hunter2") {
		t.Errorf("an error that nobody meant for people becomes %+v", p)
	}
}

func TestReadinessNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ready := want[readiness](t, s.ask(t, "", http.MethodGet, "/ready", nil), http.StatusOK)
	if !ready.Ready || !ready.Checks["postgres"].OK || !ready.Checks["temporal"].OK {
		t.Errorf("ready says %+v", ready)
	}
	s.engine.fail(koppel.E(koppel.KindNetwork, "ping", "Temporal does not answer at 127.0.0.1:7233"))
	s.server.Schema = func(context.Context) error { return koppel.E(koppel.KindConflict, "schema", "run koppel migrate") }
	ready = want[readiness](t, s.ask(t, "", http.MethodGet, "/ready", nil), http.StatusServiceUnavailable)
	if ready.Ready || !ready.Checks["postgres"].OK || ready.Checks["temporal"].OK || ready.Checks["schema"].Detail != "run koppel migrate" {
		t.Errorf("ready says %+v", ready)
	}
	if health := s.ask(t, "", http.MethodGet, "/health", nil); health.status != http.StatusOK {
		t.Errorf("health is %d while Temporal is away", health.status)
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	r := s.run(t, s.coupling, koppel.Products)
	s.write(t, r, "products", store.Record{ID: "bad", Ticket: 1, Raw: []byte(`{}`), Parked: []store.Parked{{Kind: koppel.KindMapping, Reason: "x"}}})
	s.finish(t, s.run(t, s.coupling, koppel.Suppliers), store.Finish{State: koppel.RunSucceeded})
	// A run of long ago counts no more; an open one does, however old.
	ctx := t.Context()
	owner := s.env.Owner(t)
	for _, sql := range []string{
		`UPDATE run SET uuid = '01000000-0000-7000-8000-000000000001' WHERE state = 'running'`,
		`INSERT INTO run (uuid, webshop_id, coupling_id, direction, stream_group, mode, trigger, workflow_id, state)
		 SELECT '01000000-0000-7000-8000-000000000002', webshop_id, coupling_id, direction, stream_group, mode, trigger, workflow_id, 'failed' FROM run LIMIT 1`,
	} {
		if _, err := owner.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	s.ask(t, s.root, http.MethodGet, v1+"/webshops/"+s.shop.UUID, nil)
	s.ask(t, s.root, "BREW", "/pot/"+s.shop.UUID, nil)
	got := s.ask(t, "", http.MethodGet, "/metrics", nil)
	if got.status != http.StatusOK {
		t.Fatalf("status %d: %s", got.status, got.body)
	}
	for _, line := range []string{
		`koppel_requests_total{method="GET",route="/api/v1/webshops/{id}",status="200"} 1`,
		`koppel_requests_total{method="other",route="none",status="404"} 1`,
		`koppel_runs{state="running"} 1`, `koppel_runs{state="succeeded"} 1`, `koppel_runs{state="failed"} 0`, `koppel_runs_open 1`,
		`koppel_parked_open 1`, `koppel_outbox{state="pending"} 0`, `koppel_pool_connections{state="most"} 8`, `koppel_figures_read 1`,
	} {
		if !strings.Contains(string(got.body), line+"\n") {
			t.Errorf("the metrics lack %s", line)
		}
	}
	if t.Failed() {
		t.Log(string(got.body))
	}
}

func TestMetricsFromElsewhereNeedAnAdmin(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	status := func(remote, key string, header ...string) int {
		req := httptest.NewRequest(http.MethodGet, "/metrics", nil)
		req.RemoteAddr = remote
		if key != "" {
			req.Header.Set("Authorization", "Bearer "+key)
		}
		for i := 0; i+1 < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		s.server.ServeHTTP(w, req)
		return w.Code
	}
	const here, there = "127.0.0.1:4000", "203.0.113.9:4000"
	for _, try := range []struct {
		what string
		got  int
		want int
	}{
		{"from this machine", status(here, ""), 200},
		{"through a proxy on this machine", status(here, "", "X-Forwarded-For", "203.0.113.9"), 401},
		{"from elsewhere", status(there, ""), 401},
		{"from elsewhere with a webshop's admin key", status(there, s.mine), 403},
		{"from elsewhere with an admin key", status(there, s.root), 200},
	} {
		if try.got != try.want {
			t.Errorf("%s: status %d, want %d", try.what, try.got, try.want)
		}
	}
}

func TestAPanicBecomesAProblem(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.remote = func(Account) (string, error) { panic("the roof fell in") }
	got := s.ask(t, s.mine, http.MethodPost, v1+"/couplings/"+s.coupling.UUID+"/check", nil)
	p := refused(t, got, http.StatusInternalServerError, koppel.KindInternal)
	id := got.header.Get("X-Request-Id")
	if id == "" || !strings.Contains(p.Detail, id) || strings.Contains(string(got.body), "roof") {
		t.Errorf("request %q got %s", id, got.body)
	}
	if log := s.logs.String(); !strings.Contains(log, "the roof fell in") || !strings.Contains(log, "operate_test.go") {
		t.Errorf("the log does not say where: %s", log)
	}
}

func TestBodiesHaveALimit(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	refused(t, s.ask(t, s.root, http.MethodPost, v1+"/webshops", `{"name":"`+strings.Repeat("x", bodyLimit)+`"}`), http.StatusRequestEntityTooLarge, koppel.KindTooLarge)
	refused(t, s.ask(t, s.root, http.MethodPost, v1+"/webshops", `{"name":`), http.StatusBadRequest, koppel.KindInvalidRequest)
	refused(t, s.ask(t, s.root, http.MethodPost, v1+"/webshops", nil), http.StatusBadRequest, koppel.KindInvalidRequest)
}

func TestRequestsAreNumberedAndLogged(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+v1+"/objects/products?sku=private", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.mine)
	req.Header.Set("X-Request-Id", "from-the-client-7")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if got := res.Header.Get("X-Request-Id"); got != "from-the-client-7" {
		t.Errorf("the answer's request id is %q", got)
	}
	type line struct {
		Msg, Request, Method, Path, Route, Key string
		Status                                 int
	}
	var found line
	for _, text := range strings.Split(s.logs.String(), "\n") {
		if strings.Contains(text, "from-the-client-7") {
			if err := json.Unmarshal([]byte(text), &found); err != nil {
				t.Fatal(err)
			}
		}
	}
	if want := (line{"request", "from-the-client-7", "GET", v1 + "/objects/products", v1 + "/objects/{object}", s.mine[:8], 200}); found != want {
		t.Errorf("logged %+v, want %+v", found, want)
	}
	if strings.Contains(s.logs.String(), "private") {
		t.Error("the log shows the query")
	}
	bad := s.ask(t, s.mine, http.MethodGet, "/health", nil)
	if len(bad.header.Get("X-Request-Id")) != 36 {
		t.Errorf("a request without an id gets %q", bad.header.Get("X-Request-Id"))
	}
}

func TestServeFinishesWhatItBegan(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	r := s.run(t, s.coupling, koppel.Products)
	inside, goOn := make(chan struct{}), make(chan struct{})
	s.remote = func(Account) (string, error) {
		close(inside)
		<-goOn
		return "1.0", nil
	}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.url = "http://" + listener.Addr().String()
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- ServeListener(ctx, listener, s.server, slog.New(slog.DiscardHandler)) }()

	limit, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	live := s.open(t, limit, s.mine, http.MethodGet, v1+"/runs/"+r.UUID+"/live", nil)
	defer live.Body.Close()
	events := frames(t, live)
	until(t, events, "run")
	answer := make(chan int, 1)
	req, err := http.NewRequestWithContext(limit, http.MethodPost, s.url+v1+"/couplings/"+s.coupling.UUID+"/check", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.mine)
	go func() {
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			answer <- 0
			return
		}
		_ = res.Body.Close()
		answer <- res.StatusCode
	}()
	<-inside
	stop()
	// A live run has no end of its own; the server ends it.
	for range events {
	}
	select {
	case err := <-served:
		t.Fatalf("Serve returned %v while a request was running", err)
	default:
	}
	close(goOn)
	if status := <-answer; status != http.StatusOK {
		t.Errorf("the running request got %d", status)
	}
	if err := <-served; err != nil {
		t.Errorf("Serve: %v", err)
	}
}

func TestServeSaysWhenItCannotListen(t *testing.T) {
	t.Parallel()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	err = Serve(t.Context(), listener.Addr().String(), http.NotFoundHandler(), nil)
	if koppel.KindOf(err) != koppel.KindConflict || !strings.Contains(err.Error(), listener.Addr().String()) {
		t.Errorf("Serve on a taken address: %v", err)
	}
}
