package rest

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/koppel-io/koppel"
)

// RFC 7009: the refresh token is given back, with who asks; a refusal is told.
func TestRevoke(t *testing.T) {
	t.Parallel()
	p := &provider{}
	c, now := loginSite(t, p, nil)
	if !c.CanRevoke() {
		t.Fatal("the client does not know that tokens can be revoked")
	}
	if err := c.Revoke(t.Context()); err != nil || len(p.revoked) != 0 {
		t.Errorf("without a login: %v, %v", err, p.revoked)
	}
	p.loggedIn(t, c, *now)
	if err := c.Revoke(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(p.revoked) != 1 {
		t.Fatalf("revoked %v", p.revoked)
	}
	for name, want := range map[string]string{"token": "refresh-1", "token_type_hint": "refresh_token", "client_id": "our-app", "client_secret": "app-secret"} {
		if got := p.revoked[0].Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	p.answer = func(w http.ResponseWriter) bool {
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprint(w, `{"error":"temporarily_unavailable","echo":"refresh-1"}`)
		return true
	}
	if err := c.Revoke(t.Context()); !koppel.KindOf(err).Passes() || err == nil {
		t.Errorf("a server that is away: %v", err)
	}
	p.answer = func(w http.ResponseWriter) bool {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"error":"unsupported_token_type"}`)
		return true
	}
	if err := c.Revoke(t.Context()); err == nil || koppel.KindOf(err).Passes() {
		t.Errorf("a refusal: %v", err)
	}
}
