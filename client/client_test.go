package client_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

const secret = "kpl_abcdefghijklmnop"

func connect(t *testing.T, handler http.HandlerFunc) *client.Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	c, err := client.New(client.Config{URL: server.URL + "/", Key: koppel.NewSecret(secret)})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	if status >= 400 {
		w.Header().Set("Content-Type", "application/problem+json; charset=utf-8")
	}
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func TestRequestCarriesKeyPathAndBody(t *testing.T) {
	t.Parallel()
	var got []string
	c := connect(t, func(w http.ResponseWriter, r *http.Request) {
		var body json.RawMessage
		_ = json.NewDecoder(r.Body).Decode(&body)
		got = append(got, fmt.Sprintf("%s %s %s %s", r.Method, r.URL.RequestURI(), r.Header.Get("Authorization"), body))
		answer(w, http.StatusAccepted, map[string]any{"run": "r1", "queued_behind": "r0"})
	})
	started, err := c.Sync(t.Context(), "a/b", client.Sync{Object: koppel.Products, Mode: koppel.ModeSingle, SKUs: []string{"X"}})
	if err != nil {
		t.Fatal(err)
	}
	if want := (client.Started{Run: "r1", QueuedBehind: "r0"}); started != want {
		t.Errorf("got %+v, want %+v", started, want)
	}
	want := []string{`POST /api/v1/couplings/a%2Fb/sync Bearer ` + secret + ` {"object":"products","mode":"single","skus":["X"]}`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestFilterLeavesOutWhatIsNotGiven(t *testing.T) {
	t.Parallel()
	var query string
	c := connect(t, func(w http.ResponseWriter, r *http.Request) {
		query = r.URL.RawQuery
		answer(w, http.StatusOK, map[string]any{"data": []any{}})
	})
	_, err := c.Runs(t.Context(), client.RunFilter{Page: client.Page{Limit: 3, Cursor: "c&1"}, State: koppel.RunFailed})
	if err != nil || query != "cursor=c%261&limit=3&state=failed" {
		t.Errorf("query %q, error %v", query, err)
	}
}

func TestProblemKeepsEverythingTheAPISays(t *testing.T) {
	t.Parallel()
	c := connect(t, func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusUnprocessableEntity, map[string]any{
			"type": "urn:koppel:kind:invalid_request", "title": "The request was refused", "status": 422, "detail": "validation failed", "kind": "invalid_request",
			"owner": "customer", "next": "Correct it", "errors": []any{map[string]any{"location": "body.settings.per_page", "message": "must be between 1 and 100"}},
		})
	})
	_, err := c.SetSettings(t.Context(), "id", map[string]any{"per_page": 0})
	var p *client.Problem
	if !errors.As(err, &p) {
		t.Fatalf("error %T is no Problem: %v", err, err)
	}
	if p.Status != 422 || p.Kind != koppel.KindInvalidRequest || p.Owner != koppel.OwnerCustomer {
		t.Errorf("got %+v", p)
	}
	want := "The request was refused: validation failed\n  body.settings.per_page: must be between 1 and 100\nwho must act: the customer\nnext: Correct it"
	if diff := cmp.Diff(want, p.Error()); diff != "" {
		t.Error(diff)
	}
}

func TestAnswerOfAnotherServerIsNotTakenForOurs(t *testing.T) {
	t.Parallel()
	for status, kind := range map[int]koppel.Kind{200: koppel.KindSchemaDrift, 404: koppel.KindNotFound, 502: koppel.KindRemoteUnavailable, 401: koppel.KindAuth} {
		c := connect(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = fmt.Fprintln(w, "<html>welcome to the proxy\nsecond line")
		})
		_, err := c.Webshop(t.Context(), "x")
		var p *client.Problem
		if !errors.As(err, &p) || p.Kind != kind || p.Status != status {
			t.Errorf("status %d: got %#v", status, err)
			continue
		}
		if text := p.Error(); !strings.Contains(text, "welcome to the proxy") || strings.Contains(text, "second line") || strings.Contains(text, secret) {
			t.Errorf("status %d: %s", status, text)
		}
	}
}

