package rest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/koppel-io/koppel"
)

// build makes a call of a declared request; more are query parameters besides,
// each in place of the request's own of the same name.
func (c *Client) build(op string, r *Request, env map[string]any, more ...Params) (call, error) {
	method, path := r.target()
	text, err := path.render(env, url.PathEscape)
	if err != nil {
		return call{}, err
	}
	out := call{op: op, method: method, header: http.Header{}, idempotent: method == http.MethodGet || r.Idempotent, operation: r.Budget}
	if out.url, err = c.resolve(text); err != nil {
		return call{}, err
	}
	if err := setQueryOf(out.url, r.Query, more, env); err != nil {
		return call{}, err
	}
	for _, headers := range []Params{c.manifest.HTTP.Headers, r.Headers} {
		for _, h := range headers {
			value, err := h.Value.render(env, nil)
			if err != nil {
				return call{}, err
			}
			out.header.Set(h.Name, value)
		}
	}
	if r.Body != nil {
		value, err := r.Body.render(env)
		if err != nil {
			return call{}, err
		}
		if out.body, err = json.Marshal(value); err != nil {
			return call{}, koppel.E(koppel.KindInvalidRequest, op, "the body cannot be written as JSON: "+err.Error())
		}
	}
	return out, nil
}

// setQueryOf appends a request's own parameters and then more, in their order;
// one whose value is null is left out. Servers disagree on what a name that is
// given twice means, so a bound takes the place of a parameter of its name.
func setQueryOf(u *url.URL, own Params, more []Params, env map[string]any) error {
	var pairs [][2]string
	placed := map[string]bool{}
	for _, params := range more {
		for _, p := range params {
			value, err := p.Value.value(env)
			if err != nil {
				return err
			}
			if value != nil {
				pairs, placed[p.Name] = append(pairs, [2]string{p.Name, textOf(value)}), true
			}
		}
	}
	for _, p := range own {
		if placed[p.Name] {
			continue
		}
		value, err := p.Value.value(env)
		if err != nil {
			return err
		}
		if value != nil {
			appendQuery(u, p.Name, textOf(value))
		}
	}
	for _, pair := range pairs {
		appendQuery(u, pair[0], pair[1])
	}
	return nil
}

func appendQuery(u *url.URL, name, value string) {
	pair := url.QueryEscape(name) + "=" + url.QueryEscape(value)
	if u.RawQuery == "" {
		u.RawQuery = pair
	} else {
		u.RawQuery += "&" + pair
	}
}

// sameHost makes an address that the remote gave (a next link) safe to follow
// with credentials: only the host of base, and never from https to http.
func (c *Client) sameHost(from *url.URL, link string) (*url.URL, error) {
	u, err := from.Parse(link)
	if err != nil {
		return nil, koppel.E(koppel.KindSchemaDrift, "", "the next link is not an address: "+c.redact.text(link))
	}
	if u.Scheme == "http" && from.Scheme == "https" && u.Hostname() == from.Hostname() {
		u.Scheme, u.Host = from.Scheme, from.Host
	}
	if u.Scheme != from.Scheme || !strings.EqualFold(u.Host, from.Host) {
		return nil, koppel.E(koppel.KindBlockedAddress, "", "the next link leads from "+from.Host+" to another host, "+u.Host)
	}
	return u, nil
}

// nextLink finds a relation in Link headers, RFC 8288; empty when there is none.
func nextLink(headers []string, relation string) string {
	for _, header := range headers {
		for header != "" {
			open := strings.IndexByte(header, '<')
			if open < 0 {
				break
			}
			end := strings.IndexByte(header[open:], '>')
			if end < 0 {
				break
			}
			target := header[open+1 : open+end]
			var params string
			params, header = cutParams(header[open+end+1:])
			if hasRelation(params, relation) {
				return target
			}
		}
	}
	return ""
}

// cutParams cuts a link's parameters off at the comma before the next link.
func cutParams(s string) (params, rest string) {
	quoted := false
	for i := range len(s) {
		switch {
		case s[i] == '"':
			quoted = !quoted
		case s[i] == ',' && !quoted:
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}

func hasRelation(params, relation string) bool {
	for param := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(param), "=")
		if !strings.EqualFold(strings.TrimSpace(name), "rel") {
			continue
		}
		for word := range strings.FieldsSeq(strings.Trim(strings.TrimSpace(value), `"`)) {
			if strings.EqualFold(word, relation) {
				return true
			}
		}
	}
	return false
}
