package rest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/koppel-io/koppel"
)

const droppingManifest = head + `
http: { base: "%s", check: { get: /check } }
streams:
  orders: { get: /orders, records: orders, key: id, drop: [billing, customer.email], shape: { id: int, status: string?, customer?: { name: string? } } }
`

// A person's data that a stream drops is not kept in captured exchanges either.
func TestAFailedExchangeKeepsNothingThatIsDropped(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, body, kept string
		status           int
	}{
		{"a failing answer", `{"orders":[{"id":1,"billing":{"email":"ada@example.org"},"customer":{"name":"A","email":"ada@example.org"},"status":"new"}]}`,
			`{"orders":[{"id":1,"billing":"[dropped]","customer":{"name":"A","email":"[dropped]"},"status":"new"}]}`, 500},
		{"a member elsewhere", `{"email":"shop@example.org","data":{"billing":["ada@example.org"]}}`, `{"email":"shop@example.org","data":{"billing":"[dropped]"}}`, 422},
		{"a success cut short", `{"orders":[{"id":1,"status":"ada@example.org`, `[44 bytes that may hold what is dropped]`, 200},
		{"an error cut short in it", `{"billing":{"email":"ada@example.org`, `[36 bytes that may hold what is dropped]`, 500},
		{"a page", `<html><title>Down</title></html>`, `<html><title>Down</title></html>`, 503},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(tc.status)
			fmt.Fprint(w, tc.body)
		}))
		kept := &exchanges{}
		c := client(t, manifest(t, droppingManifest, server.URL), func(config *ClientConfig) { config.Exchanges = kept })
		reader, err := c.Read("orders", ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err = reader.Next(t.Context()); err == nil {
			t.Errorf("%s: the read succeeded", tc.name)
		}
		reader.Close()
		server.Close()
		if len(kept.kept) == 0 {
			t.Errorf("%s: no exchange was kept for %v", tc.name, err)
			continue
		}
		if got := kept.kept[0].ResponseBody; got != tc.kept || strings.Contains(koppel.DetailOf(err), "ada@") {
			t.Errorf("%s: kept %s with the error %v, want %s", tc.name, got, err, tc.kept)
		}
	}
}
