package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

func TestBar(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)
	expected, until := int64(1000), at.Add(time.Minute)
	var p pace
	show := func(second int, r client.Run) string {
		p.note(r, at.Add(time.Duration(second)*time.Second))
		return bar(r, p)
	}
	run := client.Run{Mode: koppel.ModeFull, Group: "products", State: koppel.RunRunning, Expected: &expected}
	for _, c := range []struct {
		second  int
		records int64
		change  func(*client.Run)
		want    string
	}{
		{0, 0, nil, "full products [------------------------]   0% 0/1000, running"},
		{10, 500, nil, "full products [############------------]  50% 500/1000, 50/s, 10s left, running"},
		{20, 750, func(r *client.Run) { r.Counts.Parked = 2 }, "full products [##################------]  75% 750/1000, 2 parked, 25/s, 10s left, running"},
		{21, 750, func(r *client.Run) {
			r.State, r.Wait = koppel.RunWaiting, &client.Wait{Reason: "quota day", Until: &until}
		}, "full products [##################------]  75% 750/1000, 2 parked, 23/s, 11s left, waiting (quota day until 10:01:00Z)"},
		{30, 1100, func(r *client.Run) { r.State, r.Wait = koppel.RunSucceeded, nil }, "full products [########################] 100% 1100/1000, 2 parked, succeeded"},
		{31, 1100, func(r *client.Run) { r.Expected, r.State = nil, koppel.RunFailed }, "full products 1100 read, 2 parked, failed"},
	} {
		run.Counts.Records = c.records
		if c.change != nil {
			c.change(&run)
		}
		if got := show(c.second, run); got != c.want {
			t.Errorf("second %d:\ngot  %s\nwant %s", c.second, got, c.want)
		}
	}
}

func TestProgressWithoutATerminalTellsOnlyNews(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	g := &progress{out: &out}
	at := time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)
	run := client.Run{Mode: koppel.ModeSince, Group: "products", State: koppel.RunRunning}
	for second := range 25 {
		if second == 3 {
			run.State = koppel.RunWaiting
		}
		if err := g.show(run, at.Add(time.Duration(second)*time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	// At the start, at the change, and ten and twenty seconds after it.
	if lines := strings.Count(out.String(), "\n"); lines != 4 || strings.ContainsAny(out.String(), "\r\x1b") {
		t.Errorf("%d lines:\n%s", lines, out.String())
	}
}

func TestProgressOnATerminalWritesOneLineOver(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	g := &progress{out: &out, live: true}
	for range 3 {
		if err := g.show(client.Run{Mode: koppel.ModeFull, Group: "products", State: koppel.RunRunning}, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	g.close()
	g.close()
	if strings.Count(out.String(), "\n") != 1 || strings.Count(out.String(), "\r") != 3 {
		t.Errorf("%q", out.String())
	}
}

func TestInterruptedWatchLeavesTheRunRunning(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			t.Errorf("%s %s: watching changes nothing", r.Method, r.URL)
		}
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "event: run\ndata: "+runBody(runGreen, "running")+"\n\n")
		w.(http.Flusher).Flush()
		interrupt()
		<-r.Context().Done()
	}))
	defer server.Close()
	r := koppelAt(ctx, server.URL, "", "run", "watch", runGreen)
	if r.code != exitInterrupted || !strings.Contains(r.err, "the run goes on") || !strings.Contains(r.err, "koppel run cancel "+runGreen) {
		t.Errorf("exit code %d: %s", r.code, r.err)
	}
}
