package rest

import "time"

// Auth is one way to authorize requests: exactly one of its kinds.
type Auth struct {
	When              *Expr              `y:"when" doc:"Condition under which this way is used"`
	None              bool               `y:"none" doc:"true: requests carry no credentials"`
	Header            Params             `y:"header" doc:"Headers that carry a key"`
	Query             Params             `y:"query" doc:"Query parameters that carry a key"`
	Basic             *Basic             `y:"basic" doc:"HTTP Basic, RFC 7617"`
	OAuth1            *OAuth1            `y:"oauth1" doc:"OAuth 1.0a one-legged with HMAC-SHA256, RFC 5849, as query parameters"`
	ClientCredentials *ClientCredentials `y:"client_credentials" doc:"OAuth 2 client credentials, RFC 6749 section 4.4"`
	OAuth2            *OAuth2            `y:"oauth2" doc:"OAuth 2 authorization code, RFC 6749 section 4.1: the customer logs in by a connect link"`

	_ struct{} `reserved:"bearer,session,jwt,hmac,hosts"`
}

// Basic is HTTP Basic authentication, RFC 7617.
type Basic struct {
	Username Template `y:"username,required" doc:"User name"`
	Password Template `y:"password,required" doc:"Password"`
}

// OAuth1 is one-legged OAuth 1.0a, RFC 5849 with HMAC-SHA256.
type OAuth1 struct {
	Key    Template `y:"key,required" doc:"Consumer key"`
	Secret Template `y:"secret,required" doc:"Consumer secret"`

	_ struct{} `reserved:"token,token_secret,realm,method"`
}

// ClientCredentials is the OAuth 2 client credentials grant, RFC 6749 section 4.4.
type ClientCredentials struct {
	Token    Template     `y:"token,required" doc:"Where tokens are issued; a path is appended to base"`
	Client   OAuth2Client `y:"client,required" doc:"Id and secret"`
	Scope    Template     `y:"scope" doc:"Scopes, separated by spaces"`
	Audience Template     `y:"audience" doc:"Audience, where the server wants one"`
	Style    string       `y:"style" doc:"How id and secret are sent; form when absent" enum:"form,basic"`
	Budget   []Bucket     `y:"budget" doc:"Requests for tokens that the remote allows"`
}

// OAuth2Client is who asks for tokens.
type OAuth2Client struct {
	ID     Template `y:"id,required" doc:"Client id"`
	Secret Template `y:"secret" doc:"Client secret"`
}

// OAuth2 is the OAuth 2 authorization code grant, RFC 6749 section 4.1, with
// PKCE by S256, RFC 7636.
type OAuth2 struct {
	Authorize Template     `y:"authorize,required" doc:"Where the customer logs in"`
	Token     Template     `y:"token,required" doc:"Where codes and refresh tokens are exchanged; a path is appended to base"`
	Client    OAuth2Client `y:"client,required" doc:"Our app at the remote"`
	Scope     Template     `y:"scope" doc:"Scopes, separated by spaces"`
	Params    Params       `y:"params" doc:"Further parameters of the address where the customer logs in"`
	PKCE      *bool        `y:"pkce" doc:"false: the remote refuses PKCE, RFC 7636"`
	Style     string       `y:"style" doc:"How id and secret are sent; form when absent" enum:"form,basic"`
	Budget    []Bucket     `y:"budget" doc:"Requests for tokens that the remote allows"`
	Refresh   *Refresh     `y:"refresh" doc:"How tokens are renewed; without it the customer logs in again when the token ends"`
	Revoke    *Revocation  `y:"revoke" doc:"How tokens are given back when the coupling is removed, RFC 7009"`
	// KeepAlive is how long a token may lie unused before it is renewed for its own sake.
	KeepAlive time.Duration `y:"keep_alive" doc:"A token this old is renewed although nobody needs it, since an unused refresh token would end; such as 20d"`
}

// Refresh says how an access token is renewed, RFC 6749 section 6.
type Refresh struct {
	Rotating bool          `y:"rotating" doc:"true: each refresh token works once and brings the next"`
	MinAge   time.Duration `y:"min_age" doc:"A younger access token is not renewed, since the remote would refuse"`
	Early    time.Duration `y:"early" doc:"How long before its end a token is renewed; a tenth of its life, at most a minute, when absent"`
	TooEarly *Match        `y:"too_early" doc:"The answer that means: keep the token you have" scope:"response,body"`
}
