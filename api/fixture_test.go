package api

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors"
	"github.com/koppel-io/koppel/store"
	"github.com/koppel-io/koppel/store/storetest"
)

// recorder stands in for the starting of workflows and remembers what it was asked.
type recorder struct {
	mu    sync.Mutex
	asked []string
	fails error
}

func (r *recorder) note(what string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked = append(r.asked, what)
	return r.fails
}

func (r *recorder) StartRun(_ context.Context, run store.Run) error {
	return r.note("start " + run.WorkflowID)
}

func (r *recorder) Activate(_ context.Context, c store.Coupling) error {
	return r.note("activate " + c.UUID)
}

func (r *recorder) Close(_ context.Context, c store.Coupling) error {
	return r.note("close " + c.UUID)
}

func (r *recorder) Cancel(_ context.Context, workflowID string) error {
	return r.note("cancel " + workflowID)
}

func (r *recorder) Sweep(context.Context) error { return r.note("sweep") }

func (r *recorder) Ping(context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.fails
}

// fail makes every further call fail.
func (r *recorder) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fails = err
}

// take gives what was asked since the last take.
func (r *recorder) take() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	asked := r.asked
	r.asked = nil
	return asked
}

// site is the API over a database of its own, with two webshops.
type site struct {
	env    *storetest.Env
	db     *store.DB
	engine *recorder
	server *server
	url    string
	logs   *logs
	// remote decides how the remote answers a check of credentials.
	remote func(Account) (string, error)
	// root sees all; mine and theirs are bound to a webshop, each with every scope.
	root, mine, theirs string
	shop, other        store.Webshop
	// coupling and their are active couplings of the demo connector.
	coupling, their store.Coupling
}

// logs gathers what is logged.
type logs struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logs) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

const goodSecret = "cs_the-right-secret"

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{env: storetest.New(t), engine: &recorder{}, logs: &logs{}}
	keys, err := store.ParseKeys(store.NewMasterKey("test").Reveal())
	if err != nil {
		t.Fatal(err)
	}
	if s.db, err = store.Open(t.Context(), store.Config{DSN: s.env.AppDSN, Role: store.App, MaxConns: 8, Keys: keys}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.db.Close)
	s.remote = func(a Account) (string, error) {
		if a.Secrets["consumer_secret"].Reveal() != goodSecret {
			return "", koppel.E(koppel.KindAuth, "check", "the shop refuses the consumer key ck_1")
		}
		return "9.8.1", nil
	}
	s.server = newServer(Config{
		Store: s.db, Engine: s.engine, Log: slog.New(slog.NewJSONHandler(s.logs, nil)), LivePoll: 10 * time.Millisecond, LiveBeat: 50 * time.Millisecond,
		Connectors: connectors.NewCache(func(ctx context.Context, version int64) (connectors.Source, error) {
			return store.With(ctx, s.db, store.Queues(), func(tx *store.Tx) (connectors.Source, error) {
				v, err := tx.ConnectorVersion(ctx, version)
				return connectors.Source{Manifest: v.Manifest, Mapping: v.Mapping}, err
			})
		}),
		Preview: func(context.Context, Account, koppel.Object, string, store.PushedOrder) (json.RawMessage, error) {
			return json.RawMessage(`{"requests":[]}`), nil
		},
		Notify: func(context.Context, store.NoticeToSend) error { return nil },
		Check:  func(_ context.Context, a Account) (string, error) { return s.remote(a) },
	})
	listener := httptest.NewServer(s.server)
	t.Cleanup(listener.Close)
	s.url = listener.URL
	s.furnish(t)
	return s
}

