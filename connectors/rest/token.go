package rest

import (
	"context"
	"sync"
	"time"

	"github.com/koppel-io/koppel"
)

// Token is an access token and when it ends.
type Token struct {
	Access  koppel.Secret
	Expires time.Time
}

// TokenStore keeps access tokens by key across clients. The key names the
// credential and a digest of what the token was asked with, so a changed
// secret never meets an old token.
type TokenStore interface {
	// Token returns the stored token; the zero Token when there is none.
	Token(ctx context.Context, key string) (Token, error)
	SaveToken(ctx context.Context, key string, token Token) error
}

// tokenCache is the TokenStore of one process, held by its Transport.
type tokenCache struct {
	mu     sync.Mutex
	tokens map[string]Token
}

const maxCachedTokens = 10_000

func (c *tokenCache) Token(_ context.Context, key string) (Token, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tokens[key], nil
}

func (c *tokenCache) SaveToken(_ context.Context, key string, token Token) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tokens == nil || len(c.tokens) >= maxCachedTokens {
		c.tokens = map[string]Token{}
	}
	c.tokens[key] = token
	return nil
}
