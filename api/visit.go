package api

import (
	"context"
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"
	"strings"
	"time"

	"github.com/koppel-io/koppel/store"
)

// visit is one request while it is served, for log, metrics and problems.
type visit struct {
	id    string
	route string
	// key is the prefix of the key, never the key.
	key string
	// coupling and run are the ids in the path, for the commands in a problem.
	coupling, run string
}

type visitKey struct{}

// visitOf is the visit of a request's context.
func visitOf(ctx context.Context) *visit {
	if v, ok := ctx.Value(visitKey{}).(*visit); ok {
		return v
	}
	return &visit{}
}

// subjects takes the ids from the path that commands name.
func (v *visit) subjects(r *http.Request) {
	switch {
	case strings.HasPrefix(v.route, base+"/couplings/{id}"):
		v.coupling = r.PathValue("id")
	case strings.HasPrefix(v.route, base+"/runs/{id}"):
		v.run = r.PathValue("id")
	}
}

// givenID is a request id that may be taken over from the client.
var givenID = regexp.MustCompile(`^[A-Za-z0-9._-]{8,64}$`)

// ServeHTTP implements http.Handler: request id, access log, metrics, and a
// problem for a panic.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	v := &visit{id: r.Header.Get("X-Request-Id"), route: "none"}
	if !givenID.MatchString(v.id) {
		v.id = store.NewID()
	}
	out := &responder{ResponseWriter: w}
	header := out.Header()
	header.Set("X-Request-Id", v.id)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "no-store")
	ctx := context.WithValue(r.Context(), visitKey{}, v)
	defer func() {
		cause := recover()
		if cause != nil {
			s.panicked(ctx, out, cause)
		}
		took := time.Since(began)
		s.figures.request(r.Method, v.route, out.status, took)
		level := slog.LevelInfo
		if ctx.Value(asKey{}) != nil {
			level = slog.LevelDebug // the page that asked has its own line
		}
		// The query stays out: it may name people.
		s.log.LogAttrs(ctx, level, "request", slog.String("request", v.id), slog.String("method", r.Method),
			slog.String("path", shownPath(r.URL.Path)), slog.String("route", v.route), slog.Int("status", out.status), slog.Int64("bytes", out.bytes),
			slog.Duration("took", took), slog.String("key", v.key), slog.String("remote", r.RemoteAddr))
		if cause != nil && out.begun {
			// Half an answer must not look like a whole one.
			panic(http.ErrAbortHandler)
		}
	}()
	s.mux.ServeHTTP(out, r.WithContext(ctx))
}

// panicked logs a panic and answers it with a problem where no answer has begun.
func (s *server) panicked(ctx context.Context, out *responder, cause any) {
	v := visitOf(ctx)
	if cause != http.ErrAbortHandler {
		s.log.LogAttrs(ctx, slog.LevelError, "panic", slog.String("request", v.id), slog.String("route", v.route),
			slog.Any("cause", cause), slog.String("stack", string(debug.Stack())))
	}
	if out.status != 0 {
		out.begun = true
		return
	}
	writeProblem(out, newProblem(http.StatusInternalServerError, "the server's log says more about request "+v.id))
}

// responder remembers what was answered.
type responder struct {
	http.ResponseWriter
	status int
	bytes  int64
	// begun: a panic came after the answer had begun.
	begun bool
}

// WriteHeader implements http.ResponseWriter.
func (w *responder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *responder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (w *responder) Unwrap() http.ResponseWriter { return w.ResponseWriter }
