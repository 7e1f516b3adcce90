package exact

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func refreshForm(token string) url.Values {
	return url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}
}

func TestLoginConsentsAndPassesStateAndChallenge(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Items: -1, RedirectURIs: []string{"https://app.example/callback"}})
	query := url.Values{"client_id": {"fake-app"}, "redirect_uri": {"https://app.example/callback"}, "response_type": {"code"}, "state": {"st 1"},
		"code_challenge": {"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"}, "code_challenge_method": {"S256"}}
	g := s.send("GET", s.url+"/api/oauth2/auth?"+query.Encode(), "", nil)
	to, err := url.Parse(g.header.Get("Location"))
	if err != nil || g.status != http.StatusFound || to.Query().Get("state") != "st 1" || to.Query().Get("code") == "" {
		t.Fatalf("%d %v", g.status, to)
	}
	form := url.Values{"grant_type": {"authorization_code"}, "code": {to.Query().Get("code")}, "redirect_uri": {"https://app.example/callback"}, "code_verifier": {"wrong"}}
	if g := s.token(form); g.status != http.StatusBadRequest {
		t.Errorf("a wrong verifier: %d %s", g.status, g.body)
	}
	form.Set("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") // RFC 7636, appendix B
	g = s.token(form)
	body := decode[map[string]any](t, g.body)
	if g.status != http.StatusOK || body["expires_in"] != "600" || body["refresh_token"] == nil {
		t.Fatalf("%d %s", g.status, g.body)
	}
	if g := s.token(form); g.status != http.StatusBadRequest {
		t.Errorf("a code was exchanged twice: %d", g.status)
	}
	s.access = body["access_token"].(string)
	if rows, _ := s.page(s.url + "/api/v1/current/Me?$select=CurrentDivision,UserName"); rows[0]["CurrentDivision"] != 123456.0 {
		t.Errorf("me: %v", rows)
	}
	query.Set("redirect_uri", "https://other.example/")
	if g := s.send("GET", s.url+"/api/oauth2/auth?"+query.Encode(), "", nil); g.status != http.StatusBadRequest {
		t.Errorf("a redirect that is not registered: %d", g.status)
	}
}

func TestRefreshTokensRotateAndAreGoodOnce(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Items: -1})
	g := s.token(refreshForm(s.refresh))
	if g.status != http.StatusBadRequest || g.header.Get("Reason") != "TooEarlyToRefreshTokens" || !strings.Contains(string(g.body), "access_token not expired") {
		t.Fatalf("too early: %d %v %s", g.status, g.header, g.body)
	}
	s.clock.pass(570 * time.Second)
	g = s.token(refreshForm(s.refresh))
	next := decode[map[string]string](t, g.body)
	if g.status != http.StatusOK || next["refresh_token"] == s.refresh {
		t.Fatalf("%d %s", g.status, g.body)
	}
	s.ok("crm/Accounts?$select=ID&$filter=IsSupplier eq true") // the old access token has thirty seconds left
	s.clock.pass(31 * time.Second)
	if g := s.do("GET", "crm/Accounts?$select=ID&$top=1", ""); g.status != http.StatusUnauthorized {
		t.Errorf("an access token older than 600 s: %d", g.status)
	}
	if g := s.token(refreshForm(s.refresh)); g.status != http.StatusUnauthorized {
		t.Errorf("an old refresh token: %d %s", g.status, g.body)
	}
	s.access = next["access_token"]
	s.ok("crm/Accounts?$select=ID&$filter=IsSupplier eq true")
	if l := s.Ledger(); l.Rotations != 1 || l.Reuses != 1 {
		t.Errorf("rotations %d, reuses %d", l.Rotations, l.Reuses)
	}
	s.RevokeAll()
	if g := s.do("GET", "crm/Accounts?$select=ID&$top=1", ""); g.status != http.StatusUnauthorized {
		t.Errorf("after the user left: %d", g.status)
	}
}

func TestTokenCallsHaveADayLimit(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Items: -1, TokenCalls: 2, RefreshAfter: -1})
	for want, n := http.StatusOK, 0; n < 3; n++ {
		if n == 2 {
			want = http.StatusTooManyRequests
		}
		g := s.token(refreshForm(s.refresh))
		if g.status != want {
			t.Fatalf("call %d: %d %s", n+1, g.status, g.body)
		}
		if want == http.StatusOK {
			s.refresh = decode[map[string]string](t, g.body)["refresh_token"]
		}
	}
}

func TestAnAnswerOfTheTokenEndpointIsLostAfterTheRotation(t *testing.T) {
	t.Parallel()
	s := serve(t, Config{Items: -1, RefreshAfter: -1, Misbehaviour: Misbehaviour{Faults: []Fault{{Kind: HangAfter, Path: "/api/oauth2/token", Times: 1, DelayMS: 1}}}})
	if g := s.token(refreshForm(s.refresh)); g.err == nil {
		t.Fatalf("the answer was not lost: %d %s", g.status, g.body)
	}
	if g := s.token(refreshForm(s.refresh)); g.status != http.StatusUnauthorized {
		t.Errorf("the old token: %d %s", g.status, g.body)
	}
}
