package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

func TestNumbersAndTimes(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -12345: "−12,345"} {
		if got := number(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
	for d, want := range map[time.Duration]string{
		-10 * time.Second: "just now", 5 * time.Second: "in a moment", -90 * time.Second: "2 minutes ago", -time.Hour: "1 hour ago",
		26 * time.Hour: "in 1 day", -40 * 24 * time.Hour: "1 month ago", -800 * 24 * time.Hour: "2 years ago",
	} {
		if got := relative(d); got != want {
			t.Errorf("%s is %q, want %q", d, got, want)
		}
	}
	at := time.Date(2026, 3, 1, 12, 30, 5, 0, time.FixedZone("x", 3600))
	if got := string(ago(&at)); !strings.Contains(got, `title="Sunday 1 March 2026, 11:30:05 UTC"`) || !strings.Contains(got, `datetime="2026-03-01T11:30:05Z"`) {
		t.Errorf("the exact time is missing: %s", got)
	}
	if got := ago((*time.Time)(nil)); got != "–" {
		t.Errorf("no time is %q", got)
	}
}

func TestEveryStateHasASentence(t *testing.T) {
	t.Parallel()
	check := func(name string, w word) {
		if w.Says == "" || w.Tone == "" {
			t.Errorf("%s is not explained", name)
		}
	}
	for _, s := range []koppel.CouplingState{koppel.CouplingDraft, koppel.CouplingActivating, koppel.CouplingActive, koppel.CouplingPaused, koppel.CouplingNeedsReauth, koppel.CouplingDisabled, koppel.CouplingRemoved} {
		check(string(s), known(couplingWords, s))
	}
	for _, s := range []koppel.RunState{koppel.RunQueued, koppel.RunRunning, koppel.RunWaiting, koppel.RunSucceeded, koppel.RunSucceededWithParked, koppel.RunSuspect, koppel.RunFailed, koppel.RunCancelled} {
		check(string(s), known(runWords, s))
	}
	for _, k := range koppel.Kinds() {
		if ownerWords[k.Owner()] == "" {
			t.Errorf("nobody is named for %s", k)
		}
	}
	for _, o := range koppel.Objects() {
		if objectWords[string(o)] == "" {
			t.Errorf("%s has no name", o)
		}
	}
}

func TestNextSteps(t *testing.T) {
	t.Parallel()
	const id = "0195a3c2-7d1e-7c4a-9f00-0123456789ab"
	for _, kind := range koppel.Kinds() {
		if s := stepOf(koppel.Advise(koppel.E(kind, "", "x"), id, id).Next); s == nil || s.Text == "" {
			t.Errorf("%s has no next step", kind)
		}
	}
	for next, want := range map[string]step{
		"Send it: koppel coupling connect " + id:          {Text: "Send it", Path: "/couplings/" + id + "/connect", Post: true},
		"Watch: koppel run watch " + id:                   {Text: "Watch", Path: "/runs/" + id},
		"Do: koppel coupling set " + id + " per_page=50":  {Text: "Do", Command: "koppel coupling set " + id + " per_page=50"},
		"Do: koppel coupling connect " + id + " <script>": {Text: "Do", Command: "koppel coupling connect " + id + " <script>"},
		"Nothing to do": {Text: "Nothing to do"},
		"Correct it, then: koppel parked retry --coupling " + id: {Text: "Correct it, then", Path: "/parked/retry", Post: true},
	} {
		got := stepOf(next)
		if got.Text != want.Text || got.Path != want.Path || got.Post != want.Post || (want.Command != "" && got.Command != want.Command) {
			t.Errorf("%q is %+v", next, got)
		}
	}
}

func TestHappened(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]string{
		`{"pages":12,"records":1200,"changed":30,"parked":2,"stream":"products","ms":3200}`: "Read 12 pages with 1,200 records of products (30 changed, 2 parked) in 3.2 seconds.",
		`{"failure":"timeout","detail":"no answer in 30s","ms":30000}`:                      "Read nothing in 30 seconds. Then it failed: The remote system did not answer in time. no answer in 30s",
	} {
		if got := happened(client.Event{Event: "slice", Data: []byte(data)}); got != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	}
	if got := happened(client.Event{Event: "brand_new", Data: []byte(`{"b":1,"a":"x"}`)}); got != "Brand new: a x, b 1." {
		t.Errorf("an event without a sentence is %q", got)
	}
}

func TestAssets(t *testing.T) {
	t.Parallel()
	pages := New(Config{})
	for path, want := range map[string]string{
		assetPath("style.css"): "public, max-age=31536000, immutable", "/static/live.js?old": "no-cache", "/static/icon.svg": "no-cache", "/static/x.css": "", "/static/..%2fweb.go": "",
	} {
		w := httptest.NewRecorder()
		pages.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if got := w.Header().Get("Cache-Control"); got != want || (want == "") != (w.Code == http.StatusNotFound) {
			t.Errorf("%s: status %d, kept as %q", path, w.Code, got)
		}
	}
}

func TestClocksInWords(t *testing.T) {
	t.Parallel()
	for cron, want := range map[string]string{
		"*/30 * * * *": "every 30 minutes", "15 3 * * *": "every day at 03:15", "5 * * * *": "every hour, 05 minutes past", "0 */4 * * *": "every 4 hours, 00 minutes past",
		"0 6 * * 7": "every Sunday at 06:00", "0 6 1 * *": "", "@daily": "",
	} {
		if got := clockWords(cron); got != want {
			t.Errorf("%s is %q, want %q", cron, got, want)
		}
	}
}
