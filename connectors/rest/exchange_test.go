package rest

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/koppel-io/koppel"
)

const plainManifest = head + `
credentials: { key: { type: string, secret: true }, name: { type: string, optional: true } }
http:
  base: "%s"
  auth: { header: { X-Key: "${credentials.key}" } }
  check: { get: /check, query: { shown: "yes", k: "${credentials.key}" } }
  responses:
    - { status: 418, then: needs_permission, detail: "teapot ${response.status}" }
    - { status: 460-470, header: { X-Reason: moved }, then: fail }
    - { status: 409, when: body.code == "stale", then: wait, for: 90s }
    - { status: 444, then: ignore }
streams:
  rows: { get: /rows, key: id, one: { get: "/rows/${id}", gone: { status: 404, when: body.code == "gone" } } }
  by_sku: { get: /rows, key: id, find: { sku: { get: /rows, query: { sku: "${value}" }, where: record.sku == value } } }
`

const theKey = `s3cret/key+"1`

// serving starts a server and a client of plainManifest on it.
func serving(t *testing.T, serve http.HandlerFunc, change ...func(*ClientConfig)) (*Client, *exchanges, *httptest.Server) {
	t.Helper()
	server := httptest.NewServer(serve)
	t.Cleanup(server.Close)
	kept := &exchanges{}
	c := client(t, manifest(t, plainManifest, server.URL), append([]func(*ClientConfig){func(config *ClientConfig) {
		config.Credentials = map[string]koppel.Secret{"key": koppel.NewSecret(theKey), "name": koppel.NewSecret("n")}
		config.Exchanges = kept
	}}, change...)...)
	return c, kept, server
}

// exchanges is an ExchangeSink in memory.
type exchanges struct {
	mu   sync.Mutex
	kept []koppel.Exchange
}

func (e *exchanges) SaveExchange(_ context.Context, x koppel.Exchange) (int64, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.kept = append(e.kept, x)
	return int64(len(e.kept)), nil
}

func TestAnswersBecomeKinds(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, kind, detail string
		status             int
		header             map[string]string
		body               string
		wait               time.Duration
	}{
		{"wrong key", "auth", "Sorry, you cannot list resources. (woocommerce_rest_cannot_view)", 401, nil,
			`{"code":"woocommerce_rest_cannot_view","message":"Sorry, you cannot list resources.","data":{"status":401}}`, 0},
		{"no right", "permission", "scope orders.read", 403, nil, `{"error":{"message":"scope orders.read"}}`, 0},
		{"unknown path", "not_found", "not found", 404, nil, ``, 0},
		{"bad parameter", "invalid_request", "Invalid parameter(s): per_page (rest_invalid_param)", 400, nil,
			`{"code":"rest_invalid_param","message":"Invalid parameter(s): per_page"}`, 0},
		{"unprocessable", "invalid_request", "must be whole", 422, nil, `{"errors":[{"message":"must be whole"}]}`, 0},
		{"conflict", "conflict", "answers 409", 409, nil, `{}`, 0},
		{"too fast", "rate_limited", "Too Many Requests, retry in 4 seconds.", 429, map[string]string{"Retry-After": "4"},
			`{"title":"Too Many Requests","detail":"Too Many Requests, retry in 4 seconds."}`, 4 * time.Second},
		{"too fast, no time", "rate_limited", "too many requests", 429, nil, ``, 0},
		{"too fast, absurd time", "rate_limited", "", 429, map[string]string{"Retry-After": "99999999999"}, ``, 24 * time.Hour},
		{"maintenance", "remote_unavailable", "503", 503, map[string]string{"Retry-After": "120"}, ``, 2 * time.Minute},
		{"PHP fatal", "remote_unavailable", `a web page titled "Fatal error"`, 500, nil, `<html><title>Fatal  error</title></html>`, 0},
		{"challenge", "blocked", `a web page titled "Just a moment"`, 200, nil, `<!DOCTYPE html><html><title>Just a moment</title>`, 0},
		{"challenge 403", "blocked", "a web page", 403, map[string]string{"Content-Type": "text/html"}, `<div>no</div>`, 0},
		{"rule with detail", "permission", "teapot 418", 418, nil, `{}`, 0},
		{"rule by header", "invalid_request", "", 465, map[string]string{"X-Reason": "MOVED"}, `{}`, 0},
		{"rule by body", "rate_limited", "", 409, nil, `{"code":"stale"}`, 90 * time.Second},
		{"teapot text", "schema_drift", "something else than JSON", 200, nil, `hello`, 0},
	} {
		c, kept, server := serving(t, func(w http.ResponseWriter, r *http.Request) {
			for name, value := range tc.header {
				w.Header().Set(name, value)
			}
			w.WriteHeader(tc.status)
			fmt.Fprint(w, tc.body)
		})
		err := c.Check(t.Context())
		var e *koppel.Error
		if !errors.As(err, &e) {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		if string(e.Kind) != tc.kind || !strings.Contains(e.Detail, tc.detail) || e.RetryAfter != tc.wait {
			t.Errorf("%s: %s %q after %s; want %s %q after %s", tc.name, e.Kind, e.Detail, e.RetryAfter, tc.kind, tc.detail, tc.wait)
		}
		if host := strings.TrimPrefix(server.URL, "http://"); tc.name != "rule with detail" && !strings.Contains(e.Detail, host) {
			t.Errorf("%s: the detail does not name the host: %q", tc.name, e.Detail)
		}
		if e.Exchange == 0 || len(kept.kept) == 0 {
			t.Errorf("%s: the exchange was not kept", tc.name)
		}
	}
}

