package koppel

import "time"

// Token is what a remote gave for a credential: an access token and, where the
// remote renews by one, the refresh token that goes with it.
type Token struct {
	Access, Refresh Secret
	// Generation counts the tokens of a credential, from 1; 0 is no token.
	Generation int64
	// Obtained is when the remote gave it.
	Obtained time.Time
	// Expires is when the access token ends; zero when the remote does not say.
	Expires time.Time
	// RenewAt is when an unused token is renewed for its own sake; zero for never.
	RenewAt time.Time
}

// Lasts reports whether the access token is there and not over at the time.
func (t Token) Lasts(at time.Time) bool {
	return !t.Access.IsZero() && (t.Expires.IsZero() || at.Before(t.Expires))
}

// TokenOutcome is what became of a request for a new token. With refresh tokens
// that work once, whether the remote had the request decides whether the old
// one still works.
type TokenOutcome string

// The outcomes of a request for a token.
const (
	TokenGiven   TokenOutcome = "given"   // the remote gave a new one
	TokenRefused TokenOutcome = "refused" // the remote refuses the old one for good
	TokenKept    TokenOutcome = "kept"    // too early: the old one stays
	TokenUnsent  TokenOutcome = "unsent"  // the remote certainly did nothing
	TokenUnknown TokenOutcome = "unknown" // nobody can tell
)
