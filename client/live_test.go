package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

// liveServer serves one function a connection; the last one serves the rest.
func liveServer(t *testing.T, config client.Config, connections ...func(w *events)) (*client.Client, *atomic.Int64) {
	t.Helper()
	var n atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i := min(int(n.Add(1)), len(connections))
		w.Header().Set("Content-Type", "text/event-stream")
		connections[i-1](&events{ResponseWriter: w, ctx: r.Context()})
	}))
	t.Cleanup(server.Close)
	config.URL = server.URL
	c, err := client.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return c, &n
}

type events struct {
	http.ResponseWriter
	ctx context.Context
}

func (e *events) send(name string, state koppel.RunState, records int64) {
	body, _ := json.Marshal(client.Run{ID: "run", State: state, Counts: koppel.Counts{Records: records}})
	fmt.Fprintf(e, ": hello\nevent: %s\ndata: %s\n\n", name, body)
	e.ResponseWriter.(http.Flusher).Flush()
}

func follow(ctx context.Context, c *client.Client) (seen []string, last error) {
	for run, err := range c.Live(ctx, "run") {
		if err != nil {
			return seen, err
		}
		seen = append(seen, fmt.Sprintf("%s %d", run.State, run.Counts.Records))
	}
	return seen, nil
}

func TestLiveGoesOnAfterALostConnection(t *testing.T) {
	t.Parallel()
	c, n := liveServer(t, client.Config{},
		func(e *events) { e.send("run", koppel.RunRunning, 1) },
		func(e *events) { e.WriteHeader(http.StatusBadGateway) },
		func(e *events) { e.send("run", koppel.RunRunning, 5); e.send("end", koppel.RunSucceeded, 9) },
	)
	seen, err := follow(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"running 1", "running 5", "succeeded 9"}, seen); diff != "" {
		t.Error(diff)
	}
	if n.Load() != 3 {
		t.Errorf("%d connections", n.Load())
	}
}

func TestLiveHangsUpOnASilentConnection(t *testing.T) {
	t.Parallel()
	c, n := liveServer(t, client.Config{Silence: 50 * time.Millisecond},
		func(e *events) { e.send("run", koppel.RunRunning, 1); <-e.ctx.Done() },
		func(e *events) { <-e.ctx.Done() },
		func(e *events) { e.send("end", koppel.RunFailed, 2) },
	)
	seen, err := follow(t.Context(), c)
	if diff := cmp.Diff([]string{"running 1", "failed 2"}, seen); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if n.Load() != 3 {
		t.Errorf("%d connections", n.Load())
	}
}

func TestLiveEndsAtAProblemThatStays(t *testing.T) {
	t.Parallel()
	c, n := liveServer(t, client.Config{}, func(e *events) {
		answer(e, http.StatusNotFound, map[string]any{"kind": "not_found", "title": "There is no such thing here"})
	})
	_, err := follow(t.Context(), c)
	var p *client.Problem
	if !errors.As(err, &p) || p.Status != http.StatusNotFound || n.Load() != 1 {
		t.Errorf("%d connections, error %v", n.Load(), err)
	}
}

func TestLiveLosesPatience(t *testing.T) {
	t.Parallel()
	c, n := liveServer(t, client.Config{Patience: 50 * time.Millisecond}, func(e *events) { e.WriteHeader(http.StatusServiceUnavailable) })
	_, err := follow(t.Context(), c)
	var p *client.Problem
	if !errors.As(err, &p) || p.Status != http.StatusServiceUnavailable || n.Load() < 2 {
		t.Errorf("%d connections, error %v", n.Load(), err)
	}
}

func TestLiveEndsWithItsCaller(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c, _ := liveServer(t, client.Config{}, func(e *events) { e.send("run", koppel.RunRunning, 1); <-e.ctx.Done() })
	var last error
	for _, err := range c.Live(ctx, "run") {
		if last = err; err == nil {
			cancel()
		}
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("got %v", last)
	}
}
