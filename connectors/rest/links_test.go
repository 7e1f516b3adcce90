package rest

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/koppel-io/koppel"
)

const linkManifest = head + `
credentials: { key: { type: string, secret: true } }
http: { base: "%s/api", auth: { query: { key: "${credentials.key}" } } }
streams:
  link: { get: /link, query: { a: "b c" }, key: id, page: { next: { link: next } } }
  body: { get: /body, records: d.results, key: id, page: { next: { body: d.__next } }, total: { body: d.count } }
  token: { get: /token, query: { filter: x }, records: rows, key: id, page: { token: { body: next, query: cursor } } }
  alone: { get: /token, query: { filter: x }, records: rows, key: id, page: { token: { body: next, query: cursor, alone: true } } }
  header: { get: /header, key: id, page: { token: { header: X-Next, query: after } } }
  more: { get: /more, records: rows?, key: id, page: { number: page, first: 0, end: { more: has_more } } }
  none: { get: /none, key: id }
  post: { post: /post, body: { select: [id, { a: true, n: 1, f: 1.5 }], at: "${settings}" }, key: id, idempotent: true }
`

// links serves three pages of every kind of link.
type links struct {
	mu    sync.Mutex
	asked []string
	loop  string
}

func (l *links) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	l.asked = append(l.asked, r.URL.RequestURI())
	loop := l.loop
	l.mu.Unlock()
	q := r.URL.Query()
	at := 1
	for _, name := range []string{"p", "cursor", "after"} {
		_, _ = fmt.Sscanf(q.Get(name), "t%d", &at)
	}
	rows := fmt.Sprintf(`{"id":%d},{"id":%d}`, 2*at-1, 2*at)
	next := fmt.Sprintf("t%d", at+1)
	if loop == "forever" {
		next = "t2"
		if at == 2 {
			next = "t1"
		}
	}
	switch {
	case loop == "same" && at > 1:
		next = fmt.Sprintf("t%d", at)
	case loop == "" && at == 3:
		next = ""
	}
	switch r.URL.Path {
	case "/api/link":
		if next != "" {
			address := "?p=" + next + "&a=b+c"
			if loop == "host" {
				address = "https://evil.example/api/link?p=t2"
			}
			w.Header().Add("Link", `<https://api.w.org/>; rel="https://api.w.org/"`)
			w.Header().Add("Link", fmt.Sprintf(`</x?a="b,c">; title="a, b"; rel=prev , <%s>; rel="last NEXT"`, address))
		}
		fmt.Fprintf(w, "[%s]", rows)
	case "/api/body":
		link := "null"
		if next != "" {
			link = fmt.Sprintf(`"http:\/\/%s\/api\/body?p=%s&key=%s"`, r.Host, next, q.Get("key"))
		}
		fmt.Fprintf(w, `{"d":{"__next":%s,"results":[%s],"count":6}}`, link, rows)
	case "/api/token":
		if next == "" {
			fmt.Fprintf(w, `{"rows":[%s],"next":null}`, rows)
			return
		}
		fmt.Fprintf(w, `{"next":%q,"rows":[%s]}`, next, rows)
	case "/api/header":
		w.Header().Set("X-Next", next)
		fmt.Fprintf(w, "[%s]", rows)
	case "/api/more":
		var page int
		_, _ = fmt.Sscan(q.Get("page"), &page)
		switch page {
		case 0, 1:
			fmt.Fprintf(w, `{"rows":[{"id":%d},{"id":%d}],"has_more":true}`, 2*page+1, 2*page+2)
		default:
			fmt.Fprint(w, `{"has_more":false}`)
		}
	case "/api/none", "/api/post":
		fmt.Fprint(w, `[{"id":1},{"id":2}]`)
	}
}

func linked(t *testing.T, l *links) *Client {
	t.Helper()
	server := httptest.NewServer(l)
	t.Cleanup(server.Close)
	return client(t, manifest(t, linkManifest, server.URL), func(config *ClientConfig) {
		config.Credentials = map[string]koppel.Secret{"key": koppel.NewSecret("k3y+")}
	})
}

