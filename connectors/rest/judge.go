package rest

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/koppel-io/koppel"
)

// The actions of response rules, as the manifest spells them.
const (
	actionRetry      = "retry"
	actionWait       = "wait"
	actionRefresh    = "refresh_and_retry"
	actionEmpty      = "empty"
	actionGone       = "gone"
	actionReauth     = "needs_reauth"
	actionPermission = "needs_permission"
	actionBlocked    = "blocked"
	actionIgnore     = "ignore"
	actionFail       = "fail"
)

// verdict is what an answer means.
type verdict struct {
	action string
	wait   time.Duration
	// err is nil when the answer can be used.
	err *koppel.Error
}

// judge applies the manifest's rules, then the usual table.
func (c *Client) judge(a *answer) verdict {
	if a.call.token == nil {
		for i := range c.manifest.HTTP.Responses {
			rule := &c.manifest.HTTP.Responses[i]
			matches, err := rule.matches(c, a)
			if err != nil {
				return verdict{err: koppel.E(koppel.KindSchemaDrift, "", fmt.Sprintf("response rule %d: %v", i+1, err))}
			}
			if matches {
				return c.apply(rule, i, a)
			}
		}
	}
	return c.usual(a)
}

// responseEnv is what rules see. The body is decoded only for an expression
// that uses it: most rules look at status and headers, and pages are large.
func (c *Client) responseEnv(a *answer, expressions ...string) map[string]any {
	header := make(map[string]any, len(a.header))
	for name, values := range a.header {
		header[strings.ToLower(name)] = strings.Join(values, ", ")
	}
	env := with(c.env, "response", map[string]any{"status": int64(a.status), "header": header, "is_html": a.isHTML(), "size": int64(len(a.body.data))})
	env["body"] = nil
	for _, e := range expressions {
		if strings.Contains(e, "body") {
			if value, err := decodeJSON(a.body.data); err == nil {
				env["body"] = value
			}
			break
		}
	}
	return env
}

func (r *Match) matches(c *Client, a *answer) (bool, error) {
	if len(r.Status) > 0 && !r.Status.has(a.status) {
		return false, nil
	}
	for _, h := range r.Headers {
		value := a.header.Get(h.Name)
		want, err := h.Value.render(c.env, nil)
		if err != nil || value == "" || want != "*" && !strings.EqualFold(value, want) {
			return false, err
		}
	}
	if r.When == nil {
		return true, nil
	}
	return r.When.holds(c.responseEnv(a, r.When.source))
}

// apply does what a rule says.
func (c *Client) apply(rule *Rule, i int, a *answer) verdict {
	a.rule = fmt.Sprintf("rule %d: %s", i+1, rule.Then)
	detail := c.detail(a)
	if rule.Detail != nil {
		if text, err := rule.Detail.render(c.responseEnv(a, rule.Detail.source), nil); err == nil {
			detail = text
		}
	}
	fail := func(kind koppel.Kind) verdict { return verdict{err: koppel.E(kind, "", detail)} }
	switch rule.Then {
	case actionEmpty, actionGone, actionIgnore:
		a.then = rule.Then
		return verdict{}
	case actionRetry:
		return fail(koppel.KindRemoteUnavailable)
	case actionWait:
		return c.waiting(a, koppel.KindRateLimited, detail, rule.For)
	case actionRefresh:
		v := fail(koppel.KindAuth)
		v.action = actionRefresh
		return v
	case actionReauth:
		return fail(koppel.KindAuth)
	case actionPermission:
		return fail(koppel.KindPermission)
	case actionBlocked:
		return fail(koppel.KindBlocked)
	}
	if v := c.usual(a); v.err != nil {
		v.err.Detail = detail
		return v
	}
	return fail(koppel.KindInvalidRequest)
}

// waiting is an answer that asks to come back later.
func (c *Client) waiting(a *answer, kind koppel.Kind, detail string, otherwise time.Duration) verdict {
	wait, told := retryAfter(a.header, c.now())
	if !told {
		wait = max(otherwise, c.used(a))
	}
	return verdict{action: actionWait, wait: wait, err: &koppel.Error{Kind: kind, Detail: detail, RetryAfter: wait}}
}

// usual is the one table from answers to kinds (RFC 9110 section 15).
func (c *Client) usual(a *answer) verdict {
	detail := c.detail(a)
	fail := func(kind koppel.Kind) verdict { return verdict{err: koppel.E(kind, "", detail)} }
	html := a.isHTML()
	switch s := a.status; {
	case s == http.StatusNoContent || s == http.StatusResetContent:
		a.then = actionEmpty
		return verdict{}
	case s >= 200 && s < 300:
		if html {
			return fail(koppel.KindBlocked)
		}
		return verdict{}
	case s == http.StatusUnauthorized:
		v := fail(koppel.KindAuth)
		if _, ok := c.auth.(refresher); ok {
			v.action = actionRefresh
		}
		return v
	case s == http.StatusTooManyRequests || s == http.StatusTooEarly:
		return c.waiting(a, koppel.KindRateLimited, detail, 0)
	case s >= 500:
		if a.header.Get("Retry-After") != "" {
			return c.waiting(a, koppel.KindRemoteUnavailable, detail, 0)
		}
		return fail(koppel.KindRemoteUnavailable)
	case s == http.StatusNotFound || s == http.StatusGone:
		return fail(koppel.KindNotFound)
	case s == http.StatusRequestTimeout:
		return fail(koppel.KindTimeout)
	case s == http.StatusRequestEntityTooLarge:
		return fail(koppel.KindTooLarge)
	case s >= 400 && html:
		return fail(koppel.KindBlocked)
	case s == http.StatusForbidden || s == http.StatusUnavailableForLegalReasons:
		return fail(koppel.KindPermission)
	case s == http.StatusConflict:
		return fail(koppel.KindConflict)
	case s == http.StatusPaymentRequired:
		return fail(koppel.KindQuota)
	case s >= 400:
		return fail(koppel.KindInvalidRequest)
	}
	return fail(koppel.KindSchemaDrift)
}

// detail says who answered what, in the remote's own words where it has some.
func (c *Client) detail(a *answer) string {
	what := fmt.Sprintf("%s %s%s answers %d", a.call.method, a.call.url.Host, c.redact.text(a.call.url.Path), a.status)
	words := c.words(a)
	if words == "" && a.isHTML() {
		words = "a web page" + htmlTitle(a.body.data)
	}
	if words == "" {
		words = strings.ToLower(http.StatusText(a.status))
	}
	return what + ": " + words
}
