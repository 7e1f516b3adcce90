package connect_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html"
	"io"
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
	"github.com/koppel-io/koppel/connectors"
	"github.com/koppel-io/koppel/store"
	"github.com/koppel-io/koppel/store/storetest"
	"github.com/koppel-io/koppel/web/connect"
)

const manifestText = `connector: books
version: 1.0.0
name: Books Online
provider_types: [accounting]
credentials: { country: { type: enum, choices: [nl, be], default: nl }, key: { type: string, title: Licence key } }
http:
  base: https://books.example
  auth: { oauth2: { authorize: https://books.example/login, token: /token, client: { id: us } } }
  capture: { division: { title: Administration, choices: { get: /divisions, value: record.code, label: record.name } } }
streams:
  rows: { get: /rows, key: id }
`

const mappingText = `objects:
  suppliers: { from: [rows], remote_id: string(record.id), name: record.name }
`

// remote stands for a remote account; the engine's own is tested in its room.
type remote struct {
	*site
	account store.Account
}

func (r remote) LogsIn() bool { return r.logsIn }
func (r remote) Close()       {}

func (r remote) LoginURL(l koppel.Login) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.login = l
	return "https://books.example/login?" + url.Values{"state": {l.State}, "redirect_uri": {l.Redirect}}.Encode(), nil
}

func (r remote) FinishLogin(_ context.Context, code string, l koppel.Login) (koppel.Token, error) {
	if code != "good" || l != r.login {
		return koppel.Token{}, koppel.E(koppel.KindAuth, "finish", "the code was used")
	}
	return koppel.Token{Access: koppel.NewSecret("a"), Refresh: koppel.NewSecret("r"), Obtained: time.Now()}, nil
}

func (r remote) Check(context.Context) error {
	if r.account.Secrets["key"].Reveal() != "right" {
		return koppel.E(koppel.KindAuth, "check", "the licence <key> is unknown")
	}
	return nil
}

func (r remote) Detect(context.Context) (string, error) { return "7.1", nil }

func (r remote) Capture(_ context.Context, known map[string]any) ([]koppel.Captured, error) {
	found := koppel.Captured{Name: "division", Title: "Administration", Value: known["division"]}
	if found.Value == nil {
		found.Choices = []koppel.Choice{{Value: "12", Label: "Shop BV"}, {Value: "34", Label: "Holding BV"}}
	}
	return []koppel.Captured{found}, nil
}

// site is the pages over a real database, and a browser.
type site struct {
	*storetest.Env
	db       *store.DB
	shop     store.Webshop
	coupling store.Coupling
	url      string
	logsIn   bool

	mu      sync.Mutex
	login   koppel.Login
	started []string
}

func (s *site) Activate(_ context.Context, c store.Coupling) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.started = append(s.started, "activate "+c.UUID)
	return nil
}

func (s *site) Sweep(context.Context) error { return nil }

func newSite(t *testing.T, logsIn bool) *site {
	t.Helper()
	s := &site{Env: storetest.New(t), logsIn: logsIn}
	keys, err := store.ParseKeys(store.NewMasterKey("k.1").Reveal())
	if err != nil {
		t.Fatal(err)
	}
	if s.db, err = store.Open(t.Context(), store.Config{DSN: s.AppDSN, Role: store.App, Keys: keys}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.db.Close)
	s.shop = s.Webshop(t, "Bike <shop>")
	compiled, err := connectors.Compile(connectors.Source{Manifest: manifestText, Mapping: mappingText})
	if err != nil {
		t.Fatal(err)
	}
	in(t, s, store.AllWebshops(), func(tx *store.Tx) (any, error) {
		_, err := tx.PublishConnector(t.Context(), store.NewConnectorVersion{
			Connector: "books", Version: "1.0.0", Digest: compiled.Digest, Manifest: manifestText, Mapping: mappingText, PublishedBy: "test",
		})
		if err != nil {
			return nil, err
		}
		return tx.EnsureIntegration(t.Context(), "books", "Books Online")
	})
	s.coupling = in(t, s, store.ForWebshop(s.shop.ID), func(tx *store.Tx) (store.Coupling, error) {
		return tx.CreateCoupling(t.Context(), store.NewCoupling{Integration: "books", Name: "Our books"})
	})
	server := httptest.NewUnstartedServer(nil)
	s.url = "http://" + server.Listener.Addr().String()
	server.Config.Handler = connect.New(connect.Config{
		Store: s.db, Engine: s, PublicURL: s.url + "/",
		Connectors: connectors.NewCache(func(context.Context, int64) (connectors.Source, error) { return compiled.Source, nil }),
		Open: func(_ context.Context, _ store.Coupling, _ *connectors.Connector, a store.Account) (connect.Remote, error) {
			return remote{s, a}, nil
		},
	})
	server.Start()
	t.Cleanup(server.Close)
	return s
}