func TestLinksAndTokensAreFollowed(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		stream, rule string
		rows         int
		asked        []string
	}{
		{"link", "no next link", 6, []string{"/api/link?a=b+c&key=k3y%2B", "/api/link?p=t2&a=b+c&key=k3y%2B", "/api/link?p=t3&a=b+c&key=k3y%2B"}},
		{"body", "no next link", 6, []string{"/api/body?key=k3y%2B", "/api/body?p=t2&key=k3y%2B", "/api/body?p=t3&key=k3y%2B"}},
		{"token", "no token for a next page", 6, []string{"/api/token?filter=x&key=k3y%2B", "/api/token?filter=x&cursor=t2&key=k3y%2B", "/api/token?filter=x&cursor=t3&key=k3y%2B"}},
		{"alone", "no token for a next page", 6, []string{"/api/token?filter=x&key=k3y%2B", "/api/token?cursor=t2&key=k3y%2B", "/api/token?cursor=t3&key=k3y%2B"}},
		{"header", "no token for a next page", 6, []string{"/api/header?key=k3y%2B", "/api/header?after=t2&key=k3y%2B", "/api/header?after=t3&key=k3y%2B"}},
		{"more", "has_more is false", 4, []string{"/api/more?page=0&key=k3y%2B", "/api/more?page=1&key=k3y%2B", "/api/more?page=2&key=k3y%2B"}},
		{"none", "single answer", 2, []string{"/api/none?key=k3y%2B"}},
		{"post", "single answer", 2, []string{"/api/post?key=k3y%2B"}},
	} {
		for _, prefetch := range []int{0, 2} {
			l := &links{}
			c := linked(t, l)
			ids, end, err := readAll(t, c, tc.stream, ReadOptions{Prefetch: prefetch})
			if err != nil {
				t.Errorf("%s: %v", tc.stream, err)
				continue
			}
			if diff := cmp.Diff(numbers(1, tc.rows), ids); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.stream, diff)
			}
			if diff := cmp.Diff(tc.asked, l.asked); diff != "" {
				t.Errorf("%s, prefetch %d (-want +got):\n%s", tc.stream, prefetch, diff)
			}
			if end.Rule != tc.rule || !end.Complete {
				t.Errorf("%s: end %+v, want %q", tc.stream, end, tc.rule)
			}
		}
	}
}

func TestPositionsHoldNoSecret(t *testing.T) {
	t.Parallel()
	c := linked(t, &links{})
	r, err := c.Read("body", ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	page, err := r.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(page.Resume), "k3y") {
		t.Errorf("the position holds the key: %s", page.Resume)
	}
	rest, end, err := readAll(t, c, "body", ReadOptions{Resume: page.Resume})
	if err != nil || len(rest) != 4 || end.Read != 6 || !end.Complete {
		t.Errorf("resumed: %v %+v %v", rest, end, err)
	}
}

func TestLoopsAreStopped(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		loop, stream, detail string
		kind                 koppel.Kind
	}{
		{"same", "token", "repeats the page token t2", koppel.KindSchemaDrift},
		{"same", "body", "leads to the same page", koppel.KindSchemaDrift},
		{"host", "link", "to another host", koppel.KindBlockedAddress},
	} {
		c := linked(t, &links{loop: tc.loop})
		_, end, err := readAll(t, c, tc.stream, ReadOptions{})
		if koppel.KindOf(err) != tc.kind || !strings.Contains(koppel.DetailOf(err), tc.detail) || end.Complete {
			t.Errorf("%s %s: %v", tc.loop, tc.stream, err)
		}
	}
	l := &links{loop: "forever"}
	c := linked(t, l)
	s := c.manifest.Stream("token")
	s.Page.Most = 50
	_, end, err := readAll(t, c, "token", ReadOptions{})
	if koppel.KindOf(err) != koppel.KindTooLarge || end.Complete || len(l.asked) != 50 {
		t.Errorf("forever: %v after %d requests", err, len(l.asked))
	}
}

