package rest

import (
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/koppel-io/koppel"
)

// TestSignatureBase is the example of RFC 5849 section 3.4.1.1, with the
// parameters of its body and header in the query.
func TestSignatureBase(t *testing.T) {
	t.Parallel()
	u, err := url.Parse("http://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b&c2&a3=2+q" +
		"&oauth_consumer_key=9djdj82h48djs9d2&oauth_token=kkk9d7dh3k39sjv7&oauth_signature_method=HMAC-SHA1&oauth_timestamp=137131201&oauth_nonce=7d8f3e4a")
	if err != nil {
		t.Fatal(err)
	}
	want := "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7"
	got, err := signatureBase("POST", u)
	if err != nil || got != want {
		t.Errorf("got  %s\nwant %s (%v)", got, want, err)
	}
}

const chosenManifest = head + `
credentials: { url: { type: url }, key: { type: string, secret: true }, secret: { type: string, secret: true } }
settings: { in_query: { type: boolean, default: false } }
http:
  base: ${credentials.url}
  auth:
    - when: credentials.url startsWith "http://"
      oauth1: { key: "${credentials.key}", secret: "${credentials.secret}" }
    - when: settings.in_query
      query: { consumer_key: "${credentials.key}", consumer_secret: "${credentials.secret}" }
    - basic: { username: "${credentials.key}", password: "${credentials.secret}" }
  check: { get: "/check?a=1", query: { q: "x y" } }
`

func TestAuthIsChosenByCondition(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var seen *http.Request
	serve := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		seen = r
		fmt.Fprint(w, `{}`)
	})
	plain, secure := httptest.NewServer(serve), httptest.NewTLSServer(serve)
	t.Cleanup(plain.Close)
	t.Cleanup(secure.Close)
	roots := x509.NewCertPool()
	roots.AddCert(secure.Certificate())
	tr, err := NewTransport(TransportConfig{Allow: []string{"127.0.0.1"}, Roots: roots})
	if err != nil {
		t.Fatal(err)
	}
	m, err := Parse("connector.yaml", []byte(chosenManifest), tinyCompile)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(address string, settings map[string]any) *http.Request {
		c := client(t, m, func(config *ClientConfig) {
			config.Transport, config.Settings = tr, settings
			config.Credentials = map[string]koppel.Secret{"url": koppel.NewSecret(address + "/"), "key": koppel.NewSecret("ck_1"), "secret": koppel.NewSecret("cs_+/1")}
		})
		if err := c.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		mu.Lock()
		defer mu.Unlock()
		return seen
	}
	if user, password, ok := ask(secure.URL, nil).BasicAuth(); !ok || user != "ck_1" || password != "cs_+/1" {
		t.Errorf("https: %s %s %v", user, password, ok)
	}
	r := ask(secure.URL, map[string]any{"in_query": true})
	if q := r.URL.Query(); q.Get("consumer_secret") != "cs_+/1" || q.Get("a") != "1" || q.Get("q") != "x y" || r.Header.Get("Authorization") != "" {
		t.Errorf("key in the query: %s", r.URL)
	}
	r = ask(plain.URL, nil)
	q := r.URL.Query()
	if q.Get("oauth_consumer_key") != "ck_1" || q.Get("oauth_signature_method") != "HMAC-SHA256" || q.Get("oauth_signature") == "" || r.Header.Get("Authorization") != "" {
		t.Errorf("http: %s", r.URL)
	}
	first := q.Get("oauth_nonce")
	if again := ask(plain.URL, nil).URL.Query().Get("oauth_nonce"); again == first {
		t.Error("a nonce was used twice")
	}
}

const tokenManifest = head + `
credentials: { id: { type: string }, secret: { type: string, secret: true } }
http:
  base: "%s"
  auth: { client_credentials: { token: /token, client: { id: "${credentials.id}", secret: "${credentials.secret}" }, scope: "a b", audience: shop, style: SEND } }
  check: { get: /check }
`

// issuer is a token server and the API behind it.
type issuer struct {
	mu      sync.Mutex
	issued  int
	good    map[string]bool
	expires string
	asked   []url.Values
	basic   []string
	refuse  int
}

