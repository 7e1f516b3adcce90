package mischief

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func drawer(seed uint64, faults ...Fault) *Drawer[int] {
	var d Drawer[int]
	d.Init(seed)
	d.Replace(1, 5, faults)
	return &d
}

// TestShares draws many times: shares add up, and the same seed draws alike.
func TestShares(t *testing.T) {
	t.Parallel()
	draw := func(seed uint64) map[Kind]int {
		d := drawer(seed, Fault{Kind: ErrorAfter, Share: 0.2, Method: "POST"}, Fault{Kind: HangAfter, Share: 0.1, Method: "POST"})
		n := map[Kind]int{}
		for range 10_000 {
			n[d.Draw("post", "/purchase-orders").Kind()]++
			if d.Draw("GET", "/purchase-orders").Rule != nil {
				t.Fatal("struck another method")
			}
		}
		return n
	}
	one := draw(1)
	if one[ErrorAfter] < 1850 || one[ErrorAfter] > 2150 || one[HangAfter] < 880 || one[HangAfter] > 1120 {
		t.Errorf("of 10,000: %v", one)
	}
	if diff := cmp.Diff(one, draw(1)); diff != "" {
		t.Errorf("the same seed draws otherwise: %s", diff)
	}
}

func TestWhichRequestsAreStruck(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault Fault
		path  string
		want  []bool
	}{
		"skip and times": {Fault{Skip: 1, Times: 2}, "/a", []bool{false, true, true, false}},
		"a beginning":    {Fault{Times: 1, Path: "/a"}, "/a/b", []bool{true}},
		"no beginning":   {Fault{Times: 1, Path: "/b"}, "/a/b", []bool{false}},
		"a part":         {Fault{Times: 1, Path: "b/c"}, "/a/b/c/d", []bool{true}},
		"an end":         {Fault{Times: 1, Suffix: "/d"}, "/a/d", []bool{true}},
		"another end":    {Fault{Times: 1, Suffix: "/d"}, "/d/a", []bool{false}},
	} {
		tc.fault.Kind = Latency
		tc.fault.DelayMS = 7
		d := drawer(1, tc.fault)
		for k, want := range tc.want {
			h := d.Draw("GET", tc.path)
			delay := 5 * time.Millisecond
			if want {
				delay += 7 * time.Millisecond
			}
			if (h.Rule != nil) != want || h.Delay != delay {
				t.Errorf("%s, request %d: %+v, want struck %t and %s", name, k+1, h, want, delay)
			}
		}
	}
	d := drawer(1)
	if d.Chance(0) || !d.Chance(1) || d.Set() != 1 || len(d.Numbers(3)) != 3 {
		t.Error("chance, set or numbers")
	}
}

func TestCheckNamesTheField(t *testing.T) {
	t.Parallel()
	for want, fault := range map[string]Fault{
		`faults[0].kind "x": give one of [latency]`: {Kind: "x", Share: 1},
		"faults[0].share is 2":                      {Kind: Latency, Share: 2},
		"neither share nor times":                   {Kind: Latency},
		`faults[0].cut "up"`:                        {Kind: Latency, Share: 1, Cut: "up"},
		"faults[0].status 999":                      {Kind: Latency, Share: 1, Status: 999},
		"without its query":                         {Kind: Latency, Share: 1, Path: "/a?b"},
	} {
		if err := Check([]Fault{fault}, []Kind{Latency}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %s", fault, err, want)
		}
	}
	if err := Check([]Fault{{Kind: Latency, Share: 1}}, []Kind{Latency}); err != nil {
		t.Error(err)
	}
	if CheckShare("x", 1.1) == nil || CheckShare("x", 1) != nil {
		t.Error("shares go from 0 to 1")
	}
}

// TestCut looks at what comes through the wire.
func TestCut(t *testing.T) {
	t.Parallel()
	const body = `{"a":"0123456789"}`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		Cut(w, &Fault{Kind: Truncate, Cut: r.URL.Query().Get("how")}, []byte(body), func(w http.ResponseWriter, b []byte) {
			w.Header().Set("Content-Length", "18")
			if len(b) != len(body) {
				w.Header().Del("Content-Length")
			}
			w.WriteHeader(http.StatusOK)
			_, _ = w.Write(b)
		})
	}))
	defer server.Close()
	for how, tc := range map[string]struct {
		length int64
		whole  bool
	}{"json": {9, true}, "length": {18, false}, "chunk": {-1, false}} {
		res, err := http.Get(server.URL + "?how=" + how)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if string(got) != body[:9] || res.ContentLength != tc.length || (err == nil) != tc.whole {
			t.Errorf("%s: %q of %d, %v", how, got, res.ContentLength, err)
		}
	}
}

func TestHangEndsWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	closed := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { Hang(r, closed, &Fault{Kind: HangBefore}) }))
	defer server.Close()
	close(closed)
	if res, err := http.Get(server.URL); err == nil {
		_ = res.Body.Close()
		t.Errorf("answered %s", res.Status)
	}
}

func TestGarble(t *testing.T) {
	t.Parallel()
	got := Garble([]byte(`[{"id":1},{"id":2}]`), `{"id":`, "name")
	if want := "[{\"id\":1},{\"name\":\"\xff\",\"name\":\"twice\",\"id\":2}]"; !bytes.Equal(got, []byte(want)) {
		t.Errorf("%q, want %q", got, want)
	}
	if got := Garble([]byte("[]"), `{"id":`, "name"); string(got) != "[]" {
		t.Errorf("an empty list became %q", got)
	}
}
