package rest

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"
)

// authorizer puts credentials on a request; it is called once per attempt.
type authorizer interface {
	authorize(ctx context.Context, r *http.Request) error
}

// refresher is an authorizer whose credentials can be renewed after a refusal.
// used is the request that was refused, so that a token which somebody else
// renewed meanwhile is not thrown away.
type refresher interface {
	refresh(ctx context.Context, used *http.Request) error
}

// preparer is an authorizer that may have to ask somebody first. It is called
// before each attempt takes its slot of the budget.
type preparer interface {
	prepare(ctx context.Context) error
}

type noAuth struct{}

func (noAuth) authorize(context.Context, *http.Request) error { return nil }

// keyAuth sends fixed headers and query parameters.
type keyAuth struct {
	header [][2]string
	query  [][2]string
}

func (a keyAuth) authorize(_ context.Context, r *http.Request) error {
	for _, pair := range a.header {
		r.Header.Set(pair[0], pair[1])
	}
	if len(a.query) > 0 {
		r.URL.RawQuery = setQuery(r.URL.RawQuery, a.query)
	}
	return nil
}

// chooseAuth makes the authorizer of the first way whose condition holds and
// makes what it sends known as secret.
func (c *Client) chooseAuth() (authorizer, error) {
	for _, way := range c.manifest.HTTP.Auth {
		if way.When != nil {
			holds, err := way.When.holds(c.env)
			if err != nil {
				return nil, err
			}
			if !holds {
				continue
			}
		}
		return c.newAuth(way)
	}
	return noAuth{}, nil
}

func (c *Client) newAuth(way Auth) (authorizer, error) {
	text := func(t *Template, into *string) error {
		value, err := t.render(c.env, nil)
		*into = value
		return err
	}
	pairs := func(params Params, into *[][2]string) error {
		for _, p := range params {
			value, err := p.Value.render(c.env, nil)
			if err != nil {
				return err
			}
			c.redact.addNames(p.Name)
			*into = append(*into, [2]string{p.Name, value})
		}
		return nil
	}
	switch {
	case way.Basic != nil:
		var user, password string
		if err := firstError(text(&way.Basic.Username, &user), text(&way.Basic.Password, &password)); err != nil {
			return nil, err
		}
		token := base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
		c.redact.add(password)
		c.redact.add(token)
		return keyAuth{header: [][2]string{{"Authorization", "Basic " + token}}}, nil
	case way.OAuth1 != nil:
		a := oauth1{now: c.now}
		if err := firstError(text(&way.OAuth1.Key, &a.key), text(&way.OAuth1.Secret, &a.secret)); err != nil {
			return nil, err
		}
		c.redact.add(a.secret)
		return a, nil
	case way.ClientCredentials != nil:
		return c.newClientCredentials(way.ClientCredentials)
	case way.OAuth2 != nil:
		return c.newOAuth2(way.OAuth2)
	}
	var a keyAuth
	if err := firstError(pairs(way.Header, &a.header), pairs(way.Query, &a.query)); err != nil {
		return nil, err
	}
	return a, nil
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// setQuery puts pairs into a raw query in place of parameters of the same
// name and leaves the others as they stand, byte for byte.
func setQuery(raw string, pairs [][2]string) string {
	var kept []string
	for _, part := range strings.Split(raw, "&") {
		name, _, _ := strings.Cut(part, "=")
		if part != "" && !hasPair(pairs, name) {
			kept = append(kept, part)
		}
	}
	for _, pair := range pairs {
		kept = append(kept, percent(pair[0])+"="+percent(pair[1]))
	}
	return strings.Join(kept, "&")
}

func hasPair(pairs [][2]string, escaped string) bool {
	for _, pair := range pairs {
		if percent(pair[0]) == escaped || pair[0] == escaped {
			return true
		}
	}
	return false
}
