package rest

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/koppel-io/koppel"
)

// tokenEndpoint is where tokens are asked for, RFC 6749 section 3.2.
type tokenEndpoint struct {
	client     *Client
	url        *url.URL
	id, secret string
	basic      bool
	// tooEarly is the answer that means: keep the token you have.
	tooEarly *Match
	budget   *budget
	// assumed is the life of a token whose answer has no expires_in; zero: until it is refused.
	assumed time.Duration
	// ours: id and secret are our own app's, not the customer's.
	ours bool
}

// newTokenEndpoint renders who asks where. Requests for tokens have a budget of
// their own: one of them may be made while a request waits in the usual one.
func (c *Client) newTokenEndpoint(address *Template, who OAuth2Client, style string, buckets []Bucket) (*tokenEndpoint, error) {
	e := &tokenEndpoint{client: c, basic: style == "basic"}
	where := ""
	for _, field := range []struct {
		from *Template
		into *string
	}{{address, &where}, {&who.ID, &e.id}, {&who.Secret, &e.secret}} {
		value, err := field.from.render(c.env, nil)
		if err != nil {
			return nil, err
		}
		*field.into = value
	}
	var err error
	if e.url, err = c.resolve(where); err != nil {
		return nil, err
	}
	c.redact.add(e.secret)
	allowed, err := c.buckets(buckets)
	if err != nil {
		return nil, err
	}
	e.budget = newBudget(c.budget.key+"/token", 0, allowed, c.budget.leaser, c.durations.WaitInside, c.now)
	return e, nil
}

// request asks for a token with the fields of form. Whoever asked may be gone
// before the answer comes; the request goes on, since its answer is precious.
func (e *tokenEndpoint) request(ctx context.Context, op string, form url.Values) (koppel.Token, koppel.TokenOutcome, error) {
	asked := e.client.now()
	a, err := e.post(ctx, op, form)
	defer a.release()
	if err != nil {
		return e.refused(op, a, err)
	}
	return e.given(ctx, a, asked)
}

// post sends form with who asks.
func (e *tokenEndpoint) post(ctx context.Context, op string, form url.Values) (*answer, error) {
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Accept": {"application/json"}}
	signer := keyAuth{}
	if e.basic {
		r := http.Request{Header: http.Header{}}
		r.SetBasicAuth(url.QueryEscape(e.id), url.QueryEscape(e.secret)) // RFC 6749 section 2.3.1
		signer.header = [][2]string{{"Authorization", r.Header.Get("Authorization")}}
	} else {
		form.Set("client_id", e.id)
		if e.secret != "" {
			form.Set("client_secret", e.secret)
		}
	}
	for _, name := range []string{"code", "refresh_token", "code_verifier"} {
		e.client.redact.add(form.Get(name))
	}
	return e.client.exchange(ctx, call{
		op: op, method: http.MethodPost, url: e.url, header: header, body: []byte(form.Encode()), signer: signer, token: e,
	})
}

// given reads the token of an answer.
func (e *tokenEndpoint) given(ctx context.Context, a *answer, asked time.Time) (koppel.Token, koppel.TokenOutcome, error) {
	decoded, err := decodeJSON(a.body.data)
	object, _ := decoded.(map[string]any)
	access, _ := object["access_token"].(string)
	refresh, _ := object["refresh_token"].(string)
	e.client.redact.add(access)
	e.client.redact.add(refresh)
	if err != nil || access == "" {
		return koppel.Token{}, koppel.TokenUnknown, e.client.drift(ctx, a, "the token answer has no access_token")
	}
	token := koppel.Token{Access: koppel.NewSecret(access), Refresh: koppel.NewSecret(refresh), Obtained: asked}
	life := e.assumed
	// RFC 6749 section 5.1 wants a number; some remotes send it as text.
	if seconds, err := strconv.ParseFloat(textOf(object["expires_in"]), 64); err == nil && seconds > 0 {
		life = time.Duration(seconds * float64(time.Second))
	}
	if life > 0 {
		token.Expires = asked.Add(life)
	}
	return token, koppel.TokenGiven, nil
}

// faultsOfOurs are the error codes of RFC 6749 section 5.2 by which the remote
// refuses who asks and how, not what the customer gave.
var faultsOfOurs = []string{"invalid_client", "unauthorized_client", "unsupported_grant_type", "invalid_scope", "invalid_request"}

// refused says what an answer without a token means.
func (e *tokenEndpoint) refused(op string, a *answer, err error) (koppel.Token, koppel.TokenOutcome, error) {
	if a == nil || !a.sent {
		return koppel.Token{}, koppel.TokenUnsent, koppel.Wrap(op, err)
	}
	if a.status == 0 || a.status >= 500 || a.status == http.StatusRequestTimeout || a.status < 300 {
		return koppel.Token{}, koppel.TokenUnknown, koppel.Wrap(op, err)
	}
	if e.tooEarly != nil {
		if matches, merr := e.tooEarly.matches(e.client, a); merr == nil && matches {
			return koppel.Token{}, koppel.TokenKept, nil
		}
	}
	kind := koppel.KindOf(err)
	if kind != koppel.KindInvalidRequest && kind != koppel.KindAuth && (kind != koppel.KindPermission || e.ours) {
		return koppel.Token{}, koppel.TokenUnsent, koppel.Wrap(op, err)
	}
	code := ""
	if decoded, derr := decodeJSON(a.body.data); derr == nil {
		value, _ := lookUp(decoded, "error")
		code = textOf(value)
	}
	if e.ours && slices.Contains(faultsOfOurs, code) {
		return koppel.Token{}, koppel.TokenUnsent, &koppel.Error{Kind: koppel.KindInvalidRequest, Op: op, Exchange: exchangeOf(err),
			Detail: koppel.DetailOf(err) + "; that is about our own app: koppel app-credential set " + e.client.manifest.Connector, Err: err}
	}
	// RFC 6749 section 5.2 refuses what the customer gave with 400 or 401.
	return koppel.Token{}, koppel.TokenRefused, &koppel.Error{Kind: koppel.KindAuth, Op: op, Exchange: exchangeOf(err), Detail: koppel.DetailOf(err), Err: err}
}

func exchangeOf(err error) int64 {
	if known, ok := err.(*koppel.Error); ok {
		return known.Exchange
	}
	return 0
}
