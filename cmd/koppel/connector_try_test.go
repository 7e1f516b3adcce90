package main

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// corner is the remote system of testdata/good.
func corner(t *testing.T) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case r.Header.Get("Authorization") != "Bearer hush-hush":
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, `{"message":"unknown token"}`)
		case r.URL.Path == "/me":
			_, _ = io.WriteString(w, `{"me":true}`)
		case r.URL.Query().Get("page") == "1":
			_, _ = io.WriteString(w, `[{"id":1,"title":"Bike","price":"899.00"},{"id":2,"title":"Bell","price":"cheap"}]`)
		default:
			_, _ = io.WriteString(w, `[]`)
		}
	}))
	t.Cleanup(server.Close)
	return server
}

func tryCorner(t *testing.T, server *httptest.Server, env []string, args ...string) result {
	t.Helper()
	all := append([]string{"connector", "try", "testdata/good", "--credential", "store_url=" + server.URL}, args...)
	return koppelWith(t.Context(), env, "token: hush-hush\n", all...)
}

func TestTryShowsRequestRecordAndObject(t *testing.T) {
	t.Parallel()
	server := corner(t)
	allow := []string{"KOPPEL_ALLOW_ADDRESSES=127.0.0.1"}
	r := tryCorner(t, server, allow, "--credentials-file", "-", "--records", "3")
	if r.code != exitOK {
		t.Fatalf("exit code %d: %s%s", r.code, r.out, r.err)
	}
	for _, want := range []string{"GET " + server.URL + "/me", "page=1", `"title": "Bike"`, "→ products 1", "name", "→ products: parked:", "price"} {
		if !strings.Contains(r.out, want) {
			t.Errorf("%q is not shown in:\n%s", want, r.out)
		}
	}
	if strings.Contains(r.out+r.err, "hush-hush") {
		t.Errorf("the token is shown in:\n%s%s", r.out, r.err)
	}
}

func TestTryAsJSON(t *testing.T) {
	t.Parallel()
	r := tryCorner(t, corner(t), []string{"KOPPEL_ALLOW_ADDRESSES=127.0.0.1"}, "--credentials-file", "-", "-o", "json")
	var got struct{ Records []tried }
	if err := json.Unmarshal([]byte(r.out), &got); err != nil || len(got.Records) != 2 {
		t.Fatalf("%v in:\n%s%s", err, r.out, r.err)
	}
	bike := got.Records[0].Mapped["products"]
	if bike.RemoteID != "1" || bike.Values["price"] != "899" || bike.Values["status"] != "enabled" || got.Records[1].Mapped["products"].Error == "" {
		t.Errorf("got %+v", got.Records)
	}
}

func TestTryRefusals(t *testing.T) {
	t.Parallel()
	server := corner(t)
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	host, _, err := net.SplitHostPort(u.Host)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		env  []string
		args []string
		code int
		want string
	}{
		{"private address", nil, []string{"--credentials-file", "-"}, exitFailed, "not a public one"},
		{"wrong token", []string{"KOPPEL_ALLOW_ADDRESSES=" + host}, []string{"--credential", "token=other"}, exitRefused, "unknown token"},
		{"missing field", []string{"KOPPEL_ALLOW_ADDRESSES=" + host}, nil, exitUsage, "token"},
		{"unknown stream", nil, []string{"--credentials-file", "-", "--stream", "orders"}, exitUsage, "products"},
		{"bad setting", nil, []string{"--credentials-file", "-", "--set", "per_pag=3"}, exitUsage, "per_pag"},
		{"id without stream", nil, []string{"--credentials-file", "-", "--id", "3"}, exitUsage, "--stream"},
	} {
		r := tryCorner(t, server, c.env, c.args...)
		if r.code != c.code || !strings.Contains(r.err, c.want) {
			t.Errorf("%s: exit code %d, want %d; said %q, want %q", c.name, r.code, c.code, r.err, c.want)
		}
	}
}
