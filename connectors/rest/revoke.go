package rest

import (
	"context"
	"net/url"

	"github.com/koppel-io/koppel"
)

// Revocation says where tokens are given back, RFC 7009.
type Revocation struct {
	URL   Template `y:"url,required" doc:"Where tokens are revoked; a path is appended to base"`
	Token string   `y:"token" doc:"Which token is sent, with which the server ends the other; the refresh token where there is one, when absent" enum:"refresh,access"`
}

// CanRevoke reports whether the login can be given back to the remote.
func (c *Client) CanRevoke() bool {
	a, ok := c.auth.(*oauth2)
	return ok && a.way.Revoke != nil
}

// Revoke gives the login back: the remote takes its tokens no longer. A login
// that is over already is no error, RFC 7009 section 2.2.
func (c *Client) Revoke(ctx context.Context) error {
	const op = "revoke the token"
	if !c.CanRevoke() {
		return koppel.E(koppel.KindInvalidRequest, op, "connector "+c.manifest.Connector+" cannot revoke tokens")
	}
	a := c.auth.(*oauth2)
	token, err := c.tokens.Token(ctx, LoginToken)
	if koppel.KindOf(err) == koppel.KindAuth && err != nil {
		return nil
	}
	if err != nil {
		return koppel.Wrap(op, err)
	}
	value, hint := token.Refresh.Reveal(), "refresh_token"
	if a.way.Revoke.Token == "access" || value == "" {
		value, hint = token.Access.Reveal(), "access_token"
	}
	if value == "" {
		return nil
	}
	c.redact.add(value)
	e, err := c.newTokenEndpoint(&a.way.Revoke.URL, a.way.Client, a.way.Style, a.way.Budget)
	if err != nil {
		return koppel.Wrap(op, err)
	}
	answer, err := e.post(ctx, op, url.Values{"token": {value}, "token_type_hint": {hint}})
	answer.release()
	return err
}
