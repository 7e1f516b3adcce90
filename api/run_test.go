package api

import (
	"bufio"
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

func TestARunIsStartedQueuedAndRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	path := v1 + "/couplings/" + s.coupling.UUID + "/sync"
	full := map[string]any{"object": "products", "mode": "full"}
	first := want[started](t, s.ask(t, s.mine, http.MethodPost, path, full), http.StatusAccepted)
	workflow := "pull/" + s.coupling.UUID + "/products"
	if diff := cmp.Diff([]string{"start " + workflow}, s.engine.take()); diff != "" {
		t.Fatalf("the engine was asked:\n%s", diff)
	}
	if taken := want[started](t, s.ask(t, s.mine, http.MethodPost, path, full), http.StatusAccepted); taken.Run != first.Run || !taken.TookOver {
		t.Errorf("asked again before it began: %+v, want run %s taken over", taken, first.Run)
	}
	s.engine.take()
	do(t, s, store.ForWebshop(s.shop.ID), func(ctx context.Context, tx *store.Tx) (store.Run, error) {
		return tx.StartRun(ctx, first.Run, workflow)
	})
	second := want[started](t, s.ask(t, s.mine, http.MethodPost, path, full), http.StatusAccepted)
	if second.Behind != first.Run {
		t.Errorf("the second run is queued behind %q, want %q", second.Behind, first.Run)
	}
	single := want[started](t, s.ask(t, s.mine, http.MethodPost, path, map[string]any{"object": "products", "mode": "single", "skus": []string{"A-1"}}), http.StatusAccepted)
	if diff := cmp.Diff([]string{"start single/" + s.coupling.UUID + "/products/" + single.Run}, s.engine.take()); diff != "" {
		t.Errorf("a queued scan must not start, a single must:\n%s", diff)
	}
	read := want[run](t, s.ask(t, s.mine, http.MethodGet, v1+"/runs/"+single.Run, nil), http.StatusOK)
	if diff := cmp.Diff(&runKeys{SKUs: []string{"A-1"}}, read.Keys); diff != "" || !strings.Contains(read.AskedBy, "mine") || read.State != koppel.RunQueued {
		t.Errorf("the single run is %+v\n%s", read, diff)
	}
	list := want[pageBody[run]](t, s.ask(t, s.mine, http.MethodGet, v1+"/runs?state=queued,running&mode=full", nil), http.StatusOK)
	if ids := each(list.Data, func(r run) string { return r.ID }); !cmp.Equal(ids, []string{second.Run, first.Run}) {
		t.Errorf("queued or running full runs are %v", ids)
	}
	if got := s.action(t, single.Run); got != "run.start" {
		t.Errorf("audit says %q", got)
	}
}

func TestARunIsKeptWhenTemporalIsAway(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.engine.fail(errors.New("connection refused"))
	got := want[started](t, s.ask(t, s.mine, http.MethodPost, v1+"/couplings/"+s.coupling.UUID+"/sync", map[string]any{
		"object": "sell_orders", "mode": "window", "from": "2026-01-01T00:00:00Z"}), http.StatusAccepted)
	read := want[run](t, s.ask(t, s.mine, http.MethodGet, v1+"/runs/"+got.Run, nil), http.StatusOK)
	if read.State != koppel.RunQueued || read.Window == nil || read.Window.From.Year() != 2026 {
		t.Errorf("the run is %+v", read)
	}
}

func TestCancelLeavesTheRunAheadAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	running := s.run(t, s.coupling, koppel.Products)
	queued := want[started](t, s.ask(t, s.mine, http.MethodPost, v1+"/couplings/"+s.coupling.UUID+"/sync", map[string]any{"object": "products", "mode": "full"}), http.StatusAccepted)
	cancelled := want[run](t, s.ask(t, s.mine, http.MethodPost, v1+"/runs/"+queued.Run+"/cancel", nil), http.StatusOK)
	if cancelled.State != koppel.RunCancelled || len(s.engine.take()) > 0 {
		t.Errorf("the queued run is %s and its workflow, which is the running one's, was touched", cancelled.State)
	}
	cancelled = want[run](t, s.ask(t, s.mine, http.MethodPost, v1+"/runs/"+running.UUID+"/cancel", nil), http.StatusOK)
	if diff := cmp.Diff([]string{"cancel " + running.WorkflowID}, s.engine.take()); diff != "" || cancelled.State != koppel.RunCancelled {
		t.Errorf("the running run is %s; the engine was asked:\n%s", cancelled.State, diff)
	}
	done := s.read(t, s.coupling, koppel.Suppliers)
	refused(t, s.ask(t, s.mine, http.MethodPost, v1+"/runs/"+done.UUID+"/cancel", nil), http.StatusConflict, koppel.KindConflict)
}

func TestARunShowsStreamsAndTimeline(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	r := s.read(t, s.coupling, koppel.Products, productRecord(t, "1"), productRecord(t, "2"))
	read := want[run](t, s.ask(t, s.mine, http.MethodGet, v1+"/runs/"+r.UUID, nil), http.StatusOK)
	if len(read.Streams) != 1 || read.Streams[0].Stream != "products" || read.Streams[0].Counts.Changed != 2 || read.Streams[0].Total != nil || read.Expected != nil {
		t.Errorf("the run is %+v", read)
	}
	var events []string
	for path := v1 + "/runs/" + r.UUID + "/timeline?limit=1"; ; {
		page := want[pageBody[event]](t, s.ask(t, s.mine, http.MethodGet, path, nil), http.StatusOK)
		for _, e := range page.Data {
			events = append(events, e.Event)
		}
		if page.Next == "" {
			break
		}
		path = v1 + "/runs/" + r.UUID + "/timeline?limit=1&cursor=" + page.Next
	}
	if diff := cmp.Diff([]string{"queued", "started", "finished"}, events); diff != "" {
		t.Errorf("the timeline differs:\n%s", diff)
	}
}

// frames reads server-sent events until the stream ends.
func frames(t *testing.T, res *http.Response) <-chan [2]string {
	t.Helper()
	out := make(chan [2]string, 100)
	go func() {
		defer close(out)
		lines, name := bufio.NewScanner(res.Body), ""
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			switch line := lines.Text(); {
			case strings.HasPrefix(line, ":"):
				out <- [2]string{"comment", line}
			case strings.HasPrefix(line, "event: "):
				name = strings.TrimPrefix(line, "event: ")
			case strings.HasPrefix(line, "data: "):
				out <- [2]string{name, strings.TrimPrefix(line, "data: ")}
			}
		}
	}()
	return out
}

// until waits for a frame of a name and skips the others.
func until(t *testing.T, frames <-chan [2]string, name string) string {
	t.Helper()
	limit := time.After(20 * time.Second)
	for {
		select {
		case frame, ok := <-frames:
			if !ok {
				t.Fatalf("the stream ended before %s", name)
			}
			if frame[0] == name {
				return frame[1]
			}
		case <-limit:
			t.Fatalf("no %s came", name)
		}
	}
}

func TestALiveRun(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	r := s.run(t, s.coupling, koppel.Products)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	res := s.open(t, ctx, s.mine, http.MethodGet, v1+"/runs/"+r.UUID+"/live", nil)
	defer res.Body.Close()
	if got := res.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Fatalf("content type %q", got)
	}
	live := frames(t, res)
	if first := decode[run](t, []byte(until(t, live, "run"))); first.State != koppel.RunRunning || first.Counts.Records != 0 {
		t.Errorf("the first event is %+v", first)
	}
	until(t, live, "comment")
	s.write(t, r, "products", productRecord(t, "1"))
	for changed := int64(0); changed != 1; {
		changed = decode[run](t, []byte(until(t, live, "run"))).Counts.Changed
	}
	s.finish(t, r, store.Finish{State: koppel.RunSucceeded})
	if last := decode[run](t, []byte(until(t, live, "end"))); last.State != koppel.RunSucceeded {
		t.Errorf("the end is %+v", last)
	}
	for frame := range live {
		t.Errorf("after the end came %v", frame)
	}
}
