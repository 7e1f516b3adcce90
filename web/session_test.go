package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/koppel-io/koppel/store"
	"github.com/koppel-io/koppel/web"
)

func TestSignIn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	key := s.key(t, "support", store.Webshop{}, "couplings:read")
	b := s.browser(t)
	wanted := "/couplings?search=a+b"
	b.open(wanted)
	if b.status != http.StatusOK || b.at != "/sign-in?"+(url.Values{"to": {wanted}}).Encode() {
		t.Fatalf("without a session: status %d at %s", b.status, b.at)
	}
	b.says("API key", "kpl_")
	b.hides("Books of mine")
	b.submit("/sign-in", url.Values{"key": {"kpl_wrong"}, "to": {wanted}})
	b.says("The key was refused", "the key is unknown")
	if b.status != http.StatusUnauthorized {
		t.Errorf("a wrong key gets status %d", b.status)
	}
	b.submit("/sign-in", url.Values{"key": {" " + key + "\n"}, "to": {wanted}})
	if b.at != wanted {
		t.Fatalf("after the sign-in at %s", b.at)
	}
	b.says("Key support")
	for name, want := range map[string]string{
		"Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'", "Cache-Control": "no-store", "X-Frame-Options": "DENY",
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
	} {
		if got := b.header.Get(name); !strings.HasPrefix(got, want) {
			t.Errorf("%s is %q", name, got)
		}
	}
	if strings.Contains(b.page, "<style") || strings.Contains(b.page, "style=") || strings.Contains(b.page, "<script>") || strings.Contains(b.page, " onclick") {
		t.Error("the page has style or script that the policy keeps from working")
	}
	b.submit("/sign-out", nil)
	if b.at != "/sign-in" {
		t.Errorf("after the sign-out at %s", b.at)
	}
	b.open("/couplings")
	b.hides("Books of mine")
	if strings.Contains(s.logs.String(), key) {
		t.Error("the log has the key")
	}
}

func TestSignInLeadsNowhereElse(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	key := s.key(t, "k", s.mine, "couplings:read")
	for _, to := range []string{"//evil.example/", "https://evil.example/", `/\evil.example`, "javascript:alert(1)", "", "couplings"} {
		b := s.browser(t)
		b.open("/sign-in")
		b.submit("/sign-in", url.Values{"key": {key}, "to": {to}})
		if b.at != "/inbox" || b.status != http.StatusOK {
			t.Errorf("to %q leads to %s, status %d", to, b.at, b.status)
		}
	}
}

func TestTheSessionCookie(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	key := s.key(t, "k", s.mine, "couplings:read")
	for public, secure := range map[string]bool{"https://koppel.example": true, "": false} {
		pages := web.New(web.Config{Store: s.env.App, API: http.NotFoundHandler(), PublicURL: public, Session: time.Hour})
		shown := httptest.NewRecorder()
		pages.ServeHTTP(shown, httptest.NewRequest(http.MethodGet, "/sign-in", nil))
		mark := marks.FindStringSubmatch(shown.Body.String())
		form := url.Values{"key": {key}, "mark": {mark[1]}}
		r := httptest.NewRequest(http.MethodPost, "/sign-in", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.AddCookie(shown.Result().Cookies()[0])
		done := httptest.NewRecorder()
		pages.ServeHTTP(done, r)
		if done.Code != http.StatusSeeOther {
			t.Fatalf("status %d: %s", done.Code, done.Body)
		}
		for _, c := range append(done.Result().Cookies(), shown.Result().Cookies()...) {
			if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Secure != secure || c.Path != "/" || c.MaxAge != 3600 || strings.Contains(c.Value, key) {
				t.Errorf("served at %q: %v", public, c)
			}
		}
	}
}

func TestASessionEndsWithItsTimeAndItsKey(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	owner := s.env.Owner(t)
	for name, sql := range map[string]string{
		"over":    `UPDATE web_session SET expires_at = now() - interval '1 s'`,
		"revoked": `UPDATE api_key SET revoked_at = now()`,
		"expired": `UPDATE api_key SET expires_at = now() - interval '1 s'`,
	} {
		b := s.signedIn(t, s.key(t, name, s.mine, "couplings:read"))
		if _, err := owner.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
		b.open("/couplings/" + s.coupling.UUID)
		if !strings.HasPrefix(b.at, "/sign-in?") || strings.Contains(b.page, "Books") {
			t.Errorf("%s: still at %s", name, b.at)
		}
		if b.open("/couplings/" + s.coupling.UUID + "/live"); b.status != http.StatusUnauthorized {
			t.Errorf("%s: live news have status %d", name, b.status)
		}
	}
}

func TestFormsOfOthersAreRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.signedIn(t, s.key(t, "mine", s.mine, store.KeyScopes()...))
	other := s.signedIn(t, s.key(t, "other", s.mine, store.KeyScopes()...))
	path := "/couplings/" + s.coupling.UUID + "/pause"
	refused := func(what string) {
		t.Helper()
		if b.says("The form was refused"); b.status != http.StatusForbidden {
			t.Errorf("%s: status %d", what, b.status)
		}
	}
	b.read(b.PostForm(s.url+path, url.Values{"reason": {"x"}}))
	refused("without a mark")
	other.open("/couplings")
	b.read(b.PostForm(s.url+path, url.Values{"mark": {marks.FindStringSubmatch(other.page)[1]}}))
	refused("with another session's mark")
	b.open("/couplings")
	mark := marks.FindStringSubmatch(b.page)[1]
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+path, strings.NewReader(url.Values{"mark": {mark}}.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	b.read(b.Do(r))
	refused("from another site")
	b.read(b.PostForm(s.url+"/sign-out", nil))
	refused("sign-out without a mark")
	b.read(b.PostForm(s.url+path, url.Values{"mark": {mark}, "reason": {strings.Repeat("x", 70_000)}}))
	refused("too large")
	b.open("/couplings/" + s.coupling.UUID)
	b.says("Active")
	b.hides("Paused by")
	b.submit(path, url.Values{"reason": {"the shop moves"}})
	b.says("The coupling is paused.", "Paused by a person", "the shop moves")
}

func TestALinkOnAnotherSiteOpensThePage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/couplings?search=x", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	b := s.browser(t)
	b.read(b.Do(r))
	// The browser kept the strict cookie back; loading the page again sends it.
	b.says(`<meta http-equiv="refresh" content="0">`, `href="/couplings?search=x"`)
	b.hides("Books")
}
