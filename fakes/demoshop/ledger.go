package demoshop

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/koppel-io/koppel/fakes/standin"
)

// note counts a request in the ledger.
func (s *Shop) note(r *http.Request, pattern string, status int, effect string, fault FaultKind) {
	s.ledger.Note(standin.Request{At: s.cfg.Now(), URL: r.URL.Path, Query: withoutKey(r.URL.RawQuery), Counted: standin.Counted{
		Method: r.Method, Path: pattern, Status: status, Effect: effect, Fault: string(fault),
	}})
}

// withoutKey takes the key and the signature out of a query.
func withoutKey(raw string) string {
	var kept []string
	for pair := range strings.SplitSeq(raw, "&") {
		name, _, _ := strings.Cut(pair, "=")
		n, err := url.QueryUnescape(name)
		if err == nil && n != "" && !strings.HasPrefix(n, "oauth_") && !strings.HasPrefix(n, "consumer_") {
			kept = append(kept, pair)
		}
	}
	return strings.Join(kept, "&")
}
