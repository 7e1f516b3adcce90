package store_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
	"github.com/koppel-io/koppel/store/storetest"
)

// issuer gives tokens whose refresh token works once, as a strict remote does.
type issuer struct {
	mu     sync.Mutex
	live   string
	asked  int
	atOnce int
	most   int
	// lose: the token is issued and its answer lost.
	lose bool
	fail koppel.TokenOutcome
}

func tokenOf(n int) koppel.Token {
	now := time.Now()
	return koppel.Token{Access: koppel.NewSecret(fmt.Sprint("access-", n)), Refresh: koppel.NewSecret(fmt.Sprint("refresh-", n)), Obtained: now, Expires: now.Add(time.Hour)}
}

func (i *issuer) ask(_ context.Context, old koppel.Token) (koppel.Token, koppel.TokenOutcome, error) {
	i.mu.Lock()
	i.asked++
	i.atOnce++
	i.most = max(i.most, i.atOnce)
	n := i.asked
	i.mu.Unlock()
	defer func() { i.mu.Lock(); i.atOnce--; i.mu.Unlock() }()
	i.mu.Lock()
	defer i.mu.Unlock()
	switch {
	case i.fail != "":
		return koppel.Token{}, i.fail, koppel.E(koppel.KindRemoteUnavailable, "ask", "503")
	case old.Refresh.Reveal() != i.live:
		return koppel.Token{}, koppel.TokenRefused, koppel.E(koppel.KindAuth, "ask", "the refresh token was used")
	}
	token := tokenOf(n + 1)
	i.live = token.Refresh.Reveal()
	if i.lose {
		return koppel.Token{}, koppel.TokenUnknown, koppel.E(koppel.KindTimeout, "ask", "no answer")
	}
	return token, koppel.TokenGiven, nil
}

// account is a credential with a login, and whoever issues its tokens.
type account struct {
	pair
	credential store.Credential
	issuer     *issuer
}

func newAccount(t *testing.T) *account {
	t.Helper()
	a := &account{pair: newPair(t), issuer: &issuer{live: "refresh-1"}}
	a.credential = in(t, a.App, a.scope(), func(ctx context.Context, tx *store.Tx) (store.Credential, error) {
		return tx.CreateCredential(ctx, store.NewCredential{Connector: storetest.Connector, Name: "login"})
	})
	a.login(t, tokenOf(1))
	return a
}

func (a *account) login(t *testing.T, token koppel.Token) {
	t.Helper()
	in(t, a.App, a.scope(), func(ctx context.Context, tx *store.Tx) (any, error) {
		return nil, tx.SaveLogin(ctx, a.credential.ID, token)
	})
}

func (a *account) tokens(lease time.Duration) *store.Tokens {
	return a.Engine.Tokens(store.TokensConfig{Webshop: a.shop.ID, Credential: a.credential.ID, Holder: "worker-1", Lease: lease})
}

func (a *account) renew(t *testing.T) (koppel.Token, error) {
	t.Helper()
	tokens := a.tokens(0)
	old, err := tokens.Token(t.Context(), store.LoginToken)
	if err != nil {
		return koppel.Token{}, err
	}
	return tokens.Renew(t.Context(), store.LoginToken, old, true, a.issuer.ask)
}

// row reads a column of the token's row as text.
func (a *account) row(t *testing.T, expression string) (text string) {
	t.Helper()
	if err := a.Owner(t).QueryRow(t.Context(), `SELECT coalesce((`+expression+`)::text, '') FROM credential_token WHERE credential_id = $1`, a.credential.ID).Scan(&text); err != nil {
		t.Fatal(err)
	}
	return text
}

func TestOneRenewalForAllWorkers(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	old, err := a.tokens(0).Token(t.Context(), store.LoginToken)
	if err != nil || old.Access.Reveal() != "access-1" || old.Generation != 1 {
		t.Fatalf("the login gave %v, generation %d, %v", old.Access.Reveal(), old.Generation, err)
	}
	var group sync.WaitGroup
	for range 40 {
		group.Go(func() {
			token, err := a.tokens(0).Renew(t.Context(), store.LoginToken, old, true, a.issuer.ask)
			if err != nil || token.Access.Reveal() != "access-2" || token.Generation != 2 {
				t.Errorf("got %q, generation %d, %v", token.Access.Reveal(), token.Generation, err)
			}
		})
	}
	group.Wait()
	if a.issuer.asked != 1 {
		t.Errorf("the remote was asked %d times", a.issuer.asked)
	}
	if kept := a.row(t, `position('access'::bytea IN sealed) > 0`); kept != "false" {
		t.Errorf("the token is kept in plain text: %s", kept)
	}
}