func in[T any](t *testing.T, s *site, scope store.Scope, fn func(tx *store.Tx) (T, error)) T {
	t.Helper()
	v, err := store.With(t.Context(), s.db, scope, fn)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func (s *site) link(t *testing.T, lifetime time.Duration) string {
	t.Helper()
	l := in(t, s, store.ForWebshop(s.shop.ID), func(tx *store.Tx) (store.ConnectLink, error) {
		return tx.CreateConnectLink(t.Context(), store.NewConnectLink{
			Coupling: s.coupling.UUID, CreatedBy: "test", Activate: true, Lifetime: lifetime, ReturnTo: "https://back.example/",
		})
	})
	token, err := s.db.LinkToken(l)
	if err != nil {
		t.Fatal(err)
	}
	return s.url + "/connect/" + token
}

func (s *site) look(t *testing.T) store.Coupling {
	t.Helper()
	return in(t, s, store.ForWebshop(s.shop.ID), func(tx *store.Tx) (store.Coupling, error) { return tx.Coupling(t.Context(), s.coupling.UUID) })
}

// browser is a customer's browser: it keeps cookies and follows redirects.
type browser struct {
	t *testing.T
	*http.Client
	status int
	header http.Header
	page   string
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, Client: &http.Client{Jar: jar, Timeout: 20 * time.Second}}
}

func (b *browser) read(res *http.Response, err error) string {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	b.status, b.header, b.page = res.StatusCode, res.Header, string(body)
	return b.page
}

func (b *browser) open(address string) string { b.t.Helper(); return b.read(b.Get(address)) }

var (
	actions = regexp.MustCompile(`action="([^"]+)"`)
	marks   = regexp.MustCompile(`name="mark" value="([^"]+)"`)
	leaves  = regexp.MustCompile(`class="button" href="([^"]+)"`)
)

// submit sends the page's form with values.
func (b *browser) submit(base string, values url.Values) string {
	b.t.Helper()
	action, mark := actions.FindStringSubmatch(b.page), marks.FindStringSubmatch(b.page)
	if action == nil || mark == nil {
		b.t.Fatalf("the page has no form:\n%s", b.page)
	}
	values.Set("mark", mark[1])
	return b.read(b.PostForm(base+action[1], values))
}