// do runs fn in a transaction of the app role.
func do[T any](t *testing.T, s *site, scope store.Scope, fn func(context.Context, *store.Tx) (T, error)) T {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	out, err := store.With(ctx, s.db, scope, func(tx *store.Tx) (T, error) { return fn(ctx, tx) })
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (s *site) furnish(t *testing.T) {
	t.Helper()
	sources, err := connectors.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	demo, err := connectors.Compile(sources["demo"])
	if err != nil {
		t.Fatal(err)
	}
	do(t, s, store.AllWebshops(), func(ctx context.Context, tx *store.Tx) (any, error) {
		if _, err := tx.PublishConnector(ctx, store.NewConnectorVersion{
			Connector: "demo", Version: demo.Version, Digest: demo.Digest, Manifest: demo.Source.Manifest, Mapping: demo.Source.Mapping, PublishedBy: store.BuiltIn,
		}); err != nil {
			return nil, err
		}
		return tx.EnsureIntegration(ctx, "demo", demo.Name)
	})
	s.shop, s.other = s.newShop(t, "one"), s.newShop(t, "two")
	s.root = s.key(t, store.NewKey{Name: "root", Scopes: []string{"admin"}})
	s.mine = s.key(t, store.NewKey{Name: "mine", Scopes: store.KeyScopes(), Webshop: s.shop.UUID})
	s.theirs = s.key(t, store.NewKey{Name: "theirs", Scopes: store.KeyScopes(), Webshop: s.other.UUID})
	s.coupling, s.their = s.couple(t, s.shop), s.couple(t, s.other)
}

func (s *site) newShop(t *testing.T, name string) store.Webshop {
	t.Helper()
	return do(t, s, store.AllWebshops(), func(ctx context.Context, tx *store.Tx) (store.Webshop, error) {
		o, err := tx.CreateOrganisation(ctx, "owner of "+name)
		if err != nil {
			return store.Webshop{}, err
		}
		return tx.CreateWebshop(ctx, store.NewWebshop{Organisation: o.UUID, Name: name})
	})
}

func (s *site) key(t *testing.T, n store.NewKey) string {
	t.Helper()
	return do(t, s, store.AllWebshops(), func(ctx context.Context, tx *store.Tx) (string, error) {
		_, text, err := tx.CreateKey(ctx, n)
		return text.Reveal(), err
	})
}

// couple makes an active coupling of the demo connector with good credentials.
func (s *site) couple(t *testing.T, shop store.Webshop) store.Coupling {
	t.Helper()
	return do(t, s, store.ForWebshop(shop.ID), func(ctx context.Context, tx *store.Tx) (store.Coupling, error) {
		credential, err := tx.CreateCredential(ctx, store.NewCredential{Connector: "demo", Name: "demo", Secrets: map[string]koppel.Secret{
			"store_url": koppel.NewSecret("https://shop.example"), "consumer_key": koppel.NewSecret("ck_1"), "consumer_secret": koppel.NewSecret(goodSecret),
		}})
		if err != nil {
			return store.Coupling{}, err
		}
		c, err := tx.CreateCoupling(ctx, store.NewCoupling{Integration: "demo", Name: "demo of " + shop.Name, Credential: credential.UUID})
		if err != nil {
			return c, err
		}
		if _, err := tx.ActivateCoupling(ctx, c.UUID, nil); err != nil {
			return c, err
		}
		return tx.CouplingActive(ctx, c.UUID)
	})
}

// run opens a run of a coupling and starts it.
func (s *site) run(t *testing.T, c store.Coupling, group koppel.Object) store.Run {
	t.Helper()
	return do(t, s, store.ForWebshop(c.WebshopID), func(ctx context.Context, tx *store.Tx) (store.Run, error) {
		opened, err := tx.OpenRun(ctx, store.NewRun{
			Coupling: c.UUID, Direction: koppel.Pull, StreamGroup: string(group), Mode: koppel.ModeFull, Trigger: koppel.TriggerManual,
			WorkflowID: koppel.PullWorkflowID(koppel.ModeFull, c.UUID, string(group), ""),
		})
		if err != nil {
			return store.Run{}, err
		}
		return tx.StartRun(ctx, opened.Run.UUID, opened.Run.WorkflowID)
	})
}

func (s *site) finish(t *testing.T, r store.Run, f store.Finish) {
	t.Helper()
	do(t, s, store.ForWebshop(r.WebshopID), func(ctx context.Context, tx *store.Tx) (store.Run, error) { return tx.FinishRun(ctx, r.UUID, f) })
}

// read writes records of a stream as a worker would, and ends the run.
func (s *site) read(t *testing.T, c store.Coupling, stream koppel.Object, records ...store.Record) store.Run {
	t.Helper()
	r := s.run(t, c, stream)
	s.write(t, r, string(stream), records...)
	s.finish(t, r, store.Finish{State: koppel.RunSucceeded})
	return r
}

func (s *site) write(t *testing.T, r store.Run, stream string, records ...store.Record) {
	t.Helper()
	lease, _, err := s.env.Engine.TakeLease(t.Context(), r.WebshopID, r.ID, stream, "test")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.env.Engine.WriteBatch(t.Context(), &store.Batch{Lease: lease, Records: records, Pages: 1, Total: -1}); err != nil {
		t.Fatal(err)
	}
}

// record maps to one object of the same id.
func record(t *testing.T, object koppel.Object, id string, fields map[string]any) store.Record {
	t.Helper()
	values := make(koppel.Values, len(object.Fields()))
	for name, value := range fields {
		i, _, ok := object.Field(name)
		if !ok {
			t.Fatalf("%s have no %s", object, name)
		}
		values[i] = value
	}
	raw := fmt.Appendf(nil, `{"id":%q}`, id)
	return store.Record{ID: id, Ticket: 1, Raw: raw, Hash: md5.Sum(raw), Mapped: []store.Mapped{{Object: object, RemoteID: id, Values: values}}}
}

func productRecord(t *testing.T, id string) store.Record {
	return record(t, koppel.Products, id, map[string]any{
		"name": "Product <" + id + ">", "sku_code": "SKU-" + id, "ean_code": "87110000000" + id, "status": "enabled",
		"price": decimal.RequireFromString("12.500000"), "stock_level": int64(-3), "categories": []string{"Chairs"},
	})
}

func supplierRecord(t *testing.T, id string) store.Record {
	return record(t, koppel.Suppliers, id, map[string]any{"name": "Supplier " + id, "delivery_time": int64(7)})
}

// answered is what a request got.
type answered struct {
	status int
	header http.Header
	body   []byte
}

// ask sends a request with a key; body becomes JSON unless it is a string or nil.
func (s *site) ask(t *testing.T, key, method, path string, body any) answered {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	res := s.open(t, ctx, key, method, path, body)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answered{status: res.StatusCode, header: res.Header, body: text}
}

// status is that of an answer whose body may have no end.
func (s *site) status(t *testing.T, key, method, path string, body any) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	res := s.open(t, ctx, key, method, path, body)
	_ = res.Body.Close()
	return res.StatusCode
}