func TestUnreachableNamesTheAddressAndNotTheKey(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	c, err := client.New(client.Config{URL: strings.Replace(server.URL, "http://", "http://user:hush@", 1), Key: koppel.NewSecret(secret)})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Webshop(t.Context(), "x")
	var p *client.Problem
	if !errors.As(err, &p) || p.Status != 0 || p.Kind != koppel.KindNetwork {
		t.Fatalf("got %#v", err)
	}
	if text := err.Error(); !strings.Contains(text, strings.TrimPrefix(server.URL, "http://")) || strings.Contains(text, secret) || strings.Contains(text, "hush") {
		t.Error(text)
	}
}

func TestNewRefusesWhatIsNoAddress(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", "koppel", "ftp://koppel", "http://", "://"} {
		if _, err := client.New(client.Config{URL: address}); koppel.KindOf(err) != koppel.KindInvalidRequest {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func TestAllWalksEveryPage(t *testing.T) {
	t.Parallel()
	c := connect(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Query().Get("cursor") {
		case "":
			answer(w, 200, map[string]any{"data": []any{map[string]any{"id": "1"}, map[string]any{"id": "2"}}, "next": "two"})
		case "two":
			answer(w, 200, map[string]any{"data": []any{map[string]any{"id": "3"}}, "next": "three"})
		default:
			answer(w, 500, map[string]any{"kind": "internal", "title": "A fault of ours"})
		}
	})
	var (
		got  []string
		last error
	)
	for w, err := range client.All(t.Context(), client.Page{}, c.Webshops) {
		if err != nil {
			last = err
			continue
		}
		got = append(got, w.ID)
	}
	if diff := cmp.Diff([]string{"1", "2", "3"}, got); diff != "" {
		t.Error(diff)
	}
	var p *client.Problem
	if !errors.As(last, &p) || p.Status != 500 {
		t.Errorf("the third page's problem is lost: %v", last)
	}
}

func TestAllEndsWhenAServerRepeatsItself(t *testing.T) {
	t.Parallel()
	c := connect(t, func(w http.ResponseWriter, _ *http.Request) {
		answer(w, 200, map[string]any{"data": []any{map[string]any{"id": "1"}}, "next": "same"})
	})
	n, last := 0, error(nil)
	for _, err := range client.All(t.Context(), client.Page{}, c.Webshops) {
		n, last = n+1, err
	}
	if n != 3 || koppel.KindOf(last) != koppel.KindInternal {
		t.Errorf("%d items, then %v", n, last)
	}
}

func TestReadyIsAnAnswerThoughTheServerIsNot(t *testing.T) {
	t.Parallel()
	c := connect(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/ready" || r.Header.Get("Authorization") != "" {
			t.Errorf("asked %s with key %q", r.URL.Path, r.Header.Get("Authorization"))
		}
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte(`{"ready":false,"checks":{"postgres":{"ok":false,"detail":"away"}}}`))
	})
	ready, err := c.Ready(t.Context())
	if err != nil || ready.Ready || ready.Checks["postgres"].Detail != "away" {
		t.Errorf("got %+v, %v", ready, err)
	}
}

func TestCreatedKeyIsASecret(t *testing.T) {
	t.Parallel()
	c := connect(t, func(w http.ResponseWriter, _ *http.Request) {
		answer(w, 201, map[string]any{"id": "1", "name": "n", "key": "kpl_new", "scopes": []string{"admin"}})
	})
	made, err := c.CreateKey(t.Context(), client.NewKey{Name: "n", Scopes: []string{"admin"}})
	if err != nil || made.Text.Reveal() != "kpl_new" || strings.Contains(fmt.Sprintf("%+v", made), "kpl_new") {
		t.Errorf("got %+v, %v", made, err)
	}
}
