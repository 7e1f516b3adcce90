package exact

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// token exchanges a code or a refresh token. Every refresh token is good once:
// the answer holds the next one.
func (s *Site) token(c *call) answer {
	form, err := url.ParseQuery(string(c.body))
	if err != nil {
		return tokenError(http.StatusBadRequest, "invalid_request", "The form cannot be read.")
	}
	if form.Get("client_id") != s.cfg.ClientID || form.Get("client_secret") != s.cfg.ClientSecret {
		return tokenError(http.StatusUnauthorized, "invalid_client", "The client is not known or its secret is wrong.")
	}
	now := s.cfg.Now()
	l := &s.logins
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.today(userName, s.cfg, now) {
		a := tokenError(http.StatusTooManyRequests, "access_denied", "Rate limit exceeded: too many token requests today")
		a.set("Reason", "TooManyTokenRequests")
		return a
	}
	switch form.Get("grant_type") {
	case "authorization_code":
		return s.exchange(form, now)
	case "refresh_token":
		return s.refresh(form, now)
	}
	return tokenError(http.StatusBadRequest, "unsupported_grant_type", "Give authorization_code or refresh_token.")
}

// exchange makes the first tokens of a grant; the lock of the logins is held.
func (s *Site) exchange(form url.Values, now time.Time) answer {
	l := &s.logins
	g := l.codes[form.Get("code")]
	if g == nil || g.redirect != form.Get("redirect_uri") || !proves(form.Get("code_verifier"), g.challenge) {
		return tokenError(http.StatusBadRequest, "invalid_grant", "The code is not valid.")
	}
	delete(l.codes, form.Get("code"))
	l.issue(g, now)
	return s.tokens(g, "exchange code")
}

// refresh rotates the tokens of a grant; the lock of the logins is held.
func (s *Site) refresh(form url.Values, now time.Time) answer {
	l := &s.logins
	g := l.fresh[form.Get("refresh_token")]
	if g == nil || g.revoked || now.After(g.issued.Add(s.cfg.RefreshTTL)) {
		effect := ""
		if l.used[form.Get("refresh_token")] != nil {
			effect = "reuse of a refresh token"
		}
		a := tokenError(http.StatusUnauthorized, "invalid_grant", "The refresh token is not valid.")
		a.effect = effect
		return a
	}
	if now.Before(g.issued.Add(s.cfg.RefreshAfter)) {
		a := tokenError(http.StatusBadRequest, "access_denied", "Rate limit exceeded: access_token not expired")
		a.set("Reason", "TooEarlyToRefreshTokens")
		return a
	}
	l.used[g.refresh] = g
	delete(l.fresh, g.refresh)
	l.issue(g, now)
	g.rotations++
	return s.tokens(g, "rotate tokens")
}

// issue gives a grant new tokens. An access token lives out its own time.
func (l *logins) issue(g *grant, now time.Time) {
	old := *g
	if old.access != "" {
		l.access[old.access] = &old
	}
	g.access, g.refresh, g.issued = l.secret("stampNL001.access."), l.secret("stampNL001.refresh."), now
	l.access[g.access], l.fresh[g.refresh] = g, g
}

// today counts a token call; false when the day's are used up.
func (l *logins) today(user string, cfg Config, now time.Time) bool {
	d := l.days[user]
	if d == nil || !now.Before(d.until) {
		d = &tokenDay{until: now.Add(cfg.DayWindow)}
		l.days[user] = d
	}
	d.calls++
	return cfg.TokenCalls == 0 || d.calls <= cfg.TokenCalls
}

func (s *Site) tokens(g *grant, effect string) answer {
	body, err := json.Marshal(map[string]string{
		"access_token": g.access, "token_type": "bearer", "refresh_token": g.refresh,
		"expires_in": strconv.Itoa(int(s.cfg.AccessTTL / time.Second)), // a string, as Exact has it
	})
	if err != nil {
		return serverError(http.StatusInternalServerError)
	}
	return answer{status: http.StatusOK, ctype: jsonType, body: body, effect: effect}
}

func tokenError(status int, code, description string) answer {
	b := appendString([]byte(`{"error":`), code)
	b = append(b, `,"error_description":`...)
	b = appendString(b, description)
	return answer{status: status, ctype: jsonType, body: append(b, '}')}
}
