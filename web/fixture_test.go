package web_test

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/api"
	"github.com/koppel-io/koppel/connectors"
	"github.com/koppel-io/koppel/store"
	"github.com/koppel-io/koppel/store/storetest"
	"github.com/koppel-io/koppel/web"
)

// recorder stands in for the starting of workflows and remembers what it was asked.
type recorder struct {
	mu    sync.Mutex
	asked []string
}

func (r *recorder) note(what string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked = append(r.asked, what)
	return nil
}

func (r *recorder) StartRun(_ context.Context, run store.Run) error {
	return r.note("start " + run.StreamGroup)
}
func (r *recorder) Activate(context.Context, store.Coupling) error { return r.note("activate") }
func (r *recorder) Close(context.Context, store.Coupling) error    { return r.note("close") }
func (r *recorder) Cancel(context.Context, string) error           { return r.note("cancel") }
func (r *recorder) Sweep(context.Context) error                    { return r.note("sweep") }
func (r *recorder) Ping(context.Context) error                     { return nil }

func (r *recorder) did(what string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Contains(strings.Join(r.asked, "\n"), what)
}

// site is pages and API over a database of its own, with a coupling in each of two webshops.
type site struct {
	env             *storetest.Env
	engine          *recorder
	url             string
	logs            *logs
	mine, theirs    store.Webshop
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

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{env: storetest.New(t), engine: &recorder{}, logs: &logs{}}
	log := slog.New(slog.NewTextHandler(s.logs, nil))
	family := api.New(api.Config{
		Store: s.env.App, Engine: s.engine, Log: log,
		Connectors: connectors.NewCache(func(ctx context.Context, version int64) (connectors.Source, error) {
			return store.With(ctx, s.env.App, store.Queues(), func(tx *store.Tx) (connectors.Source, error) {
				v, err := tx.ConnectorVersion(ctx, version)
				return connectors.Source{Manifest: v.Manifest, Mapping: v.Mapping}, err
			})
		}),
		Check: func(context.Context, api.Account) (string, error) {
			return "", koppel.E(koppel.KindAuth, "check", "the shop refuses the consumer key ck_1")
		},
		Preview: func(context.Context, api.Account, koppel.Object, string, store.PushedOrder) (json.RawMessage, error) {
			return json.RawMessage(`{}`), nil
		},
	})
	pages := web.New(web.Config{Store: s.env.App, API: family, Session: time.Hour, Poll: 20 * time.Millisecond, Log: log})
	mux := http.NewServeMux()
	mux.Handle("/", family)
	for _, path := range web.Paths() {
		mux.Handle(path, pages)
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	s.url = server.URL
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
	s.mine, s.theirs = s.env.Webshop(t, "Mine <b>"), s.env.Webshop(t, "Theirs")
	s.coupling, s.their = s.couple(t, s.mine, "Books of mine"), s.couple(t, s.theirs, "Books of theirs")
	return s
}

// do runs fn in a transaction of the app role.
func do[T any](t *testing.T, s *site, scope store.Scope, fn func(context.Context, *store.Tx) (T, error)) T {
	t.Helper()
	out, err := store.With(t.Context(), s.env.App, scope, func(tx *store.Tx) (T, error) { return fn(t.Context(), tx) })
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// couple makes an active coupling of the demo connector.
func (s *site) couple(t *testing.T, shop store.Webshop, name string) store.Coupling {
	t.Helper()
	return do(t, s, store.ForWebshop(shop.ID), func(ctx context.Context, tx *store.Tx) (store.Coupling, error) {
		credential, err := tx.CreateCredential(ctx, store.NewCredential{Connector: "demo", Name: "demo", Secrets: map[string]koppel.Secret{
			"store_url": koppel.NewSecret("https://shop.example"), "consumer_key": koppel.NewSecret("ck_1"), "consumer_secret": koppel.NewSecret("cs_secret"),
		}})
		if err != nil {
			return store.Coupling{}, err
		}
		c, err := tx.CreateCoupling(ctx, store.NewCoupling{Integration: "demo", Name: name, Credential: credential.UUID})
		if err != nil {
			return c, err
		}
		if _, err := tx.ActivateCoupling(ctx, c.UUID, nil); err != nil {
			return c, err
		}
		return tx.CouplingActive(ctx, c.UUID)
	})
}

// key makes one, bound to a webshop unless that is the zero one.
func (s *site) key(t *testing.T, name string, shop store.Webshop, scopes ...string) string {
	t.Helper()
	return do(t, s, store.AllWebshops(), func(ctx context.Context, tx *store.Tx) (string, error) {
		_, text, err := tx.CreateKey(ctx, store.NewKey{Name: name, Scopes: scopes, Webshop: shop.UUID})
		return text.Reveal(), err
	})
}

// run opens a run of a coupling and starts it.
func (s *site) run(t *testing.T, c store.Coupling, group koppel.Object) store.Run {
	t.Helper()
	return do(t, s, store.ForWebshop(c.WebshopID), func(ctx context.Context, tx *store.Tx) (store.Run, error) {
		opened, err := tx.OpenRun(ctx, store.NewRun{
			Coupling: c.UUID, Direction: koppel.Pull, StreamGroup: string(group), Mode: koppel.ModeFull, Trigger: koppel.TriggerManual, AskedBy: "somebody",
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

// read writes n suppliers as a worker would; parked says that each is parked.
func (s *site) read(t *testing.T, r store.Run, from, n int, total int64, park string) {
	t.Helper()
	lease, _, err := s.env.Engine.TakeLease(t.Context(), r.WebshopID, r.ID, "suppliers", "test")
	if err != nil {
		t.Fatal(err)
	}
	batch := &store.Batch{Lease: lease, Pages: 1, Total: total}
	for i := from; i < from+n; i++ {
		raw := fmt.Appendf(nil, `{"id":%d}`, i)
		id := fmt.Sprint(i)
		record := store.Record{ID: id, Ticket: 1, Raw: raw, Hash: md5.Sum(raw)}
		values := make(koppel.Values, len(koppel.Suppliers.Fields()))
		at, _, _ := koppel.Suppliers.Field("name")
		values[at] = "Supplier " + id
		if park == "" {
			record.Mapped = []store.Mapped{{Object: koppel.Suppliers, RemoteID: id, Values: values}}
		} else {
			record.Parked = []store.Parked{{Object: koppel.Suppliers, Kind: koppel.KindMapping, Field: "name", Reason: park}}
		}
		batch.Records = append(batch.Records, record)
	}
	if _, err := s.env.Engine.WriteBatch(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
}

// browser keeps cookies and follows redirects, as people's do.
type browser struct {
	t *testing.T
	*http.Client
	base   string
	status int
	header http.Header
	at     string
	page   string
}

func (s *site) browser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, Client: &http.Client{Jar: jar, Timeout: 30 * time.Second}, base: s.url}
}

// signedIn is a browser after the sign-in with a key.
func (s *site) signedIn(t *testing.T, key string) *browser {
	t.Helper()
	b := s.browser(t)
	b.open("/sign-in")
	b.submit("/sign-in", url.Values{"key": {key}})
	if b.status != http.StatusOK || b.at != "/inbox" {
		t.Fatalf("after the sign-in: status %d at %s:\n%s", b.status, b.at, b.page)
	}
	return b
}

func (b *browser) read(res *http.Response, err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	b.status, b.header, b.at, b.page = res.StatusCode, res.Header, res.Request.URL.RequestURI(), string(body)
}

func (b *browser) open(path string) { b.t.Helper(); b.read(b.Get(b.base + path)) }

var marks = regexp.MustCompile(`name="mark" value="([^"]+)"`)

// submit posts a form to path with the mark of the page that is shown.
func (b *browser) submit(path string, values url.Values) {
	b.t.Helper()
	mark := marks.FindStringSubmatch(b.page)
	if mark == nil {
		b.t.Fatalf("the page has no form:\n%s", b.page)
	}
	if values == nil {
		values = url.Values{}
	}
	values.Set("mark", mark[1])
	b.read(b.PostForm(b.base+path, values))
}

var tags = regexp.MustCompile(`<[^>]*>`)

// text is the page as it is written, and as people read it.
func (b *browser) text() string {
	return html.UnescapeString(b.page) + "\n" + html.UnescapeString(tags.ReplaceAllString(b.page, ""))
}

// says checks that the page is whole and has the parts.
func (b *browser) says(parts ...string) {
	b.t.Helper()
	text := b.text()
	if !strings.Contains(b.page, "</html>") {
		b.t.Errorf("%s is cut off", b.at)
	}
	for _, part := range parts {
		if !strings.Contains(text, part) {
			b.t.Errorf("%s, status %d, does not say %q:\n%s", b.at, b.status, part, b.page)
		}
	}
}

func (b *browser) hides(parts ...string) {
	b.t.Helper()
	text := b.text()
	for _, part := range parts {
		if strings.Contains(text, part) {
			b.t.Errorf("%s, status %d, says %q:\n%s", b.at, b.status, part, b.page)
		}
	}
}
