package rest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strings"
	"time"

	"github.com/koppel-io/koppel"
)

// assumedLife is the life of a client credentials token whose answer has no expires_in.
const assumedLife = 5 * time.Minute

// newClientCredentials is the OAuth 2 client credentials grant, RFC 6749
// section 4.4. The token's name has a digest of what it is asked with, so that
// a changed secret never meets an old token.
func (c *Client) newClientCredentials(way *ClientCredentials) (authorizer, error) {
	e, err := c.newTokenEndpoint(&way.Token, way.Client, way.Style, way.Budget)
	if err != nil {
		return nil, err
	}
	e.assumed = assumedLife
	scope, err := way.Scope.render(c.env, nil)
	if err != nil {
		return nil, err
	}
	audience, err := way.Audience.render(c.env, nil)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{e.url.String(), e.id, e.secret, scope, audience}, "\x00")))
	b := &bearer{client: c, store: c.tokens, name: "client/" + hex.EncodeToString(sum[:8]), asks: true}
	b.ask = func(ctx context.Context, _ koppel.Token) (koppel.Token, koppel.TokenOutcome, error) {
		form := url.Values{"grant_type": {"client_credentials"}} // RFC 6749 section 4.4.2
		if scope != "" {
			form.Set("scope", scope)
		}
		if audience != "" {
			form.Set("audience", audience)
		}
		return e.request(ctx, "ask for a token", form)
	}
	return b, nil
}
