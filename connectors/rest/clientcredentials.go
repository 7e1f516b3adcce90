package rest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/koppel-io/koppel"
)

// clientCredentials is the OAuth 2 client credentials grant, RFC 6749 section
// 4.4. One client asks for one token at a time; the token is shared through
// the store by all clients of the credential.
type clientCredentials struct {
	client *Client
	store  TokenStore
	key    string

	url                         *url.URL
	id, secret, scope, audience string
	basic                       bool

	mu sync.Mutex
}

// expiryMargin is how long before its end a token is no longer used: a tenth
// of its life, at most a minute.
func expiryMargin(life time.Duration) time.Duration { return min(life/10, time.Minute) }

// assumedLife is used when the answer has no expires_in.
const assumedLife = 5 * time.Minute

func (c *Client) newClientCredentials(way *ClientCredentials) (authorizer, error) {
	a := &clientCredentials{client: c, store: c.tokens, basic: way.Send == "basic"}
	var address string
	for _, field := range []struct {
		from *Template
		into *string
	}{{&way.TokenURL, &address}, {&way.ID, &a.id}, {&way.Secret, &a.secret}, {&way.Scope, &a.scope}, {&way.Audience, &a.audience}} {
		value, err := field.from.render(c.env, nil)
		if err != nil {
			return nil, err
		}
		*field.into = value
	}
	var err error
	if a.url, err = c.resolve(address); err != nil {
		return nil, err
	}
	c.redact.add(a.secret)
	sum := sha256.Sum256([]byte(strings.Join([]string{a.url.String(), a.id, a.secret, a.scope, a.audience}, "\x00")))
	a.key = c.credentialKey + "/" + hex.EncodeToString(sum[:8])
	return a, nil
}

func (a *clientCredentials) authorize(ctx context.Context, r *http.Request) error {
	token, err := a.token(ctx, "")
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	return nil
}

// refresh asks for a new token, unless somebody did since used was sent.
func (a *clientCredentials) refresh(ctx context.Context, used *http.Request) error {
	refused := ""
	if used != nil {
		refused = strings.TrimPrefix(used.Header.Get("Authorization"), "Bearer ")
	}
	_, err := a.token(ctx, refused)
	return err
}

// token returns a token that is not refused: the stored one while it lasts, else a new one.
func (a *clientCredentials) token(ctx context.Context, refused string) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	stored, err := a.store.Token(ctx, a.key)
	if err != nil {
		return "", koppel.Wrap("read the stored token", err)
	}
	if access := stored.Access.Reveal(); access != "" && access != refused && a.client.now().Before(stored.Expires) {
		a.client.redact.add(access)
		return access, nil
	}
	token, err := a.ask(ctx)
	if err != nil {
		return "", err
	}
	if err := a.store.SaveToken(ctx, a.key, token); err != nil {
		return "", koppel.Wrap("store the token", err)
	}
	return token.Access.Reveal(), nil
}

// ask requests a token, RFC 6749 section 4.4.2.
func (a *clientCredentials) ask(ctx context.Context) (Token, error) {
	form := url.Values{"grant_type": {"client_credentials"}}
	if a.scope != "" {
		form.Set("scope", a.scope)
	}
	if a.audience != "" {
		form.Set("audience", a.audience)
	}
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Accept": {"application/json"}}
	signer := keyAuth{}
	if a.basic {
		r := http.Request{Header: http.Header{}}
		r.SetBasicAuth(url.QueryEscape(a.id), url.QueryEscape(a.secret)) // RFC 6749 section 2.3.1
		signer.header = [][2]string{{"Authorization", r.Header.Get("Authorization")}}
	} else {
		form.Set("client_id", a.id)
		form.Set("client_secret", a.secret)
	}
	answer, err := a.client.exchange(ctx, call{
		op: "ask for a token", method: http.MethodPost, url: a.url, header: header,
		body: []byte(form.Encode()), signer: signer, token: true,
	})
	if err != nil {
		return Token{}, tokenError(err)
	}
	defer answer.release()
	decoded, err := decodeJSON(answer.body.data)
	object, ok := decoded.(map[string]any)
	access, _ := object["access_token"].(string)
	if err != nil || !ok || access == "" {
		return Token{}, a.client.drift(ctx, answer, "the token answer has no access_token")
	}
	a.client.redact.add(access)
	life := assumedLife
	if seconds, err := strconv.ParseFloat(textOf(object["expires_in"]), 64); err == nil && seconds > 0 {
		life = time.Duration(seconds * float64(time.Second))
	}
	return Token{Access: koppel.NewSecret(access), Expires: a.client.now().Add(life - expiryMargin(life))}, nil
}

// tokenError makes a refusal of the token request one of the credentials: RFC
// 6749 section 5.2 answers invalid_client with 400 or 401.
func tokenError(err error) error {
	switch koppel.KindOf(err) {
	case koppel.KindInvalidRequest, koppel.KindPermission:
		return &koppel.Error{Kind: koppel.KindAuth, Op: "ask for a token", Detail: koppel.DetailOf(err), Err: err}
	case koppel.KindAuth, koppel.KindNotFound:
		return koppel.Wrap("ask for a token", err)
	}
	return fmt.Errorf("ask for a token: %w", err)
}
