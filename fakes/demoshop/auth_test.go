package demoshop

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestSignature compares with values of an independent HMAC over the base
// string written out by hand.
func TestSignature(t *testing.T) {
	t.Parallel()
	params := map[string]string{
		"oauth_consumer_key": "ck_demo", "oauth_nonce": "n1", "oauth_timestamp": "1767225600",
		"order": "asc", "orderby": "id", "search": "café +", "status[0]": "any", "oauth_signature": "left out",
	}
	for method, want := range map[string]string{
		"HMAC-SHA1": "omWSmhmH7TtkxOmIoffNFI8SFxE=", "HMAC-SHA256": "e1Nz7wMOXnfPsXXtMjdqG02OlseJcCqkLYGfUDjyKZM=",
	} {
		params["oauth_signature_method"] = method
		if have, ok := signature("GET", "http://shop.example/wp-json/wc/v3/orders", params, "cs_demo"); !ok || have != want {
			t.Errorf("%s: %s, want %s", method, have, want)
		}
	}
}

// keyring builds requests for one server.
type keyring struct {
	t     *testing.T
	url   string
	nonce int
}

func (k *keyring) request(query string) *http.Request {
	k.t.Helper()
	req, err := http.NewRequestWithContext(k.t.Context(), "GET", k.url+Base+"/products?"+query, nil)
	if err != nil {
		k.t.Fatal(err)
	}
	return req
}

// signed signs a request; change may spoil its parameters before, after that.
func (k *keyring) signed(before, after func(url.Values)) *http.Request {
	k.t.Helper()
	k.nonce++
	q := url.Values{
		"per_page": {"2"}, "search": {"a b/c"}, "oauth_consumer_key": {"ck_demo"}, "oauth_nonce": {"n" + strconv.Itoa(k.nonce)},
		"oauth_timestamp": {strconv.FormatInt(testTime.Unix(), 10)}, "oauth_signature_method": {"HMAC-SHA256"},
	}
	if before != nil {
		before(q)
	}
	params := map[string]string{}
	for name := range q {
		params[name] = q.Get(name)
	}
	sign, _ := signature("GET", k.url+Base+"/products", params, "cs_demo")
	q.Set("oauth_signature", sign)
	if after != nil {
		after(q)
	}
	return k.request(q.Encode())
}

func TestAuthorisation(t *testing.T) {
	t.Parallel()
	s := newShop(t, Config{Products: 3, Now: func() time.Time { return testTime }})
	plain, secure := httptest.NewServer(s.Handler()), httptest.NewTLSServer(s.Handler())
	t.Cleanup(plain.Close)
	t.Cleanup(secure.Close)
	http1, https := &keyring{t: t, url: plain.URL}, &keyring{t: t, url: secure.URL, nonce: 100}
	basic := func(k *keyring, key, secret string) *http.Request {
		r := k.request("")
		r.SetBasicAuth(key, secret)
		return r
	}
	set := func(name, value string) func(url.Values) { return func(q url.Values) { q.Set(name, value) } }
	used := http1.signed(nil, nil)
	const cannotView = "woocommerce_rest_cannot_view"
	for _, c := range []struct {
		name   string
		req    *http.Request
		status int
		want   string
	}{
		{"basic over http", basic(http1, "ck_demo", "cs_demo"), 401, cannotView},
		{"query over http", http1.request("consumer_key=ck_demo&consumer_secret=cs_demo"), 401, cannotView},
		{"nothing over http", http1.request(""), 401, cannotView},
		{"oauth", used, 200, "["},
		{"oauth sha1", http1.signed(set("oauth_signature_method", "HMAC-SHA1"), nil), 200, "["},
		{"oauth nonce again", used, 401, "nonce has already been used"},
		{"oauth old", http1.signed(set("oauth_timestamp", strconv.FormatInt(testTime.Unix()-901, 10)), nil), 401, "Invalid timestamp."},
		{"oauth from the future", http1.signed(set("oauth_timestamp", strconv.FormatInt(testTime.Unix()+901, 10)), nil), 401, "Invalid timestamp."},
		{"oauth parameter changed", http1.signed(nil, set("per_page", "3")), 401, "signature does not match"},
		{"oauth parameter added", http1.signed(nil, set("page", "2")), 401, "signature does not match"},
		{"oauth wrong method", http1.signed(nil, set("oauth_signature_method", "PLAINTEXT")), 401, "signature method is invalid"},
		{"oauth wrong key", http1.signed(set("oauth_consumer_key", "ck_other"), nil), 401, "Consumer key is invalid."},
		{"oauth without nonce", http1.signed(nil, func(q url.Values) { q.Del("oauth_nonce") }), 401, "Missing OAuth parameters oauth_nonce"},
		{"basic over https", basic(https, "ck_demo", "cs_demo"), 200, "["},
		{"query over https", https.request("consumer_key=ck_demo&consumer_secret=cs_demo"), 200, "["},
		{"oauth over https", https.signed(nil, nil), 200, "["},
		{"wrong secret over https", basic(https, "ck_demo", "cs_other"), 401, "Consumer secret is invalid."},
	} {
		g := send(secure.Client(), c.req)
		if g.err != nil || g.status != c.status || !strings.Contains(string(g.body), c.want) {
			t.Errorf("%s: %d %s %v", c.name, g.status, g.body, g.err)
		}
	}
	rec := recording(t, "wrong-key")
	g := send(secure.Client(), basic(https, "ck_other", "cs_demo"))
	if strconv.Itoa(g.status) != rec.status || string(g.body) != string(rec.body) {
		t.Errorf("wrong key: %d %s", g.status, g.body)
	}
	for name, want := range rec.header {
		if have := strings.ReplaceAll(g.header.Get(name), secure.URL, "https://127.0.0.1:8095"); have != want {
			t.Errorf("wrong key: %s: %q, recorded %q", name, have, want)
		}
	}
	if g.header.Get("Allow") != "" {
		t.Error("wrong key: Allow is sent, the recording has none")
	}
}

func TestKeyPermissions(t *testing.T) {
	t.Parallel()
	read, write := serve(t, Config{KeyPermissions: "read"}), serve(t, Config{KeyPermissions: "write"})
	if g := read.do("PUT", "/products/11", `{"stock_quantity":1}`); g.status != 401 || !strings.Contains(string(g.body), "does not have write permissions") {
		t.Errorf("read key writes: %d %s", g.status, g.body)
	}
	if g := write.get("/products"); g.status != 401 || !strings.Contains(string(g.body), "does not have read permissions") {
		t.Errorf("write key reads: %d %s", g.status, g.body)
	}
}
