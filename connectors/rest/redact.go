package rest

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/koppel-io/koppel"
)

const redacted = "[redacted]"

// redactor removes secrets from everything that is kept or shown.
type redactor struct {
	mu sync.RWMutex
	// values are the secrets in every spelling in which they may occur, longest first.
	values []string
	// names are headers and query parameters whose value is always a secret.
	names map[string]bool
	// own are the names that the manifest's auth sends.
	own map[string]bool
}

var secretNames = []string{
	"authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "api-key", "apikey", "api_key",
	"access_token", "refresh_token", "token", "client_secret", "password", "secret", "signature",
	"consumer_key", "consumer_secret", "oauth_consumer_key", "oauth_signature", "oauth_token", "oauth_nonce",
}

func newRedactor() *redactor {
	r := &redactor{names: map[string]bool{}, own: map[string]bool{}}
	for _, name := range secretNames {
		r.names[name] = true
	}
	return r
}

func (r *redactor) addNames(names ...string) {
	for _, name := range names {
		r.names[strings.ToLower(name)] = true
		r.own[strings.ToLower(name)] = true
	}
}

// leastSecret is the shortest value that is searched for; shorter ones would
// blank out ordinary text.
const leastSecret = 4

// add makes text a known secret, in plain, URL, JSON and base64 spelling.
func (r *redactor) add(text string) {
	if len(text) < leastSecret {
		return
	}
	quoted, _ := json.Marshal(text)
	spellings := []string{
		text, url.QueryEscape(text), url.PathEscape(text), percent(text), string(quoted[1 : len(quoted)-1]),
		base64.StdEncoding.EncodeToString([]byte(text)),
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range spellings {
		if !slices.Contains(r.values, s) {
			r.values = append(r.values, s)
		}
	}
	slices.SortFunc(r.values, func(a, b string) int { return len(b) - len(a) })
}

// text blanks out every known secret in s.
func (r *redactor) text(s string) string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, value := range r.values {
		s = strings.ReplaceAll(s, value, redacted)
	}
	return s
}

// isCredential reports whether a query parameter carries credentials: only
// names that the authorization itself uses, for "token" may be a page token.
func (r *redactor) isCredential(name string) bool {
	return strings.HasPrefix(name, "oauth_") || name == "consumer_key" || name == "consumer_secret" || r.own[strings.ToLower(name)]
}

// url shows an address without user info and with secret parameters blanked.
func (r *redactor) url(u *url.URL) string {
	if u == nil {
		return ""
	}
	shown := *u
	shown.User = nil
	pairs := strings.Split(shown.RawQuery, "&")
	for i, pair := range pairs {
		name, _, _ := strings.Cut(pair, "=")
		if plain, err := url.QueryUnescape(name); err == nil && r.names[strings.ToLower(plain)] {
			pairs[i] = name + "=" + redacted
		}
	}
	shown.RawQuery = strings.Join(pairs, "&")
	return r.text(shown.String())
}

func (r *redactor) header(h http.Header) map[string]string {
	shown := make(map[string]string, len(h))
	for name, values := range h {
		if r.names[strings.ToLower(name)] {
			shown[name] = redacted
			continue
		}
		shown[name] = r.text(strings.Join(values, ", "))
	}
	return shown
}

const keptBody = 4 << 10

// body cuts a body to what is kept of it. It is redacted before it is cut, so
// that a cut never leaves half of a secret.
func (r *redactor) body(b []byte) string {
	const window = keptBody + 4<<10
	cut := len(b) > keptBody
	torn := len(b) > window
	if torn {
		b = b[:window]
	}
	text := r.text(strings.ToValidUTF8(string(b), "\uFFFD"))
	if torn { // the end may hold the first part of a secret
		text = text[:max(0, len(text)-r.longest())]
	}
	if cut && len(text) > keptBody {
		text = strings.ToValidUTF8(text[:keptBody], "")
	}
	return text
}

// addCredentials makes the secret fields of a credential known. A field that
// the manifest does not describe counts as secret.
func (r *redactor) addCredentials(fields Fields, values map[string]koppel.Secret) {
	for name, value := range values {
		at := slices.IndexFunc(fields, func(f koppel.Setting) bool { return f.Name == name })
		if at < 0 || fields[at].Secret {
			r.add(value.Reveal())
		}
	}
}

func (r *redactor) longest() int {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if len(r.values) == 0 {
		return 0
	}
	return len(r.values[0])
}
