package bol

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// claims are what a token says.
type claims struct {
	Subject string  `json:"sub"`
	Expires float64 `json:"exp"` // NumericDate, RFC 7519 section 2
	Epoch   int     `json:"epoch"`
	Number  int64   `json:"jti"`
}

// issueToken answers the client credentials grant, RFC 6749 section 4.4: the
// key pair by HTTP Basic, the grant in the query or as a form.
func (a *Account) issueToken(c *call) answer {
	grant := c.query.Get("grant_type")
	if form, err := url.ParseQuery(string(c.body)); err == nil && grant == "" {
		grant = form.Get("grant_type")
	}
	id, secret, given := c.r.BasicAuth()
	switch {
	case !given || !same(id, a.cfg.ClientID) || !same(secret, a.cfg.ClientSecret):
		return oauthError(http.StatusUnauthorized, "invalid_client", "Bad client credentials")
	case grant != "client_credentials":
		return oauthError(http.StatusBadRequest, "unsupported_grant_type", "give grant_type=client_credentials")
	}
	a.nextID++
	an := says(http.StatusOK, struct {
		Token   string `json:"access_token"`
		Type    string `json:"token_type"`
		Expires int    `json:"expires_in"`
		Scope   string `json:"scope"`
	}{a.sign(claims{id, float64(c.now.Add(a.cfg.TokenLifetime).UnixMilli()) / 1000, a.tokenEpoch, a.nextID}), "Bearer", int(a.cfg.TokenLifetime.Seconds()), "RETAILER"})
	an.ctype, an.effect = "application/json;charset=UTF-8", "token"
	return an
}

func oauthError(status int, code, text string) answer {
	an := says(status, map[string]string{"error": code, "error_description": text})
	an.ctype = "application/json;charset=UTF-8"
	return an
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// sign makes a JWT, RFC 7519, with HS256.
func (a *Account) sign(c claims) string {
	enc := base64.RawURLEncoding
	text := enc.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + enc.EncodeToString(marshal(c))
	mac := hmac.New(sha256.New, a.secret[:])
	mac.Write([]byte(text))
	return text + "." + enc.EncodeToString(mac.Sum(nil))
}

// authorise takes a request with a token of ours that still holds.
func (a *Account) authorise(c *call) *answer {
	given, bearer := strings.CutPrefix(c.r.Header.Get("Authorization"), "Bearer ")
	var said claims
	parts := strings.Split(given, ".")
	valid := bearer && len(parts) == 3
	if valid {
		payload, err := base64.RawURLEncoding.DecodeString(parts[1])
		valid = err == nil && json.Unmarshal(payload, &said) == nil && same(a.sign(said), given)
	}
	a.mu.Lock()
	epoch := a.tokenEpoch
	a.mu.Unlock()
	expires := time.UnixMilli(int64(said.Expires * 1000))
	var refused answer
	switch {
	case !valid || said.Epoch != epoch:
		refused = problem(http.StatusUnauthorized, "Unauthorized", "The token is missing or not valid.")
	case !c.now.Before(expires):
		refused = problem(http.StatusUnauthorized, "Expired JWT", "JWT expired at "+expires.UTC().Format(time.RFC3339))
	case a.faults.Set().Inactive:
		refused = problem(http.StatusForbidden, "Forbidden", "The account is not active.")
	default:
		return nil
	}
	return &refused
}