func (b *browser) says(parts ...string) {
	b.t.Helper()
	for _, part := range parts {
		if !strings.Contains(b.page, part) {
			b.t.Errorf("status %d: the page does not say %q:\n%s", b.status, part, b.page)
		}
	}
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func TestConnectByLogin(t *testing.T) {
	t.Parallel()
	s, b := newSite(t, true), newBrowser(t)
	link := s.link(t, 0)
	b.open(link)
	b.says("Connect Books Online", "Bike &lt;shop&gt;", "Koppel will read suppliers.", "Licence key")
	b.submit(s.url, url.Values{"field.country": {"nl"}, "field.key": {"right"}})
	b.says("Go to Books Online")
	leave := leaves.FindStringSubmatch(b.page)
	if leave == nil {
		t.Fatal("there is no way to the remote's login")
	}
	to, err := url.Parse(html.UnescapeString(leave[1]))
	if err != nil || to.Host != "books.example" || to.Query().Get("redirect_uri") != s.url+"/oauth/callback" {
		t.Fatalf("the login is at %s, %v", to, err)
	}
	state := to.Query().Get("state")

	thief := newBrowser(t)
	thief.open(s.url + "/oauth/callback?code=good&state=" + url.QueryEscape(state))
	thief.says("another browser")
	b.open(s.url + "/oauth/callback?code=good&state=" + url.QueryEscape(state))
	b.says("answered already") // the state was spent by the thief, who got nothing

	b.open(link)
	b.submit(s.url, url.Values{"field.country": {"nl"}, "field.key": {"right"}})
	b.open(s.url + "/oauth/callback?error=access_denied&error_description=%3Cscript%3E&state=" + url.QueryEscape(s.login.State))
	b.says("Books Online did not let Koppel in: the login was cancelled", "&lt;script&gt;")
	b.submit(s.url, url.Values{"field.country": {"nl"}, "field.key": {"right"}})
	b.open(s.url + "/oauth/callback?code=good&state=" + url.QueryEscape(s.login.State))
	b.says("Choose: Administration", "Shop BV", "Holding BV")
	b.open(link) // whoever closes the page goes on where he was
	b.says("Choose: Administration")
	b.submit(s.url, url.Values{"choice.division": {"99"}})
	b.says("Please choose one of the list.")
	b.submit(s.url, url.Values{"choice.division": {"34"}})
	b.says("Books Online is connected", `href="https://back.example/"`)
	c := s.look(t)
	if c.State != koppel.CouplingActivating || c.RemoteVersion != "7.1" || len(s.started) != 1 {
		t.Errorf("afterwards the coupling is %s, version %q, started %v", c.State, c.RemoteVersion, s.started)
	}
	a := in(t, s, store.ForWebshop(s.shop.ID), func(tx *store.Tx) (store.Account, error) {
		return tx.OpenAccount(t.Context(), "books", *c.CredentialID, nil)
	})
	if a.Captured["division"] != "34" {
		t.Errorf("captured %v", a.Captured)
	}
	// The link connects nothing else.
	again := newBrowser(t)
	again.open(link)
	again.says("Books Online is connected")
	if strings.Contains(again.page, "<form") {
		t.Error("a used link still shows a form")
	}
}

func TestConnectByKey(t *testing.T) {
	t.Parallel()
	s, b := newSite(t, false), newBrowser(t)
	link := s.link(t, 0)
	b.open(link)
	b.submit(s.url, url.Values{"field.country": {"xx"}})
	b.says("Please fill this in.", "must be one of nl, be")
	b.submit(s.url, url.Values{"field.country": {"be"}, "field.key": {"wrong"}})
	b.says("Choose: Administration")
	b.submit(s.url, url.Values{"choice.division": {"12"}})
	b.says("The remote system refused the credentials: the licence &lt;key&gt; is unknown", "Please check what you entered")
	if c := s.look(t); c.State != koppel.CouplingDraft {
		t.Errorf("after a refusal the coupling is %s", c.State)
	}
	b.submit(s.url, url.Values{"field.country": {"be"}, "field.key": {"right"}})
	b.says("Books Online is connected")
}

func TestLinksThatDoNotWork(t *testing.T) {
	t.Parallel()
	s := newSite(t, true)
	link := s.link(t, time.Minute)
	owner := s.Owner(t)
	for name, tc := range map[string]struct {
		address, says string
	}{
		"cut off":      {link[:len(link)-3], "not complete"},
		"another's":    {strings.Replace(link, "k.1.", "k.2.", 1), "not complete"},
		"no such path": {s.url + "/connect/", "not complete"},
		"no login":     {s.url + "/oauth/callback?code=x&state=y", "answered already"},
	} {
		b := newBrowser(t)
		b.open(tc.address)
		b.says(tc.says)
		if b.status != http.StatusNotFound {
			t.Errorf("%s: status %d", name, b.status)
		}
	}
	b := newBrowser(t)
	b.open(link)
	for header, want := range map[string]string{
		"Content-Security-Policy": "default-src 'none'", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY", "Cache-Control": "no-store",
	} {
		if got := b.header.Get(header); !strings.HasPrefix(got, want) {
			t.Errorf("%s is %q", header, got)
		}
	}
	stranger := newBrowser(t)
	stranger.page = b.page
	stranger.submit(s.url, url.Values{"field.key": {"right"}})
	stranger.says("another browser")
	if _, err := owner.Exec(t.Context(), `UPDATE connect_link SET expires_at = now() - interval '1 s'`); err != nil {
		t.Fatal(err)
	}
	b.open(link)
	b.says("this link worked until", "ask whoever sent you the link")
	for range 60 {
		if b.open(link); b.status == http.StatusTooManyRequests {
			b.says("Too many attempts")
			return
		}
	}
	t.Error("nobody is slowed down")
}

// TestTheStyleIsTheOneThatThePolicyNames: a browser would drop it otherwise.
func TestTheStyleIsTheOneThatThePolicyNames(t *testing.T) {
	t.Parallel()
	s, b := newSite(t, true), newBrowser(t)
	b.open(s.link(t, 0))
	_, rest, _ := strings.Cut(b.page, "<style>")
	style, _, _ := strings.Cut(rest, "</style>")
	want := fmt.Sprintf("style-src 'sha256-%s'", hashOf(style))
	if policy := b.header.Get("Content-Security-Policy"); !strings.Contains(policy, want) {
		t.Errorf("the policy is %q, the page's style %s", policy, want)
	}
	if len(style) < 100 {
		t.Errorf("the page has no style: %q", style)
	}
}