func (s *site) open(t *testing.T, ctx context.Context, key, method, path string, body any) *http.Response {
	t.Helper()
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	default:
		text, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		reader = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, s.url+path, reader)
	if err != nil {
		t.Fatal(err)
	}
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// want reads an answer of a status into T.
func want[T any](t *testing.T, a answered, status int) T {
	t.Helper()
	var out T
	if a.status != status {
		t.Fatalf("status %d, want %d: %s", a.status, status, a.body)
	}
	if err := json.Unmarshal(a.body, &out); err != nil {
		t.Fatalf("%v in %s", err, a.body)
	}
	return out
}

// refused reads a problem of a status and kind.
func refused(t *testing.T, a answered, status int, kind koppel.Kind) Problem {
	t.Helper()
	p := want[Problem](t, a, status)
	if got := a.header.Get("Content-Type"); got != problemType {
		t.Errorf("content type %q, want %q", got, problemType)
	}
	if p.Kind != kind || p.Status != status || p.Type != "urn:koppel:kind:"+string(kind) || p.Title == "" || p.Detail == "" || p.Owner == "" || p.Next == "" {
		t.Errorf("the problem is not whole, or not of kind %s: %s", kind, a.body)
	}
	return p
}

// places are the locations of a problem's errors.
func places(p Problem) []string {
	return each(p.Errors, func(e FieldError) string { return e.Location })
}

const v1 = "/api/v1"
