package rest

import (
	"crypto/sha256"
	"encoding/base64"
)

// proves reports whether the login is bound to who began it by PKCE, RFC 7636.
// A remote that does not know it ignores its parameters (RFC 6749 section 3.1).
func (w *OAuth2) proves() bool { return w.PKCE == nil || *w.PKCE }

// challenge is the code challenge of a verifier, method S256 (RFC 7636 section 4.2).
func challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
