package main

import (
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
	"github.com/koppel-io/koppel/connectors"
	"github.com/koppel-io/koppel/fakes/exact"
)

// newExact couples an administration of a fake Exact Online as a customer does: by a connect link, a login there, and
// the choice of the administration. It is activated by that.
func newExact(t *testing.T, l *land, name string, cfg exact.Config) (*site, *exact.Site) {
	t.Helper()
	publishExact(t, l, name)
	cfg.MinuteCalls = -1
	remote, err := exact.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s := &site{land: l, url: serveExact(t, remote, remote.Handler())}
	if s.webshop, err = l.api.CreateWebshop(t.Context(), client.NewWebshop{Name: t.Name(), Organisation: "Tests"}); err != nil {
		t.Fatal(err)
	}
	if s.coupling, err = l.api.CreateCoupling(t.Context(), client.NewCoupling{Webshop: s.webshop.ID, Connector: name, Name: t.Name()}); err != nil {
		t.Fatal(err)
	}
	s.connect(t)
	s.awaitState(t, koppel.CouplingActive)
	return s, remote
}

// publishExact publishes the connector of Exact Online under a name of its own, with the credential of our app there.
// replacements of its text come in pairs.
func publishExact(t *testing.T, l *land, name string, replacements ...string) {
	t.Helper()
	source, err := connectors.ReadSource("../../connectors/exact-online")
	if err != nil {
		t.Fatal(err)
	}
	// A minute's pace is the connector's own; here it would only make the test last as long.
	replacements = append(replacements, "limit: 50, per: 1m, burst: 10", "limit: 60000, per: 1m, burst: 1000", "connector: exact-online\n", "connector: "+name+"\n")
	publish(t, l, client.ConnectorSource{Manifest: strings.NewReplacer(replacements...).Replace(source.Manifest), Mapping: source.Mapping})
	if _, err := l.api.SetAppCredential(t.Context(), name, "production", client.Credentials{"client_id": "fake-app", "client_secret": "fake-secret"}); err != nil {
		t.Fatal(err)
	}
}

// serveExact opens the site's handler to the world until the test ends, and gives its address.
func serveExact(t *testing.T, remote *exact.Site, handler http.Handler) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(func() {
		if err := remote.Close(); err != nil {
			t.Error(err)
		}
		server.Close()
	})
	return server.URL
}

// connect goes by a connect link to the login of Exact Online and back.
func (s *site) connect(t *testing.T) {
	t.Helper()
	link, err := s.land.api.MakeConnectLink(t.Context(), s.coupling.ID, client.NewConnectLink{})
	if err != nil {
		t.Fatal(err)
	}
	visitor := newVisitor(t)
	visitor.open(link.URL)
	visitor.submit(link.URL, url.Values{"field.host": {s.url}})
	way := leaving.FindStringSubmatch(visitor.page)
	if way == nil {
		t.Fatalf("no way to the login:\n%s", visitor.page)
	}
	visitor.open(html.UnescapeString(way[1])) // consents and comes back by itself
	if strings.Contains(visitor.page, "choice.division") {
		visitor.submit(link.URL, url.Values{"choice.division": {"123456"}})
	}
	if !strings.Contains(visitor.page, "is connected to") {
		t.Fatalf("the account is not connected:\n%s", visitor.page)
	}
}

// visitor is the browser of a customer.
type visitor struct {
	*http.Client
	t    *testing.T
	page string
}

var (
	formAction = regexp.MustCompile(`action="([^"]+)"`)
	formMark   = regexp.MustCompile(`name="mark" value="([^"]+)"`)
	leaving    = regexp.MustCompile(`class="button" href="([^"]+)"`)
)

func newVisitor(t *testing.T) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{Client: &http.Client{Jar: jar, Timeout: patience}, t: t}
}

func (v *visitor) open(address string) {
	v.t.Helper()
	v.read(v.Get(address))
}

// submit sends the form of the page.
func (v *visitor) submit(base string, values url.Values) {
	v.t.Helper()
	action, mark := formAction.FindStringSubmatch(v.page), formMark.FindStringSubmatch(v.page)
	at, err := url.Parse(base)
	if action == nil || mark == nil || err != nil {
		v.t.Fatalf("the page has no form (%v):\n%s", err, v.page)
	}
	values.Set("mark", html.UnescapeString(mark[1]))
	v.read(v.PostForm(at.Scheme+"://"+at.Host+html.UnescapeString(action[1]), values))
}

func (v *visitor) read(res *http.Response, err error) {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	v.page = string(body)
}
