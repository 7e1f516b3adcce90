package rest

import (
	"context"
	"net/url"
	"slices"
	"time"

	"github.com/koppel-io/koppel"
)

// LoginToken is the name under which a store keeps what a customer's login gave.
const LoginToken = "login"

// oauth2 is the authorization code grant: the token comes from a customer's
// login and is renewed by its refresh token, RFC 6749 sections 4.1 and 6.
type oauth2 struct {
	*bearer
	way      *OAuth2
	endpoint *tokenEndpoint
}

func (c *Client) newOAuth2(way *OAuth2) (authorizer, error) {
	e, err := c.newTokenEndpoint(&way.Token, way.Client, way.Style, way.Budget)
	if err != nil {
		return nil, err
	}
	e.ours = true
	a := &oauth2{bearer: &bearer{client: c, store: c.tokens, name: LoginToken}, way: way, endpoint: e}
	a.bearer.ask = a.renew
	if r := way.Refresh; r != nil {
		a.early, a.minAge, e.tooEarly = r.Early, r.MinAge, r.TooEarly
	}
	return a, nil
}

// renew asks for a token by the refresh token, RFC 6749 section 6.
func (a *oauth2) renew(ctx context.Context, old koppel.Token) (koppel.Token, koppel.TokenOutcome, error) {
	const op = "renew the token"
	if old.Refresh.IsZero() || a.way.Refresh == nil {
		return koppel.Token{}, koppel.TokenRefused, koppel.E(koppel.KindAuth, op, "the login at "+a.client.base.Host+" is over and cannot be renewed")
	}
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {old.Refresh.Reveal()}}
	token, outcome, err := a.endpoint.request(ctx, op, form)
	if outcome != koppel.TokenGiven {
		return koppel.Token{}, outcome, err
	}
	token.RenewAt = a.way.renewAt(token)
	if token.Refresh.IsZero() {
		if a.way.Refresh.Rotating {
			// The old one is spent, so what came is used as long as it lasts.
			a.client.log.WarnContext(ctx, "the answer to a renewal has no refresh token", "connector", a.client.manifest.Connector)
		} else {
			token.Refresh = old.Refresh
		}
	}
	return token, outcome, nil
}

// renewAt is when a token that nobody uses is renewed.
func (w *OAuth2) renewAt(token koppel.Token) time.Time {
	if w.KeepAlive == 0 || token.Obtained.IsZero() {
		return time.Time{}
	}
	return token.Obtained.Add(w.KeepAlive)
}

// LogsIn reports whether the customer has to log in at the remote to connect it.
func (c *Client) LogsIn() bool {
	_, ok := c.auth.(*oauth2)
	return ok
}

// LoginURL is where the customer's browser goes to log in.
func (c *Client) LoginURL(login koppel.Login) (string, error) {
	const op = "log in"
	a, ok := c.auth.(*oauth2)
	if !ok {
		return "", koppel.E(koppel.KindInvalidRequest, op, "connector "+c.manifest.Connector+" has no login")
	}
	if a.endpoint.id == "" {
		return "", koppel.E(koppel.KindInvalidRequest, op, "our app has no client id at "+c.manifest.Name+" yet: koppel app-credential set "+c.manifest.Connector)
	}
	address, err := a.way.Authorize.render(c.env, nil)
	if err != nil {
		return "", koppel.Wrap(op, err)
	}
	u, err := c.resolve(address)
	if err != nil {
		return "", koppel.Wrap(op, err)
	}
	scope, err := a.way.Scope.render(c.env, nil)
	if err != nil {
		return "", koppel.Wrap(op, err)
	}
	query := u.Query()
	for _, p := range a.way.Params {
		value, err := p.Value.render(c.env, nil)
		if err != nil {
			return "", koppel.Wrap(op, err)
		}
		query.Set(p.Name, value)
	}
	query.Set("response_type", "code")
	query.Set("client_id", a.endpoint.id)
	query.Set("redirect_uri", login.Redirect)
	query.Set("state", login.State)
	if scope != "" {
		query.Set("scope", scope)
	}
	if a.way.proves() {
		query.Set("code_challenge", challenge(login.Verifier))
		query.Set("code_challenge_method", "S256")
	}
	u.RawQuery = query.Encode()
	return u.String(), nil
}

// FinishLogin exchanges the code that the remote sent the browser back with. A
// code works once: what the remote refuses here is logged in for anew.
func (c *Client) FinishLogin(ctx context.Context, code string, login koppel.Login) (koppel.Token, error) {
	const op = "finish the login"
	a, ok := c.auth.(*oauth2)
	if !ok {
		return koppel.Token{}, koppel.E(koppel.KindInvalidRequest, op, "connector "+c.manifest.Connector+" has no login")
	}
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {login.Redirect}}
	if a.way.proves() {
		form.Set("code_verifier", login.Verifier)
	}
	token, _, err := a.endpoint.request(ctx, op, form)
	token.RenewAt = a.way.renewAt(token)
	return token, err
}

// KeepAlive renews a login whose time for that has come, RenewAt, although no
// request needs it.
func (c *Client) KeepAlive(ctx context.Context) error {
	a, ok := c.auth.(*oauth2)
	if !ok {
		return nil
	}
	return a.keepAlive(ctx)
}

// HasLogin reports whether the customer may have to log in at the remote.
func (m *Manifest) HasLogin() bool {
	return slices.ContainsFunc(m.HTTP.Auth, func(way Auth) bool { return way.OAuth2 != nil })
}
