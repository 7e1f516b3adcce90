package connectors

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"reflect"
	"strings"

	"github.com/koppel-io/koppel"
)

// recorded answers requests with the exchanges of a case, in their order. A
// request that is not the next one is refused and remembered.
type recorded struct {
	exchanges []*goldenExchange
	wrong     []string
	auth      string
}

// RoundTrip implements http.RoundTripper.
func (n *recorded) RoundTrip(r *http.Request) (*http.Response, error) {
	if trace := httptrace.ContextClientTrace(r.Context()); trace != nil && trace.GotConn != nil {
		trace.GotConn(httptrace.GotConnInfo{})
	}
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		_ = r.Body.Close()
	}
	query, signed := withoutSignature(r.URL.RawQuery)
	line := r.Method + " " + r.URL.EscapedPath()
	if query != "" {
		line += "?" + query
	}
	n.auth = authOf(r, signed)
	if why := n.differs(line, body); why != "" {
		n.wrong = append(n.wrong, why)
		return nil, koppel.E(koppel.KindInternal, "", why)
	}
	e := n.exchanges[0]
	n.exchanges = n.exchanges[1:]
	return &http.Response{
		Status: fmt.Sprint(e.status, " ", http.StatusText(e.status)), StatusCode: e.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: e.header.Clone(),
		Body: io.NopCloser(strings.NewReader(e.answer)), ContentLength: int64(len(e.answer)), Request: r,
	}, nil
}

// differs says how a request differs from the next exchange.
func (n *recorded) differs(line string, body []byte) string {
	if len(n.exchanges) == 0 {
		return "unexpected request " + line + ": no exchange is left"
	}
	next := n.exchanges[0]
	switch {
	case next.line != line:
		return "unexpected request " + line + ", the next exchange is " + next.line
	case !sameJSON(next.body, string(body)):
		return fmt.Sprintf("%s sends %s, the exchange has %s", line, body, next.body)
	}
	return ""
}

func sameJSON(a, b string) bool {
	var x, y any
	if json.Unmarshal([]byte(a), &x) != nil || json.Unmarshal([]byte(b), &y) != nil {
		return a == b
	}
	return reflect.DeepEqual(x, y)
}

// withoutSignature takes out the parameters of OAuth 1.0a, which differ each time.
func withoutSignature(query string) (string, bool) {
	var kept []string
	signed := false
	for pair := range strings.SplitSeq(query, "&") {
		if strings.HasPrefix(pair, "oauth_") {
			signed = true
			continue
		}
		kept = append(kept, pair)
	}
	return strings.Join(kept, "&"), signed
}

// authOf names how a request is authorized, without the secret.
func authOf(r *http.Request, signed bool) string {
	scheme, _, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	switch {
	case signed:
		return "OAuth 1.0a in the query"
	case scheme != "":
		return scheme
	}
	if values, err := url.ParseQuery(r.URL.RawQuery); err == nil {
		for name := range values {
			if strings.Contains(name, "key") || strings.Contains(name, "token") {
				return name + " in the query"
			}
		}
	}
	return "none"
}
