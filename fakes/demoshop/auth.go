package demoshop

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"hash"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// authorise checks the key of a request as a WooCommerce does: over TLS Basic
// or the query key, over plain HTTP OAuth 1.0a only. nil is granted. Source:
// woocommerce includes/class-wc-rest-authentication.php and the recordings.
func (s *Shop) authorise(r *http.Request, q url.Values) *answer {
	granted, problem := s.basic(r, q)
	if problem == nil && !granted {
		granted, problem = s.oauth(r, q)
	}
	if problem == nil && !granted {
		problem = cannot(r)
	}
	if problem != nil {
		problem.header = http.Header{"Link": {"<" + origin(r) + `/wp-json/>; rel="https://api.w.org/"`}, "Vary": {"Origin"}}
		return problem
	}
	read := r.Method == http.MethodGet || r.Method == http.MethodHead
	switch {
	case read && s.cfg.KeyPermissions == "write":
		return authError("The API key provided does not have read permissions.")
	case !read && s.cfg.KeyPermissions == "read":
		return authError("The API key provided does not have write permissions.")
	}
	return nil
}

func origin(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// cannot is the refusal of somebody unknown.
func cannot(r *http.Request) *answer {
	code, message := "woocommerce_rest_cannot_view", "Sorry, you cannot list resources."
	switch r.Method {
	case http.MethodPost:
		code, message = "woocommerce_rest_cannot_create", "Sorry, you are not allowed to create resources."
	case http.MethodPut, http.MethodPatch:
		code, message = "woocommerce_rest_cannot_edit", "Sorry, you are not allowed to edit this resource."
	case http.MethodDelete:
		code, message = "woocommerce_rest_cannot_delete", "Sorry, you are not allowed to delete this resource."
	}
	a := wpError(http.StatusUnauthorized, code, message)
	return &a
}

func authError(message string) *answer {
	a := wpError(http.StatusUnauthorized, "woocommerce_rest_authentication_error", message)
	return &a
}

// basic takes the key pair from the query or the Authorization header.
func (s *Shop) basic(r *http.Request, q url.Values) (bool, *answer) {
	if r.TLS == nil && !s.cfg.BasicOverHTTP {
		return false, nil
	}
	key, secret := q.Get("consumer_key"), q.Get("consumer_secret")
	if key == "" || secret == "" {
		var ok bool
		if key, secret, ok = r.BasicAuth(); !ok {
			return false, nil
		}
	}
	if !same(key, s.cfg.Key) {
		return false, nil
	}
	if !same(secret, s.cfg.Secret) {
		return false, authError("Consumer secret is invalid.")
	}
	return true, nil
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// oauth checks a one-legged OAuth 1.0a signature (RFC 5849 section 3.4) in
// the query or in an Authorization header.
func (s *Shop) oauth(r *http.Request, q url.Values) (bool, *answer) {
	given := map[string]string{}
	for name, v := range q {
		given[name] = v[len(v)-1]
	}
	if rest, ok := strings.CutPrefix(r.Header.Get("Authorization"), "OAuth "); ok {
		for pair := range strings.SplitSeq(rest, ",") {
			name, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
			v, err := url.PathUnescape(strings.Trim(value, `"`))
			if err == nil && strings.HasPrefix(name, "oauth_") {
				given[name] = v
			}
		}
	}
	needed := []string{"oauth_consumer_key", "oauth_timestamp", "oauth_nonce", "oauth_signature", "oauth_signature_method"}
	var missing []string
	for _, name := range needed {
		if given[name] == "" {
			missing = append(missing, name)
		}
	}
	switch {
	case len(missing) == len(needed):
		return false, nil
	case len(missing) > 0:
		return false, authError("Missing OAuth parameters " + strings.Join(missing, ", "))
	case !same(given["oauth_consumer_key"], s.cfg.Key):
		return false, authError("Consumer key is invalid.")
	}
	want, ok := signature(r.Method, origin(r)+r.URL.EscapedPath(), given, s.cfg.Secret)
	if !ok {
		return false, authError("Invalid signature - signature method is invalid.")
	}
	if !same(given["oauth_signature"], want) {
		return false, authError("Invalid signature - provided signature does not match.")
	}
	at, err := strconv.ParseInt(given["oauth_timestamp"], 10, 64)
	if now := s.now(); err != nil || at < now-nonceWindow || at > now+nonceWindow {
		return false, authError("Invalid timestamp.")
	}
	if !s.nonces.use(given["oauth_nonce"], at, s.now()) {
		return false, authError("Invalid nonce - nonce has already been used.")
	}
	return true, nil
}

// signature signs a request with "secret&" as the shop expects it.
func signature(method, address string, params map[string]string, secret string) (string, bool) {
	var sum func() hash.Hash
	switch params["oauth_signature_method"] {
	case "HMAC-SHA1":
		sum = sha1.New
	case "HMAC-SHA256":
		sum = sha256.New
	default:
		return "", false
	}
	names := make([]string, 0, len(params))
	for name := range params {
		if name != "oauth_signature" {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int { return strings.Compare(escape(a), escape(b)) })
	pairs := make([]string, len(names))
	for k, name := range names {
		pairs[k] = escape(name) + "=" + escape(params[name])
	}
	mac := hmac.New(sum, []byte(secret+"&"))
	mac.Write([]byte(method + "&" + escape(address) + "&" + escape(strings.Join(pairs, "&"))))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil)), true
}

// escape is the percent-encoding of RFC 3986, PHP's rawurlencode.
func escape(s string) string {
	var b strings.Builder
	for k := range len(s) {
		c := s[k]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte("0123456789ABCDEF"[c>>4])
		b.WriteByte("0123456789ABCDEF"[c&15])
	}
	return b.String()
}

// nonceWindow is how far a timestamp may be off and how long a nonce is kept,
// in seconds.
const nonceWindow = 15 * 60

// nonces remembers the used nonces of the window.
type nonces struct {
	mu    sync.Mutex
	used  map[string]int64
	swept int64
}

func (n *nonces) use(nonce string, at, now int64) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.used == nil {
		n.used = map[string]int64{}
	}
	if now-n.swept > 60 {
		for k, t := range n.used {
			if t < now-nonceWindow {
				delete(n.used, k)
			}
		}
		n.swept = now
	}
	if _, seen := n.used[nonce]; seen {
		return false
	}
	n.used[nonce] = at
	return true
}
