package rest

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/koppel-io/koppel"
)

// bearer authorizes by an access token that is shared through the store by all
// clients of the credential, RFC 6750. One request of a client asks at a time.
type bearer struct {
	client *Client
	store  TokenStore
	// name of the token within the credential.
	name string
	ask  AskToken
	// asks: a token can be had without an earlier one.
	asks bool
	// early is how long before its end a token is renewed; zero is expiryMargin.
	early time.Duration
	// minAge: a younger token is not renewed, the remote would refuse.
	minAge time.Duration

	mu sync.Mutex
	// current is the newest token that this client knows.
	current koppel.Token
	// calm is until when a failed early renewal is not tried again.
	calm time.Time
}

// expiryMargin is how long before its end a token is renewed: a tenth of its
// life, at most a minute.
func expiryMargin(life time.Duration) time.Duration { return min(life/10, time.Minute) }

// calmFor is how long the token that is there is used after an early renewal failed.
const calmFor = 5 * time.Second

// prepare sees to it that there is a token, before the request takes its place
// in the budget: asking for one may take long.
func (b *bearer) prepare(ctx context.Context) error { return b.see(ctx, "") }

// authorize implements authorizer.
func (b *bearer) authorize(_ context.Context, r *http.Request) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	r.Header.Set("Authorization", "Bearer "+b.current.Access.Reveal())
	return nil
}

// refresh asks for a new token, unless somebody did since used was sent.
func (b *bearer) refresh(ctx context.Context, used *http.Request) error {
	refused := ""
	if used != nil {
		refused = strings.TrimPrefix(used.Header.Get("Authorization"), "Bearer ")
	}
	return b.see(ctx, refused)
}

// see makes current a token that is not refused: the known or stored one while
// it is fresh, else a new one.
func (b *bearer) see(ctx context.Context, refused string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fresh(b.current, refused) {
		return nil
	}
	stored, err := b.store.Token(ctx, b.name)
	if err != nil {
		return koppel.Wrap("read the stored token", err)
	}
	b.know(stored)
	if b.fresh(stored, refused) {
		return nil
	}
	now := b.client.now()
	lasts := stored.Lasts(now) && stored.Access.Reveal() != refused
	switch {
	case lasts && (now.Before(b.calm) || b.tooYoung(now)):
		return nil
	case stored.Generation == 0 && !b.asks:
		return koppel.E(koppel.KindAuth, "", "nobody has logged in at "+b.client.base.Host+" yet")
	case stored.Refresh.IsZero() && !b.asks:
		return koppel.E(koppel.KindAuth, "", "the login at "+b.client.base.Host+" is over, and it gave nothing to renew it by")
	case b.tooYoung(now):
		wait := b.minAge - now.Sub(stored.Obtained)
		return &koppel.Error{Kind: koppel.KindRateLimited, RetryAfter: wait,
			Detail: fmt.Sprintf("%s refuses the access token and gives a new one only from %s on", b.client.base.Host, now.Add(wait).UTC().Format(time.RFC3339))}
	}
	token, err := b.store.Renew(ctx, b.name, stored, !lasts, b.ask)
	if err != nil {
		if lasts && koppel.KindOf(err) != koppel.KindAuth {
			b.calm = now.Add(calmFor)
			b.client.log.WarnContext(ctx, "renew the token early", "error", err)
			return nil
		}
		return err
	}
	if token.Generation == stored.Generation {
		b.calm = now.Add(calmFor)
		if !lasts {
			return &koppel.Error{Kind: koppel.KindRateLimited, RetryAfter: calmFor, Detail: b.client.base.Host + " says that it is too early for a new token"}
		}
	}
	b.know(token)
	return nil
}

// keepAlive renews a token whose RenewAt has come.
func (b *bearer) keepAlive(ctx context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	stored, err := b.store.Token(ctx, b.name)
	if err != nil {
		return koppel.Wrap("read the stored token", err)
	}
	b.know(stored)
	now := b.client.now()
	if stored.RenewAt.IsZero() || now.Before(stored.RenewAt) || b.tooYoung(now) {
		return nil
	}
	token, err := b.store.Renew(ctx, b.name, stored, false, b.ask)
	if err == nil {
		b.know(token)
	}
	return err
}

func (b *bearer) know(token koppel.Token) {
	b.current = token
	b.client.redact.add(token.Access.Reveal())
	b.client.redact.add(token.Refresh.Reveal())
}

// fresh reports whether the token can be used and need not be renewed yet.
func (b *bearer) fresh(t koppel.Token, refused string) bool {
	now := b.client.now()
	if !t.Lasts(now) || t.Access.Reveal() == refused {
		return false
	}
	if t.Expires.IsZero() {
		return true
	}
	early := b.early
	if early == 0 {
		early = expiryMargin(t.Expires.Sub(t.Obtained))
	}
	return now.Before(t.Expires.Add(-early))
}

func (b *bearer) tooYoung(now time.Time) bool {
	return b.minAge > 0 && now.Sub(b.current.Obtained) < b.minAge
}
