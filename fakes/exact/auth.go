package exact

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// logins are the grants of the app and its token calls.
type logins struct {
	mu     sync.Mutex
	seed   uint64
	issued uint64
	codes  map[string]*grant // codes, once each
	access map[string]*grant
	fresh  map[string]*grant    // refresh tokens that may be used
	used   map[string]*grant    // refresh tokens that were
	days   map[string]*tokenDay // token calls by user
}

// grant is what one user allowed the app, with its present tokens.
type grant struct {
	user      string
	userID    string
	redirect  string
	challenge string // PKCE, S256
	access    string
	refresh   string
	issued    time.Time // of the present tokens
	revoked   bool
	rotations int
}

// tokenDay counts the token calls of one day.
type tokenDay struct {
	until time.Time
	calls int
}

func (l *logins) init(cfg Config) {
	l.seed = cfg.Seed
	l.codes, l.access = map[string]*grant{}, map[string]*grant{}
	l.fresh, l.used = map[string]*grant{}, map[string]*grant{}
	l.days = map[string]*tokenDay{}
}

// secret makes a value that nobody has seen; the lock is held.
func (l *logins) secret(prefix string) string {
	l.issued++
	return prefix + strings.ReplaceAll(guidOf(l.seed, saltToken, l.issued)+guidOf(l.seed, saltToken+1, l.issued), "-", "")
}

// sees tells whether the user may open an administration; they all may.
func (g *grant) sees(int) bool { return !g.revoked }

// userName is the one user of the site.
const userName = "service@customer.example"

// authorise consents by itself: it redirects with a code, passing state on.
func (s *Site) authorise(c *call) answer {
	q := c.query
	redirect, err := url.Parse(q.Get("redirect_uri"))
	switch {
	case q.Get("client_id") != s.cfg.ClientID:
		return htmlPage(http.StatusBadRequest, "The client_id is not known.")
	case err != nil || redirect.Scheme == "" || redirect.Host == "":
		return htmlPage(http.StatusBadRequest, "The redirect_uri is missing.")
	case len(s.cfg.RedirectURIs) > 0 && !slices.Contains(s.cfg.RedirectURIs, q.Get("redirect_uri")):
		return htmlPage(http.StatusBadRequest, "The redirect_uri is not the registered one.")
	}
	back := redirect.Query()
	if state := q.Get("state"); state != "" {
		back.Set("state", state)
	}
	switch {
	case q.Get("response_type") != "code":
		back.Set("error", "unsupported_response_type")
	case q.Get("code_challenge") != "" && q.Get("code_challenge_method") != "S256":
		back.Set("error", "invalid_request")
	case s.faults.Set().DenyConsent:
		back.Set("error", "access_denied")
	default:
		back.Set("code", s.logins.code(q.Get("redirect_uri"), q.Get("code_challenge")))
	}
	redirect.RawQuery = back.Encode()
	a := answer{status: http.StatusFound, effect: "authorise"}
	a.set("Location", redirect.String())
	return a
}

func (l *logins) code(redirect, challenge string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	code := l.secret("stampNL001.code.")
	l.codes[code] = &grant{user: userName, userID: guidOf(l.seed, saltUser, 1), redirect: redirect, challenge: challenge}
	return code
}

// Login makes tokens as a person's consent would, and gives the refresh token
// with the access token that goes with it.
func (s *Site) Login() (refresh, access string) {
	l := &s.logins
	l.mu.Lock()
	defer l.mu.Unlock()
	g := &grant{user: userName, userID: guidOf(l.seed, saltUser, 1)}
	l.issue(g, s.cfg.Now())
	return g.refresh, g.access
}

// RevokeAll ends every grant, as when a user leaves the company.
func (s *Site) RevokeAll() {
	l := &s.logins
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, set := range []map[string]*grant{l.access, l.fresh} {
		for token, g := range set {
			g.revoked = true
			delete(set, token)
		}
	}
}

// ExpireAccess ends the life of every access token; the grants go on.
func (s *Site) ExpireAccess() {
	l := &s.logins
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.access)
}

// bearer finds the grant of a request; the answer is a 401.
func (s *Site) bearer(c *call) *answer {
	token, ok := strings.CutPrefix(c.r.Header.Get("Authorization"), "Bearer ")
	l := &s.logins
	l.mu.Lock()
	defer l.mu.Unlock()
	g := l.access[token]
	if ok && g != nil && !g.revoked && s.cfg.Now().Before(g.issued.Add(s.cfg.AccessTTL)) {
		c.grant = g
		return nil
	}
	a := failure(http.StatusUnauthorized, "Unauthorized")
	a.set("Www-Authenticate", `Bearer error="invalid_token"`)
	return &a
}

// proves tells whether a PKCE verifier belongs to a challenge (RFC 7636, 4.6).
func proves(verifier, challenge string) bool {
	sum := sha256.Sum256([]byte(verifier))
	return challenge == "" || base64.RawURLEncoding.EncodeToString(sum[:]) == challenge
}

func htmlPage(status int, title string) answer {
	return answer{status: status, ctype: "text/html; charset=utf-8", body: []byte("<!DOCTYPE html><html><head><title>" + escape(title) + "</title></head><body><h1>" + escape(title) + "</h1></body></html>")}
}
