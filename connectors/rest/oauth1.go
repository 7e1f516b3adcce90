package rest

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// oauth1 signs requests by OAuth 1.0a without a token ("one-legged"), RFC 5849,
// with HMAC-SHA256 and the protocol parameters in the query, as WooCommerce
// wants it over plain http.
type oauth1 struct {
	key, secret string
	now         func() time.Time
}

func (a oauth1) authorize(_ context.Context, r *http.Request) error {
	nonce := make([]byte, 16)
	_, _ = rand.Read(nonce) // never fails
	pairs := [][2]string{
		{"oauth_consumer_key", a.key},
		{"oauth_nonce", hex.EncodeToString(nonce)},
		{"oauth_signature_method", "HMAC-SHA256"},
		{"oauth_timestamp", strconv.FormatInt(a.now().Unix(), 10)},
	}
	r.URL.RawQuery = setQuery(r.URL.RawQuery, append(pairs, [2]string{"oauth_signature", ""}))
	r.URL.RawQuery = strings.TrimSuffix(r.URL.RawQuery, "&oauth_signature=")
	signature, err := a.sign(r.Method, r.URL)
	if err != nil {
		return err
	}
	r.URL.RawQuery += "&oauth_signature=" + percent(signature)
	return nil
}

// sign is RFC 5849 section 3.4: the base string from method, base address and
// sorted parameters, keyed with the consumer secret and an empty token secret.
func (a oauth1) sign(method string, u *url.URL) (string, error) {
	base, err := signatureBase(method, u)
	if err != nil {
		return "", err
	}
	mac := hmac.New(sha256.New, []byte(percent(a.secret)+"&"))
	mac.Write([]byte(base))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil)), nil
}

func signatureBase(method string, u *url.URL) (string, error) {
	var pairs [][2]string
	for _, part := range strings.Split(u.RawQuery, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		plainName, err := url.QueryUnescape(name)
		if err != nil {
			return "", err
		}
		plainValue, err := url.QueryUnescape(value)
		if err != nil {
			return "", err
		}
		pairs = append(pairs, [2]string{percent(plainName), percent(plainValue)})
	}
	slices.SortFunc(pairs, func(x, y [2]string) int {
		return cmp.Or(strings.Compare(x[0], y[0]), strings.Compare(x[1], y[1]))
	})
	parts := make([]string, len(pairs))
	for i, pair := range pairs {
		parts[i] = pair[0] + "=" + pair[1]
	}
	address := strings.ToLower(u.Scheme) + "://" + baseHost(u) + u.EscapedPath()
	return method + "&" + percent(address) + "&" + percent(strings.Join(parts, "&")), nil
}

// baseHost is the host in lower case without the scheme's own port, RFC 5849 section 3.4.1.2.
func baseHost(u *url.URL) string {
	host := strings.ToLower(u.Host)
	switch {
	case u.Scheme == "http":
		return strings.TrimSuffix(host, ":80")
	case u.Scheme == "https":
		return strings.TrimSuffix(host, ":443")
	}
	return host
}

// percent encodes by RFC 3986 with only the unreserved characters left, which
// is what RFC 5849 section 3.6 asks for; url.QueryEscape differs.
func percent(text string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(text) {
		c := text[i]
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(digits[c>>4])
		b.WriteByte(digits[c&15])
	}
	return b.String()
}