func TestTheTokenIsStoredBeforeItIsUsed(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	noted := ""
	_, err := a.tokens(0).Renew(t.Context(), store.LoginToken, koppel.Token{Generation: 1}, true, func(ctx context.Context, old koppel.Token) (koppel.Token, koppel.TokenOutcome, error) {
		noted = a.row(t, `noted_at IS NOT NULL AND lease_until > now() AND noted_by = 'worker-1'`)
		return a.issuer.ask(ctx, old)
	})
	if err != nil || noted != "true" {
		t.Errorf("while the remote was asked the request was noted: %s, %v", noted, err)
	}
	if got := a.row(t, `generation || ' ' || (noted_at IS NULL) || ' ' || (lease IS NULL)`); got != "2 true true" {
		t.Errorf("afterwards: %s", got)
	}
}

func TestAnOldTokenServesWhileSomebodyRenews(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	old, err := a.tokens(0).Token(t.Context(), store.LoginToken)
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.tokens(0).Renew(t.Context(), store.LoginToken, old, true, func(ctx context.Context, given koppel.Token) (koppel.Token, koppel.TokenOutcome, error) {
		other, err := a.tokens(0).Renew(ctx, store.LoginToken, old, false, a.issuer.ask)
		if err != nil || other.Generation != 1 {
			t.Errorf("while somebody renews: generation %d, %v", other.Generation, err)
		}
		return a.issuer.ask(ctx, given)
	})
	if err != nil || a.issuer.asked != 1 {
		t.Errorf("asked %d times, %v", a.issuer.asked, err)
	}
}

func TestALostAnswerIsAskedForOnceMoreAndNamed(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.issuer.lose = true
	if _, err := a.renew(t); koppel.KindOf(err) != koppel.KindTimeout {
		t.Fatalf("the lost answer: %v", err)
	}
	if got := a.row(t, `state || ' ' || (noted_at IS NOT NULL) || ' ' || (lease IS NULL) || ' ' || tries`); got != "ok true true 1" {
		t.Errorf("after the lost answer: %s", got)
	}
	a.issuer.lose = false
	_, err := a.renew(t)
	wantKind(t, err, koppel.KindAuth, store.LostRenewal, "worker-1", "the refresh token was used")
	// Nobody asks again until there is a new login.
	_, err = a.renew(t)
	wantKind(t, err, koppel.KindAuth, store.LostRenewal)
	if a.issuer.asked != 2 {
		t.Errorf("the remote was asked %d times, want twice", a.issuer.asked)
	}
	a.issuer.live = "refresh-77"
	a.login(t, tokenOf(77))
	if token, err := a.renew(t); err != nil || token.Generation != 3 {
		t.Errorf("after a new login: generation %d, %v", token.Generation, err)
	}
}

func TestARequestThatNeverArrivedCostsNothing(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	// The asker dies after its note: its lease runs out, and the next one asks with the old token.
	ctx, cancel := context.WithCancel(t.Context())
	died := make(chan struct{})
	go func() {
		_, _ = a.tokens(200*time.Millisecond).Renew(ctx, store.LoginToken, koppel.Token{Generation: 1}, true, func(context.Context, koppel.Token) (koppel.Token, koppel.TokenOutcome, error) {
			close(died)
			<-ctx.Done()
			return koppel.Token{}, koppel.TokenUnknown, ctx.Err()
		})
	}()
	<-died
	t.Cleanup(cancel)
	if token, err := a.renew(t); err != nil || token.Generation != 2 {
		t.Errorf("generation %d, %v", token.Generation, err)
	}
}

func TestOutcomesLeaveTheirTrace(t *testing.T) {
	t.Parallel()
	for outcome, want := range map[koppel.TokenOutcome]string{
		koppel.TokenUnsent: "1 ok true true", koppel.TokenUnknown: "1 ok false true", koppel.TokenKept: "1 ok true true",
	} {
		a := newAccount(t)
		a.issuer.fail = outcome
		token, err := a.renew(t)
		if outcome == koppel.TokenKept && (err != nil || token.Access.Reveal() != "access-1") || outcome != koppel.TokenKept && err == nil {
			t.Errorf("%s: %v, %v", outcome, token.Generation, err)
		}
		if got := a.row(t, `generation || ' ' || state || ' ' || (noted_at IS NULL) || ' ' || (lease IS NULL)`); got != want {
			t.Errorf("%s: %s, want %s", outcome, got, want)
		}
		a.issuer.fail = ""
		if token, err := a.renew(t); err != nil || token.Generation != 2 {
			t.Errorf("%s: the next renewal: generation %d, %v", outcome, token.Generation, err)
		}
	}
}

