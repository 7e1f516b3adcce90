package rest

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/koppel-io/koppel"
)

const loginManifest = head + `
credentials: { site: { type: url }, country: { type: string } }
app: { client_id: { type: string }, client_secret: { type: string, secret: true } }
environments:
  production: { login: "${credentials.site}/live" }
  sandbox: { login: "${credentials.site}/sandbox" }
http:
  base: ${credentials.site}/api
  auth:
    oauth2:
      authorize: ${environment.login}/auth
      token: ${environment.login}/token
      client: { id: "${app.client_id}", secret: "${app.client_secret}" }
      scope: read write
      params: { country: "${credentials.country}" }
      keep_alive: 20d
      revoke: { url: "${environment.login}/revoke" }
      refresh: { rotating: true, min_age: 570s, early: 25s, too_early: { status: 400, header: { Reason: TooEarly } } }
  capture:
    division:
      title: Administration
      get: /me
      value: body.division
      choices: { get: "/${credentials.division}/divisions", records: results, value: record.code, label: record.name }
    user: { get: "/${credentials.division}/user", value: body.name }
  check: { get: "/${credentials.division}/check" }
`

// provider is a login server with rotating refresh tokens, and its API.
type provider struct {
	mu        sync.Mutex
	access    string
	refresh   string
	issued    int
	asked     []url.Values
	revoked   []url.Values
	answer    func(w http.ResponseWriter) bool
	divisions string
	challenge string
}