func TestRetryAfterDateIsReadAgainstTheAnswersDate(t *testing.T) {
	t.Parallel()
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		value, date string
		want        time.Duration
		ok          bool
	}{
		{"Fri, 31 Dec 1999 23:59:59 GMT", "Fri, 31 Dec 1999 23:59:29 GMT", 30 * time.Second, true},
		{"Fri, 31 Dec 1999 23:59:59 GMT", "", 0, true},
		{"Tue, 01 Jan 2030 00:01:00 GMT", "", time.Minute, true},
		{"0", "", 0, true}, {" 7 ", "", 7 * time.Second, true}, {"-1", "", 0, false}, {"1.5", "", 0, false}, {"soon", "", 0, false}, {"", "", 0, false},
	} {
		h := http.Header{"Retry-After": {tc.value}}
		if tc.date != "" {
			h.Set("Date", tc.date)
		}
		if got, ok := retryAfter(h, now); got != tc.want || ok != tc.ok {
			t.Errorf("%q at %q: %s %v, want %s %v", tc.value, tc.date, got, ok, tc.want, tc.ok)
		}
	}
}

func TestFaultsOnTheWayBecomeKinds(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	hijack := func(answer string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				panic(err)
			}
			_, _ = conn.Write([]byte(answer))
			_ = conn.Close()
		}
	}
	for _, tc := range []struct {
		name, kind, detail string
		serve              http.HandlerFunc
	}{
		{"too slow", "timeout", "no whole answer within 300ms", func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-release:
			case <-r.Context().Done():
			}
		}},
		{"too slow inside the body", "timeout", "no whole answer", func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, `{"id":`)
			w.(http.Flusher).Flush()
			select {
			case <-release:
			case <-r.Context().Done():
			}
		}},
		{"closed without an answer", "network", "closed the connection", hijack("")},
		{"cut by length", "network", "broke the answer off after 7 bytes", hijack("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[{\"id\":")},
		{"cut chunk", "network", "broke the answer off", hijack("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n[{\"id\":\r\n")},
		{"too large", "too_large", "larger than 1 MiB", func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, strings.Repeat(" ", 1<<20+1))
		}},
		{"gzip bomb", "too_large", "larger than 1 MiB", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			for range 64 {
				_, _ = z.Write(make([]byte, 1<<20))
			}
			_ = z.Close()
		}},
		{"broken gzip", "network", "", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			fmt.Fprint(w, "not gzip")
		}},
		{"another host", "blocked_address", "redirect to elsewhere.example: another host", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://elsewhere.example/x", http.StatusFound)
		}},
		{"round and round", "blocked_address", "too many redirects", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/again", http.StatusFound)
		}},
	} {
		c, _, _ := serving(t, tc.serve)
		if tc.kind == "timeout" {
			c.timeout = 300 * time.Millisecond
		}
		err := c.Check(t.Context())
		if string(koppel.KindOf(err)) != tc.kind || !strings.Contains(koppel.DetailOf(err), tc.detail) {
			t.Errorf("%s: %v; want %s with %q", tc.name, err, tc.kind, tc.detail)
		}
	}
}

func TestNobodyThere(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for address, detail := range map[string]string{
		gone.URL:                    "nothing listens at",
		"http://name.invalid":       "cannot be resolved",
		"https://[2001:db8::1]:444": "not a public one",
	} {
		c := client(t, manifest(t, plainManifest, address), func(config *ClientConfig) {
			config.Credentials = map[string]koppel.Secret{"key": koppel.NewSecret(theKey)}
		})
		if err := c.Check(t.Context()); !strings.Contains(koppel.DetailOf(err), detail) || strings.Contains(err.Error(), theKey) {
			t.Errorf("%s: %v, want %q", address, err, detail)
		}
	}
}

