package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/koppel-io/koppel"
)

// health answers that the process serves requests, and nothing else.
func (s *server) health(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

// readiness says what the server needs and whether it is there.
type readiness struct {
	Ready  bool                 `json:"ready"`
	Checks map[string]readyPart `json:"checks"`
}

type readyPart struct {
	OK     bool   `json:"ok"`
	Detail string `json:"detail,omitempty"`
}

// readyLimit bounds the checks together, below what probes usually wait.
const readyLimit = 3 * time.Second

// ready answers 200 when PostgreSQL, its schema and Temporal are all there,
// else 503; each is named.
func (s *server) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyLimit)
	defer cancel()
	type part struct {
		name  string
		check func(context.Context) error
	}
	parts := []part{{"postgres", s.Store.Ping}, {"temporal", s.Engine.Ping}}
	if s.Schema != nil {
		parts = append(parts, part{"schema", s.Schema})
	}
	out := readiness{Ready: true, Checks: map[string]readyPart{}}
	answers := make([]chan error, len(parts))
	for i, p := range parts {
		answers[i] = make(chan error, 1)
		go func() { answers[i] <- p.check(ctx) }()
	}
	for i, p := range parts {
		var err error
		select {
		case err = <-answers[i]:
		case <-ctx.Done():
			err = koppel.E(koppel.KindTimeout, "check "+p.name, "no answer within "+readyLimit.String())
		}
		state := readyPart{OK: err == nil}
		if err != nil {
			out.Ready, state.Detail = false, koppel.DetailOf(err)
		}
		out.Checks[p.name] = state
	}
	status := http.StatusOK
	if !out.Ready {
		status = http.StatusServiceUnavailable
	}
	writeJSON(w, status, out)
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