func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.URL.Path == "/sandbox/revoke" {
		_ = r.ParseForm()
		p.revoked = append(p.revoked, r.PostForm)
		if p.answer != nil && p.answer(w) {
			return
		}
		return
	}
	if r.URL.Path == "/sandbox/token" {
		p.token(w, r)
		return
	}
	if r.Header.Get("Authorization") != "Bearer "+p.access {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	switch r.URL.Path {
	case "/api/me":
		fmt.Fprint(w, `{"division": 12}`)
	case "/api/12/divisions":
		fmt.Fprint(w, p.divisions)
	case "/api/12/user":
		fmt.Fprint(w, `{"name":"Jo"}`)
	case "/api/34/check":
		fmt.Fprint(w, `{}`)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func (p *provider) token(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	p.asked = append(p.asked, r.PostForm)
	if p.answer != nil && p.answer(w) {
		return
	}
	good := r.PostForm.Get("grant_type") == "refresh_token" && r.PostForm.Get("refresh_token") == p.refresh ||
		r.PostForm.Get("grant_type") == "authorization_code" && challenge(r.PostForm.Get("code_verifier")) == p.challenge
	if !good {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"error":"invalid_grant","error_description":"the refresh token was used"}`)
		return
	}
	p.issued++
	p.access, p.refresh = fmt.Sprintf("access-%d", p.issued), fmt.Sprintf("refresh-%d", p.issued)
	fmt.Fprintf(w, `{"access_token":%q,"refresh_token":%q,"expires_in":"600"}`, p.access, p.refresh)
}

// loginSite is a client of the provider whose token is the one given.
func loginSite(t *testing.T, p *provider, change func(*ClientConfig)) (*Client, *time.Time) {
	t.Helper()
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	m, err := Parse("connector.yaml", []byte(loginManifest), tinyCompile)
	if err != nil {
		t.Fatal(err)
	}
	c := client(t, m, func(config *ClientConfig) {
		config.Credentials = map[string]koppel.Secret{
			"site": koppel.NewSecret(server.URL), "country": koppel.NewSecret("nl"), "environment": koppel.NewSecret("sandbox"),
		}
		config.App = map[string]koppel.Secret{"client_id": koppel.NewSecret("our-app"), "client_secret": koppel.NewSecret("app-secret")}
		config.Captured = map[string]any{"division": int64(34)}
		if change != nil {
			change(config)
		}
	})
	now := time.Now()
	c.now = func() time.Time { return now }
	return c, &now
}

// loggedIn gives the client's store a first token.
func (p *provider) loggedIn(t *testing.T, c *Client, at time.Time) {
	t.Helper()
	p.access, p.refresh, p.issued = "access-1", "refresh-1", 1
	_, err := c.tokens.Renew(t.Context(), LoginToken, koppel.Token{}, true, AskToken(first(koppel.Token{
		Access: koppel.NewSecret("access-1"), Refresh: koppel.NewSecret("refresh-1"), Obtained: at, Expires: at.Add(600 * time.Second),
	})))
	if err != nil {
		t.Fatal(err)
	}
}

func TestLogin(t *testing.T) {
	t.Parallel()
	login := koppel.Login{State: "st", Verifier: strings.Repeat("v", 43), Redirect: "https://koppel.example/oauth/callback"}
	p := &provider{challenge: challenge(login.Verifier)}
	c, now := loginSite(t, p, nil)
	if !c.LogsIn() {
		t.Fatal("the client does not know that the customer logs in")
	}
	if err := c.Check(t.Context()); koppel.KindOf(err) != koppel.KindAuth || !strings.Contains(err.Error(), "nobody has logged in") {
		t.Errorf("before the login: %v", err)
	}
	address, err := c.LoginURL(login)
	if err != nil {
		t.Fatal(err)
	}
	u, _ := url.Parse(address)
	want := url.Values{"response_type": {"code"}, "client_id": {"our-app"}, "redirect_uri": {login.Redirect}, "state": {"st"}, "scope": {"read write"},
		"country": {"nl"}, "code_challenge": {challenge(login.Verifier)}, "code_challenge_method": {"S256"}}
	if diff := cmp.Diff(want, u.Query()); diff != "" || u.Path != "/sandbox/auth" {
		t.Errorf("%s (-want +got):\n%s", u.Path, diff)
	}
	token, err := c.FinishLogin(t.Context(), "code-1", login)
	if err != nil {
		t.Fatal(err)
	}
	if token.Refresh.Reveal() != "refresh-1" || !token.Expires.Equal(now.Add(600*time.Second)) || !token.RenewAt.Equal(now.Add(20*24*time.Hour)) {
		t.Errorf("token %v, ends in %s", token, token.Expires.Sub(*now))
	}
	if f := p.asked[0]; f.Get("code") != "code-1" || f.Get("client_secret") != "app-secret" || f.Get("redirect_uri") != login.Redirect {
		t.Errorf("asked with %v", f)
	}
}

func TestRotatingRefresh(t *testing.T) {
	t.Parallel()
	p := &provider{}
	c, now := loginSite(t, p, nil)
	p.loggedIn(t, c, *now)
	check := func(want int) {
		t.Helper()
		if err := c.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		if p.issued != want {
			t.Errorf("%d tokens were issued, want %d", p.issued, want)
		}
	}
	check(1)
	*now = now.Add(574 * time.Second)
	check(1)
	*now = now.Add(2 * time.Second) // within 25 s of the end
	check(2)
	if f := p.asked[0]; f.Get("grant_type") != "refresh_token" || f.Get("refresh_token") != "refresh-1" {
		t.Errorf("asked with %v", f)
	}
	p.access = "taken away"
	err := c.Check(t.Context())
	if koppel.KindOf(err) != koppel.KindRateLimited || len(p.asked) != 1 {
		t.Errorf("a refused token that is too young to be renewed: %v after %d requests", err, len(p.asked))
	}
	*now = now.Add(571 * time.Second)
	check(3)
}

func TestAnIdleLoginIsKeptAlive(t *testing.T) {
	t.Parallel()
	p := &provider{}
	c, now := loginSite(t, p, nil)
	p.access, p.refresh, p.issued = "access-1", "refresh-1", 1
	token := koppel.Token{Access: koppel.NewSecret("access-1"), Refresh: koppel.NewSecret("refresh-1"), Obtained: *now, Expires: now.Add(time.Hour), RenewAt: now.Add(20 * 24 * time.Hour)}
	if _, err := c.tokens.Renew(t.Context(), LoginToken, koppel.Token{}, true, first(token)); err != nil {
		t.Fatal(err)
	}
	for days, want := range []int{0: 1, 19: 1, 20: 2} {
		if want == 0 {
			continue
		}
		*now = token.Obtained.Add(time.Duration(days) * 24 * time.Hour)
		if err := c.KeepAlive(t.Context()); err != nil || p.issued != want {
			t.Errorf("after %d days: %d tokens, want %d: %v", days, p.issued, want, err)
		}
	}
}

func TestTooEarlyKeepsTheToken(t *testing.T) {
	t.Parallel()
	p := &provider{}
	c, now := loginSite(t, p, nil)
	p.loggedIn(t, c, *now)
	p.answer = func(w http.ResponseWriter) bool {
		w.Header().Set("Reason", "TooEarly")
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"error":"access_denied","error_description":"Rate limit exceeded: access_token not expired"}`)
		return true
	}
	*now = now.Add(580 * time.Second)
	for range 3 {
		if err := c.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if len(p.asked) != 1 {
		t.Errorf("asked %d times; the answer is remembered for a while", len(p.asked))
	}
}

func TestOutcomesOfARenewal(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		status int
		body   string
		want   koppel.TokenOutcome
		kind   koppel.Kind
	}{
		"refused":   {400, `{"error":"invalid_grant"}`, koppel.TokenRefused, koppel.KindAuth},
		"our app":   {401, `{"error":"invalid_client"}`, koppel.TokenUnsent, koppel.KindInvalidRequest},
		"not now":   {503, ``, koppel.TokenUnknown, koppel.KindRemoteUnavailable},
		"slow down": {429, ``, koppel.TokenUnsent, koppel.KindRateLimited},
		"empty":     {200, `{}`, koppel.TokenUnknown, koppel.KindSchemaDrift},
		"blocked":   {403, `<html>no</html>`, koppel.TokenUnsent, koppel.KindBlocked},
	} {
		p := &provider{answer: func(w http.ResponseWriter) bool {
			w.WriteHeader(tc.status)
			fmt.Fprint(w, tc.body)
			return true
		}}
		c, now := loginSite(t, p, nil)
		_, outcome, err := c.auth.(*oauth2).renew(t.Context(), koppel.Token{Refresh: koppel.NewSecret("refresh-9"), Obtained: *now})
		if outcome != tc.want || koppel.KindOf(err) != tc.kind || strings.Contains(err.Error(), "refresh-9") {
			t.Errorf("%s: %s, %v", name, outcome, err)
		}
	}
}