func TestANewLoginWinsOverARenewalUnderWay(t *testing.T) {
	t.Parallel()
	for name, refused := range map[string]bool{"the old one is refused": true, "the old one is renewed": false} {
		a := newAccount(t)
		token, err := a.tokens(0).Renew(t.Context(), store.LoginToken, koppel.Token{Generation: 1}, true, func(ctx context.Context, old koppel.Token) (koppel.Token, koppel.TokenOutcome, error) {
			a.login(t, tokenOf(50))
			if refused {
				return koppel.Token{}, koppel.TokenRefused, koppel.E(koppel.KindAuth, "ask", "no")
			}
			return tokenOf(2), koppel.TokenGiven, nil
		})
		if err != nil || token.Access.Reveal() != "access-50" {
			t.Errorf("%s: %q, %v", name, token.Access.Reveal(), err)
		}
	}
}

func TestARefusedClientMayAskAgain(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	name := "client/0011"
	refuse := func(context.Context, koppel.Token) (koppel.Token, koppel.TokenOutcome, error) {
		return koppel.Token{}, koppel.TokenRefused, koppel.E(koppel.KindAuth, "ask", "unknown client")
	}
	_, err := a.tokens(0).Renew(t.Context(), name, koppel.Token{}, true, refuse)
	wantKind(t, err, koppel.KindAuth, "unknown client")
	give := func(context.Context, koppel.Token) (koppel.Token, koppel.TokenOutcome, error) {
		return koppel.Token{Access: koppel.NewSecret("a"), Obtained: time.Now()}, koppel.TokenGiven, nil
	}
	if _, err := a.tokens(0).Renew(t.Context(), name, koppel.Token{}, true, give); err != nil {
		t.Fatal(err)
	}
	in(t, a.App, a.scope(), func(ctx context.Context, tx *store.Tx) (any, error) {
		return tx.ReplaceCredential(ctx, a.credential.UUID, 1, map[string]koppel.Secret{"id": koppel.NewSecret("new")})
	})
	if token, err := a.tokens(0).Token(t.Context(), name); err != nil || token.Generation != 0 {
		t.Errorf("a token that was got with the old secrets is there: generation %d, %v", token.Generation, err)
	}
	if token, err := a.tokens(0).Token(t.Context(), store.LoginToken); err != nil || token.Generation != 1 {
		t.Errorf("the login went with them: %v", err)
	}
}

func TestTokensOfAnotherWebshopAreOutOfReach(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	theirs := a.Engine.Tokens(store.TokensConfig{Webshop: a.other.ID, Credential: a.credential.ID})
	if token, err := theirs.Token(t.Context(), store.LoginToken); err != nil || token.Generation != 0 {
		t.Errorf("read generation %d, %v", token.Generation, err)
	}
	_, err := theirs.Renew(t.Context(), store.LoginToken, koppel.Token{}, true, a.issuer.ask)
	wantKind(t, err, koppel.KindNotFound)
	if a.issuer.asked != 0 {
		t.Error("the remote was asked with another webshop's token")
	}
}

func TestAccountHoldsEverythingOpened(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	open := func() store.Account {
		return in(t, a.Engine, a.scope(), func(ctx context.Context, tx *store.Tx) (store.Account, error) {
			return tx.OpenAccount(ctx, storetest.Connector, a.credential.ID, func(map[string]koppel.Secret) string { return "sandbox" })
		})
	}
	if got := open(); got.App != nil || len(got.Captured) != 0 {
		t.Errorf("before: %+v", got)
	}
	in(t, a.App, store.AllWebshops(), func(ctx context.Context, tx *store.Tx) (any, error) {
		return tx.SetAppCredential(ctx, storetest.Connector, "sandbox", map[string]koppel.Secret{"client_id": koppel.NewSecret("us")})
	})
	in(t, a.App, a.scope(), func(ctx context.Context, tx *store.Tx) (any, error) {
		return nil, tx.SetCaptured(ctx, a.credential.ID, map[string]any{"division": "12"})
	})
	got := open()
	if got.App["client_id"].Reveal() != "us" || got.Captured["division"] != "12" || got.Version != 1 {
		t.Errorf("after: %+v", got)
	}
	if token, err := a.tokens(0).Token(t.Context(), store.LoginToken); err != nil || !strings.HasPrefix(token.Access.Reveal(), "access-") {
		t.Errorf("captured values took the token away: %v", err)
	}
}