func TestOnlyIdempotentRequestsAreRepeated(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		method string
		status int
		header string
		want   int32
	}{
		{"read, 503", "GET", 503, "", 3}, {"read, 502", "GET", 502, "", 3}, {"read, 503 with a time", "GET", 503, "60", 1},
		{"read, 500", "GET", 500, "", 1}, {"read, 429", "GET", 429, "", 1}, {"push, 503", "POST", 503, "", 1},
	} {
		var asked atomic.Int32
		c, _, _ := serving(t, func(w http.ResponseWriter, r *http.Request) {
			asked.Add(1)
			if tc.header != "" {
				w.Header().Set("Retry-After", tc.header)
			}
			w.WriteHeader(tc.status)
		})
		u, err := c.resolve("/x")
		if err != nil {
			t.Fatal(err)
		}
		a, err := c.exchange(t.Context(), call{op: "test", method: tc.method, url: u, idempotent: tc.method == "GET"})
		a.release()
		if err == nil || asked.Load() != tc.want {
			t.Errorf("%s: asked %d times, want %d (%v)", tc.name, asked.Load(), tc.want, err)
		}
	}
}

func TestNoSecretLeavesTheClient(t *testing.T) {
	t.Parallel()
	c, kept, _ := serving(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Set-Cookie", "session=abc")
		w.Header().Set("X-Echo", r.Header.Get("X-Key"))
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"message":"key %s at %s is bad"}`, strings.ReplaceAll(theKey, `"`, `\"`), r.URL)
		fmt.Fprint(w, strings.Repeat("x", 5000))
	})
	err := c.Check(t.Context())
	if len(kept.kept) != 1 {
		t.Fatalf("%d exchanges were kept", len(kept.kept))
	}
	x := kept.kept[0]
	everything := fmt.Sprintf("%v %+v", err, x)
	for _, secret := range []string{theKey, "s3cret", "session=abc"} {
		if strings.Contains(everything, secret) {
			t.Errorf("%q is shown in %s", secret, everything)
		}
	}
	if !strings.Contains(x.URL, "shown=yes") || !strings.Contains(x.URL, redacted) {
		t.Errorf("address %s", x.URL)
	}
	if len(x.ResponseBody) > keptBody {
		t.Errorf("%d bytes of the body were kept", len(x.ResponseBody))
	}
	want := map[string]string{"X-Key": redacted, "Set-Cookie": redacted, "X-Echo": redacted}
	got := map[string]string{"X-Key": x.RequestHeader["X-Key"], "Set-Cookie": x.ResponseHeader["Set-Cookie"], "X-Echo": x.ResponseHeader["X-Echo"]}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestOneTellsGoneFromMissing(t *testing.T) {
	t.Parallel()
	c, _, _ := serving(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/rows/9007199254740993":
			fmt.Fprint(w, `{"id":9007199254740993}`)
		case "/rows/a%2Fb", "/rows/a/b":
			fmt.Fprintf(w, `{"id":%q}`, r.URL.EscapedPath())
		case "/rows/5":
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `{"code":"gone"}`)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	})
	record, err := c.One(t.Context(), "rows", "9007199254740993", nil)
	if err != nil || record.ID != "9007199254740993" {
		t.Errorf("%+v %v", record, err)
	}
	if record, err = c.One(t.Context(), "rows", "a/b", nil); err != nil || record.ID != "/rows/a%2Fb" {
		t.Errorf("an id is not escaped in the path: %+v %v", record, err)
	}
	if _, err = c.One(t.Context(), "rows", "5", nil); !errors.Is(err, ErrGone) || koppel.KindOf(err) != koppel.KindNotFound {
		t.Errorf("gone: %v", err)
	}
	if _, err = c.One(t.Context(), "rows", "6", nil); errors.Is(err, ErrGone) || koppel.KindOf(err) != koppel.KindNotFound {
		t.Errorf("missing: %v", err)
	}
}

func TestFindKeepsWhatCounts(t *testing.T) {
	t.Parallel()
	c, _, _ := serving(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `[{"id":1,"sku":%q},{"id":2,"sku":"other"}]`, r.URL.Query().Get("sku"))
	})
	records, err := c.Find(t.Context(), "by_sku", "sku", "A&B")
	if err != nil || len(records) != 1 || records[0].ID != "1" {
		t.Errorf("%+v %v", records, err)
	}
	if _, err := c.Find(t.Context(), "by_sku", "ean", "1"); koppel.KindOf(err) != koppel.KindInvalidRequest {
		t.Errorf("by ean: %v", err)
	}
}

func TestIgnoredAnswersAreEvidence(t *testing.T) {
	t.Parallel()
	c, _, _ := serving(t, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(444) })
	_, end, err := readAll(t, c, "rows", ReadOptions{})
	if err != nil || end.Complete || end.Ignored["rule 4: ignore"] != 1 {
		t.Errorf("%+v %v", end, err)
	}
}