func (i *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if r.URL.Path == "/token" {
		_ = r.ParseForm()
		i.asked = append(i.asked, r.PostForm)
		i.basic = append(i.basic, r.Header.Get("Authorization"))
		if i.refuse != 0 {
			w.WriteHeader(i.refuse)
			fmt.Fprint(w, `{"error":"invalid_client","error_description":"unknown client cs_9"}`)
			return
		}
		i.issued++
		token := fmt.Sprintf("token-%d", i.issued)
		i.good = map[string]bool{token: true}
		fmt.Fprintf(w, `{"access_token":%q,"token_type":"Bearer"%s}`, token, i.expires)
		return
	}
	if !i.good[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")] {
		w.WriteHeader(http.StatusUnauthorized)
		_ = json.NewEncoder(w).Encode(map[string]string{"title": "Expired JWT"})
		return
	}
	fmt.Fprint(w, `{}`)
}

func tokenClient(t *testing.T, i *issuer, send string, tr *Transport) *Client {
	t.Helper()
	server := httptest.NewServer(i)
	t.Cleanup(server.Close)
	m := manifest(t, strings.Replace(tokenManifest, "SEND", send, 1), server.URL)
	return client(t, m, func(config *ClientConfig) {
		config.Transport = tr
		config.Credentials = map[string]koppel.Secret{"id": koppel.NewSecret("ck:9"), "secret": koppel.NewSecret("cs_9")}
	})
}

func TestClientCredentials(t *testing.T) {
	t.Parallel()
	i := &issuer{expires: `,"expires_in":"299"`}
	c := tokenClient(t, i, "form", transport(t))
	now := time.Now()
	c.now = func() time.Time { return now }
	check := func(want int) {
		t.Helper()
		if err := c.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		if i.issued != want {
			t.Errorf("%d tokens were issued, want %d", i.issued, want)
		}
	}
	check(1)
	check(1)
	if f := i.asked[0]; f.Get("grant_type") != "client_credentials" || f.Get("client_id") != "ck:9" || f.Get("client_secret") != "cs_9" || f.Get("scope") != "a b" || f.Get("audience") != "shop" {
		t.Errorf("asked with %v", f)
	}
	now = now.Add(260 * time.Second)
	check(1)
	now = now.Add(10 * time.Second) // within a tenth of the life of the end
	check(2)
	i.good = nil // revoked: refused once, renewed, repeated
	check(3)
}

func TestClientCredentialsByBasic(t *testing.T) {
	t.Parallel()
	i := &issuer{expires: `,"expires_in":60`}
	c := tokenClient(t, i, "basic", transport(t))
	if err := c.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := http.Request{Header: http.Header{"Authorization": {i.basic[0]}}}
	if user, password, _ := r.BasicAuth(); user != "ck%3A9" || password != "cs_9" || i.asked[0].Get("client_id") != "" {
		t.Errorf("asked with %q %q %v", user, password, i.asked[0])
	}
}

func TestTokenIsSharedByClientsOfACredential(t *testing.T) {
	t.Parallel()
	i := &issuer{}
	server := httptest.NewServer(i)
	t.Cleanup(server.Close)
	m, tr := manifest(t, strings.Replace(tokenManifest, "SEND", "form", 1), server.URL), transport(t)
	for _, secret := range []string{"one", "one", "two"} {
		c := client(t, m, func(config *ClientConfig) {
			config.Transport = tr
			config.Credentials = map[string]koppel.Secret{"id": koppel.NewSecret("x"), "secret": koppel.NewSecret(secret)}
		})
		if err := c.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if i.issued != 2 {
		t.Errorf("%d tokens were issued; a changed secret asks anew, an equal one does not", i.issued)
	}
}

func TestRefusedTokenIsAuth(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]koppel.Kind{400: koppel.KindAuth, 401: koppel.KindAuth, 503: koppel.KindRemoteUnavailable} {
		c := tokenClient(t, &issuer{refuse: status}, "form", transport(t))
		err := c.Check(t.Context())
		if koppel.KindOf(err) != want || strings.Contains(err.Error(), "cs_9") {
			t.Errorf("%d: %v", status, err)
		}
	}
}

func TestStillRefusedAfterARefreshIsAuth(t *testing.T) {
	t.Parallel()
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/token" {
			fmt.Fprint(w, `{"access_token":"never-good"}`)
			return
		}
		asked++
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprintf(w, `{"message":"bad %s"}`, r.Header.Get("Authorization"))
	}))
	t.Cleanup(server.Close)
	c := client(t, manifest(t, strings.Replace(tokenManifest, "SEND", "form", 1), server.URL), func(config *ClientConfig) {
		config.Credentials = map[string]koppel.Secret{"id": koppel.NewSecret("x"), "secret": koppel.NewSecret("yyyy")}
	})
	err := c.Check(t.Context())
	if koppel.KindOf(err) != koppel.KindAuth || asked != 2 || strings.Contains(err.Error(), "never-good") {
		t.Errorf("asked %d times: %v", asked, err)
	}
}
