package rest

import (
	"context"
	"sync"

	"github.com/koppel-io/koppel"
)

// TokenStore keeps the tokens of one credential and sees to it that, of all
// workers, one at a time asks for a new one. The store implements it.
type TokenStore interface {
	// Token returns the newest token of the name, the zero Token when there is
	// none. The error is of kind auth when the customer must log in again.
	Token(ctx context.Context, name string) (koppel.Token, error)
	// Renew returns a token that is newer than old: one that somebody else got
	// meanwhile, or the one that ask gets, which is stored before it is
	// returned. While another worker asks it waits, unless urgent is false and
	// old lasts: then it returns old.
	Renew(ctx context.Context, name string, old koppel.Token, urgent bool, ask AskToken) (koppel.Token, error)
}

// AskToken asks the remote for a token in place of old and says what became of
// the request. Its context ends before another worker may ask.
type AskToken = func(ctx context.Context, old koppel.Token) (koppel.Token, koppel.TokenOutcome, error)

// tokenCache is the TokenStore of one process, held by its Transport, for
// credentials that no store keeps.
type tokenCache struct {
	mu     sync.Mutex
	tokens map[string]koppel.Token
}

const maxCachedTokens = 10_000

// of is the part of the cache that belongs to a credential.
func (c *tokenCache) of(credential string) TokenStore { return cachedTokens{c, credential} }

type cachedTokens struct {
	cache      *tokenCache
	credential string
}

func (t cachedTokens) key(name string) string { return t.credential + "/" + name }

// Token implements TokenStore.
func (t cachedTokens) Token(_ context.Context, name string) (koppel.Token, error) {
	t.cache.mu.Lock()
	defer t.cache.mu.Unlock()
	return t.cache.tokens[t.key(name)], nil
}

// Renew implements TokenStore. Several clients of a process may ask at once;
// what is asked for in one process only needs no more.
func (t cachedTokens) Renew(ctx context.Context, name string, old koppel.Token, _ bool, ask AskToken) (koppel.Token, error) {
	if known, _ := t.Token(ctx, name); known.Generation > old.Generation {
		return known, nil
	}
	token, outcome, err := ask(ctx, old)
	if outcome == koppel.TokenKept {
		return old, nil
	}
	if err != nil {
		return koppel.Token{}, err
	}
	token.Generation = old.Generation + 1
	t.cache.mu.Lock()
	defer t.cache.mu.Unlock()
	if t.cache.tokens == nil || len(t.cache.tokens) >= maxCachedTokens {
		t.cache.tokens = map[string]koppel.Token{}
	}
	t.cache.tokens[t.key(name)] = token
	return token, nil
}

// FixedToken is a TokenStore that holds one access token and never asks: for
// recorded exchanges, and for a person who has a token at hand.
func FixedToken(access koppel.Secret) TokenStore {
	return fixedToken{koppel.Token{Access: access, Generation: 1}}
}

type fixedToken struct{ token koppel.Token }

// Token implements TokenStore.
func (f fixedToken) Token(context.Context, string) (koppel.Token, error) { return f.token, nil }

// Renew implements TokenStore.
func (f fixedToken) Renew(context.Context, string, koppel.Token, bool, AskToken) (koppel.Token, error) {
	return koppel.Token{}, koppel.E(koppel.KindAuth, "renew the token", "the remote refuses the access token that was given")
}