func TestCapture(t *testing.T) {
	t.Parallel()
	p := &provider{divisions: `{"results":[{"code":12,"name":"Shop BV"},{"code":34,"name":"Holding BV"}]}`}
	c, now := loginSite(t, p, func(config *ClientConfig) { config.Captured = nil })
	p.loggedIn(t, c, *now)
	want := []koppel.Captured{
		{Name: "division", Title: "Administration", Value: int64(12), Choices: []koppel.Choice{{Value: "12", Label: "Shop BV"}, {Value: "34", Label: "Holding BV"}}},
		{Name: "user", Title: "User", Value: "Jo"},
	}
	got, err := c.Capture(t.Context(), nil)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	p.divisions = `{"results":[{"code":12,"name":"Shop BV"}]}`
	want[0].Value, want[0].Choices = "12", nil
	got, err = c.Capture(t.Context(), nil)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("one choice: %v (-want +got):\n%s", err, diff)
	}
	got, err = c.Capture(t.Context(), map[string]any{"division": "34", "user": "Al"})
	if err != nil || got[0].Value != "34" || got[1].Value != "Al" {
		t.Errorf("what is known stays: %v %v", got, err)
	}
}

// first is an AskToken that gives a token.
func first(token koppel.Token) AskToken {
	return func(context.Context, koppel.Token) (koppel.Token, koppel.TokenOutcome, error) {
		return token, koppel.TokenGiven, nil
	}
}

func TestOAuth2Problems(t *testing.T) {
	t.Parallel()
	start := head + "http:\n  base: https://x.example\n  "
	for want, source := range map[string]string{
		"keep_alive needs refresh":             "auth: { oauth2: { authorize: /a, token: /t, client: { id: x }, keep_alive: 20d } }",
		"give status, header or when":          "auth: { oauth2: { authorize: /a, token: /t, client: { id: x }, refresh: { too_early: {} } } }",
		"client is missing":                    "auth: { oauth2: { authorize: /a, token: /t } }",
		"needs get and value, or choices":      "capture: { division: { title: x } }",
		"get and value go together":            "capture: { division: { get: /me } }",
		"expected a number above zero":         "auth: { oauth2: { authorize: /a, token: /t, client: { id: x }, budget: [{ name: day, limit: 0, per: 24h }] } }",
		"expected a duration such as 30s":      "auth: { oauth2: { authorize: /a, token: /t, client: { id: x }, keep_alive: 20days, refresh: {} } }",
		"credentials has a field of this name": "capture: { site: { get: /me, value: body.x } }\ncredentials: { site: { type: url } }",
		"this field comes by itself":           "capture: { a: { get: /me, value: body.x } }\ncredentials: { environment: { type: url } }\nenvironments: { production: {}, sandbox: {} }",
	} {
		_, err := Parse("c.yaml", []byte(start+source), tinyCompile)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}
