package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/koppel-io/koppel/store"
)

// addLive registers the live view of a run: server-sent events (HTML Living
// Standard, section 9.2) named run whenever the run changed and end when it
// is over, each with the run as JSON, and comments while nothing changes.
func (s *server) addLive(api huma.API, op huma.Operation) {
	op.Description += " Events are `run` whenever the run changed and `end` at its end; both carry the run."
	op.Responses = map[string]*huma.Response{"200": {
		Description: "A stream of server-sent events",
		Content:     map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{Type: huma.TypeString}}},
	}}
	huma.Register(api, op, func(ctx context.Context, in *ByID) (*huma.StreamResponse, error) {
		who := callerOf(ctx)
		first, err := s.wholeRun(ctx, who.scope, in.ID)
		if err != nil {
			return nil, s.problemOf(ctx, err)
		}
		return &huma.StreamResponse{Body: func(hc huma.Context) {
			_, w := humago.Unwrap(hc)
			l := live{server: s, scope: who.scope, id: in.ID, w: w, control: http.NewResponseController(w)}
			l.stream(ctx, first)
		}}, nil
	})
}

// live is one client watching one run.
type live struct {
	*server
	scope   store.Scope
	id      string
	w       http.ResponseWriter
	control *http.ResponseController
	sent    []byte
	spoke   time.Time
}

func (l *live) stream(ctx context.Context, first run) {
	l.w.Header().Set("Content-Type", "text/event-stream")
	// Proxies that gather answers would hold the events back.
	l.w.Header().Set("X-Accel-Buffering", "no")
	l.w.WriteHeader(http.StatusOK)
	tick := time.NewTicker(l.LivePoll)
	defer tick.Stop()
	for now := first; ; {
		if ended, err := l.show(now); ended || err != nil {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-Closing(ctx):
			return
		case <-tick.C:
		}
		var err error
		if now, err = l.wholeRun(ctx, l.scope, l.id); err != nil {
			// The client connects again and then reads the problem.
			return
		}
	}
}

// show sends the run if it differs from what was sent last.
func (l *live) show(now run) (ended bool, err error) {
	body, err := json.Marshal(now)
	if err != nil {
		return false, err
	}
	ended = now.State.Ended()
	switch {
	case !bytes.Equal(body, l.sent):
		l.sent = body
		err = l.send(fmt.Appendf(nil, "event: run\ndata: %s\n\n", body))
	case time.Since(l.spoke) >= l.LiveBeat:
		err = l.send([]byte(": still here\n\n"))
	}
	if err == nil && ended {
		err = l.send(fmt.Appendf(nil, "event: end\ndata: %s\n\n", body))
	}
	return ended, err
}

func (l *live) send(frame []byte) error {
	l.spoke = time.Now()
	// The server's own limit would end a long run's stream.
	if err := l.control.SetWriteDeadline(l.spoke.Add(writeLimit)); err != nil {
		return err
	}
	if _, err := l.w.Write(frame); err != nil {
		return err
	}
	return l.control.Flush()
}
