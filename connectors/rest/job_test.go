package rest

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/koppel-io/koppel"
)

// worker is a remote that makes a file on request.
type worker struct {
	mu    sync.Mutex
	asked []string
	// states are answered to the polls, the last one for ever; "gone" is a 404.
	states []string
	file   string // "" is a 404
	now    time.Time
}

func (w *worker) serve(out http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = append(w.asked, r.Method+" "+r.URL.Path)
	switch {
	case r.Method == "POST":
		_ = json.NewEncoder(out).Encode(map[string]any{"id": 7})
	case r.URL.Path == "/file/r7" && w.file != "":
		_, _ = io.WriteString(out, w.file)
	case r.URL.Path == "/jobs/7" && w.states[0] != "gone":
		_ = json.NewEncoder(out).Encode(map[string]any{"state": w.states[0], "file": "r7", "why": "no disk"})
	default:
		out.WriteHeader(404)
	}
	if r.URL.Path == "/jobs/7" && len(w.states) > 1 {
		w.states = w.states[1:]
	}
}

func newWorker(t *testing.T, states ...string) (*worker, *Client) {
	t.Helper()
	w := &worker{states: states, file: "id\n1\n2\n", now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	server := httptest.NewServer(http.HandlerFunc(w.serve))
	t.Cleanup(server.Close)
	return w, client(t, manifest(t, head+`
http: { base: "%s" }
streams:
  file:
    job:
      submit: { post: /jobs, body: { format: CSV }, id: body.id }
      poll: { get: "/jobs/${job.id}", every: 5s, most: 10m, ended: 'body.state != "busy"', success: 'body.state == "done"', detail: body.why, result: body.file }
    get: /file/${job.result}
    key: id
    decode: { as: csv, ends_with_newline: true }
`, server.URL), func(c *ClientConfig) {
		c.Now = func() time.Time { w.mu.Lock(); defer w.mu.Unlock(); return w.now }
	})
}

// stepping reads as a worker would that is killed after every step: each step
// is a new Reader with the last position that was stored.
func stepping(t *testing.T, c *Client, most int) (ids []string, waits int, err error) {
	t.Helper()
	var resume json.RawMessage
	for range most {
		r, err := c.Read("file", ReadOptions{Resume: resume})
		if err != nil {
			t.Fatal(err)
		}
		page, err := r.Next(t.Context())
		r.Close()
		var pending *Pending
		switch {
		case errors.As(err, &pending):
			if pending.Wait != 5*time.Second {
				t.Errorf("wait %s", pending.Wait)
			}
			waits++
			continue
		case err == io.EOF:
			return ids, waits, nil
		case err != nil:
			return ids, waits, err
		}
		for _, record := range page.Records {
			ids = append(ids, record.ID)
		}
		resume = page.Resume
		page.Release()
	}
	t.Fatalf("no end after %d steps", most)
	return nil, 0, nil
}

func TestJobSurvivesKilledWorkers(t *testing.T) {
	t.Parallel()
	w, c := newWorker(t, "busy", "busy", "done")
	ids, waits, err := stepping(t, c, 20)
	if err != nil || waits != 2 {
		t.Errorf("%d waits, %v", waits, err)
	}
	if diff := cmp.Diff([]string{"1", "2"}, ids); diff != "" {
		t.Errorf("ids (-want +got):\n%s", diff)
	}
	want := []string{"POST /jobs", "GET /jobs/7", "GET /jobs/7", "GET /jobs/7", "GET /file/r7"}
	if diff := cmp.Diff(want, w.asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}

func TestJobIsReadByOneReader(t *testing.T) {
	t.Parallel()
	_, c := newWorker(t, "busy", "done")
	r, err := c.Read("file", ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	steps := ""
	for {
		page, err := r.Next(t.Context())
		var pending *Pending
		if errors.As(err, &pending) {
			steps += "wait "
			continue
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		steps += map[bool]string{true: "note ", false: "rows "}[len(page.Records) == 0]
		page.Release()
	}
	if end := r.End(); steps != "note wait note rows " || !end.Complete || end.Read != 2 {
		t.Errorf("%s, %+v", steps, end)
	}
}

func TestLostJobsAreSubmittedAgainAFewTimes(t *testing.T) {
	t.Parallel()
	for name, states := range map[string][]string{"failed": {"failed", "done"}, "forgotten": {"gone", "done"}} {
		w, c := newWorker(t, states...)
		ids, _, err := stepping(t, c, 20)
		if err != nil || len(ids) != 2 || strings.Count(strings.Join(w.asked, " "), "POST") != 2 {
			t.Errorf("%s: %v of %v, %v", name, ids, w.asked, err)
		}
	}
	w, c := newWorker(t, "failed")
	_, _, err := stepping(t, c, 20)
	if koppel.KindOf(err) != koppel.KindRemoteUnavailable || !strings.Contains(err.Error(), "job 7 failed: no disk; it was the last of 3") {
		t.Errorf("always: %v of %v", err, w.asked)
	}
	w, c = newWorker(t, "done")
	w.file = ""
	if _, _, err = stepping(t, c, 20); koppel.KindOf(err) != koppel.KindRemoteUnavailable || !strings.Contains(err.Error(), "what job 7 made is gone") {
		t.Errorf("gone file: %v", err)
	}
}

func TestJobThatNeverEndsIsLost(t *testing.T) {
	t.Parallel()
	w, c := newWorker(t, "busy")
	r, err := c.Read("file", ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	lost := 0
	for range 20 {
		w.mu.Lock()
		w.now = w.now.Add(11 * time.Minute)
		w.mu.Unlock()
		_, err := r.Next(t.Context())
		var pending *Pending
		if err != nil && !errors.As(err, &pending) {
			if !strings.Contains(err.Error(), "job 7 is not done after 10m0s") {
				t.Error(err)
			}
			return
		}
		lost++
	}
	t.Errorf("still waiting after %d steps", lost)
}