func TestRepeatedPagesAreRefused(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Total", "100")
		w.Header().Set("X-Pages", "10")
		fmt.Fprint(w, `[{"id":1},{"id":2},{"id":3},{"id":4},{"id":5},{"id":6},{"id":7},{"id":8},{"id":9},{"id":10}]`)
	}))
	t.Cleanup(server.Close)
	c := client(t, manifest(t, countedManifest, server.URL))
	for _, stream := range []string{"number", "guarded_number", "offset", "guarded_offset", "total", "short", "empty"} {
		ids, end, err := readAll(t, c, stream, ReadOptions{})
		if koppel.KindOf(err) != koppel.KindSchemaDrift || koppel.DetailOf(err) != "the remote repeats page 1" || len(ids) != 10 || end.Complete {
			t.Errorf("%s: %v, %d rows", stream, err, len(ids))
		}
	}
}

func TestCapsOfARead(t *testing.T) {
	t.Parallel()
	shop := newShop(t, 95)
	c := client(t, manifest(t, countedManifest, shop.server.URL))
	if _, _, err := readAll(t, c, "number", ReadOptions{MaxBytes: 500}); koppel.KindOf(err) != koppel.KindTooLarge {
		t.Errorf("bytes: %v", err)
	}
	if _, _, err := readAll(t, c, "number", ReadOptions{MaxTime: time.Nanosecond}); koppel.KindOf(err) != koppel.KindTooLarge {
		t.Errorf("time: %v", err)
	}
}

func TestAShopWithFewerRowsThanAsked(t *testing.T) {
	t.Parallel()
	// The remote caps the page at 4 rows whatever is asked for, or hides rows.
	for _, hide := range []bool{false, true} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var offset int
			_, _ = fmt.Sscan(r.URL.Query().Get("offset"), &offset)
			size, total := 4, 21
			if hide {
				size = 10
			}
			var rows []string
			for i := offset; i < min(offset+size, total); i++ {
				if !hide || i%3 != 0 {
					rows = append(rows, fmt.Sprintf(`{"id":%d}`, i+1))
				}
			}
			w.Header().Set("X-Total", fmt.Sprint(total))
			fmt.Fprintf(w, "[%s]", strings.Join(rows, ","))
		}))
		t.Cleanup(server.Close)
		c := client(t, manifest(t, countedManifest, server.URL))
		for _, stream := range []string{"offset", "guarded_offset"} {
			for _, prefetch := range []int{0, 2} {
				ids, end, err := readAll(t, c, stream, ReadOptions{Prefetch: prefetch})
				if err != nil {
					t.Fatal(stream, hide, err)
				}
				seen := map[string]bool{}
				for _, id := range ids {
					seen[id] = true
				}
				for i := range 21 {
					if id := fmt.Sprint(i + 1); !seen[id] && (!hide || i%3 != 0) {
						t.Errorf("%s, hidden %v: %s is missing", stream, hide, id)
					}
				}
				if stream == "guarded_offset" && end.Complete == hide {
					t.Errorf("%s, hidden %v: %+v", stream, hide, end)
				}
			}
		}
	}
}

func TestTicketsAndTimesComeWithTheirPage(t *testing.T) {
	t.Parallel()
	shop := newShop(t, 45)
	c := client(t, manifest(t, countedManifest, shop.server.URL))
	var mu sync.Mutex
	var ticket int64
	given := map[int64]bool{}
	r, err := c.Read("number", ReadOptions{Prefetch: 2, Ticket: func(_ context.Context) (int64, error) {
		mu.Lock()
		defer mu.Unlock()
		ticket++
		return ticket, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	for n := 1; ; n++ {
		page, err := r.Next(t.Context())
		if err != nil {
			break
		}
		if page.Ticket == 0 || given[page.Ticket] || page.RequestedAt.Before(began.Add(-time.Minute)) || page.Number != n || page.Total != 45 {
			t.Errorf("page %+v", page)
		}
		given[page.Ticket] = true
		page.Release()
	}
	if len(given) != 5 {
		t.Errorf("%d pages", len(given))
	}
}
