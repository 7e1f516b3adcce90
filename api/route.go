package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// row is one route: registration, authorisation and documentation come from it.
type row struct {
	method, path string
	// id is the operation id; "" keeps the route out of the OpenAPI document.
	id string
	// scope a key needs; "" asks for no key.
	scope string
	// installation refuses keys that are bound to a webshop.
	installation bool
	// tag groups the documentation.
	tag, summary string
	// status of success; 200 when zero.
	status int
	// maxBody is the largest body in bytes; bodyLimit when zero.
	maxBody int64
	// add registers the operation with huma, or plain serves it without.
	add   func(huma.API, huma.Operation)
	plain http.HandlerFunc
}

// bodyLimit is the largest body of a request whose row names no other, in bytes.
const bodyLimit = 256 << 10

// overrideLimit is the largest body that holds a mapping override, whose text may grow in JSON.
const overrideLimit = 1 << 20

// pattern is the row as http.ServeMux spells it.
func (r row) pattern() string { return r.method + " " + r.path }

// operation is the row as huma and the OpenAPI document know it.
func (r row) operation() huma.Operation {
	op := huma.Operation{
		Method: r.method, Path: r.path, OperationID: r.id, Summary: r.summary, Tags: []string{r.tag},
		DefaultStatus: r.status, MaxBodyBytes: r.maxBody,
		Security: []map[string][]string{{"key": {r.scope}}},
	}
	if op.MaxBodyBytes == 0 {
		op.MaxBodyBytes = bodyLimit
	}
	op.Description = "Needs a key with scope `" + r.scope + "`"
	if r.installation {
		op.Description += " that is bound to no webshop"
	}
	op.Description += "."
	return op
}

// answer is how huma sees the body of a success.
type answer[T any] struct{ Body T }

// handle makes a row's add of a handler: in is the validated request, and the
// error becomes a problem document.
func handle[I, T any](s *server, fn func(ctx context.Context, who caller, in *I) (T, error)) func(huma.API, huma.Operation) {
	return func(api huma.API, op huma.Operation) {
		huma.Register(api, op, func(ctx context.Context, in *I) (*answer[T], error) {
			out, err := fn(ctx, callerOf(ctx), in)
			if err != nil {
				return nil, s.problemOf(ctx, err)
			}
			return &answer[T]{Body: out}, nil
		})
	}
}

// register fills the mux and the OpenAPI document from the table.
func (s *server) register() {
	config := huma.Config{
		OpenAPI:                      s.document(),
		Formats:                      map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat},
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
	}
	s.openapi = config.OpenAPI
	// Both go through HandleFunc, which knows only the table's rows.
	api := humago.New(s, config)
	table := s.routes()
	for _, r := range table {
		s.rows[r.pattern()] = r
	}
	for _, r := range table {
		if r.plain != nil {
			s.HandleFunc(r.pattern(), r.plain)
			continue
		}
		r.add(api, r.operation())
	}
	s.mux.HandleFunc("/", s.unknown)
}

// HandleFunc implements humago.Mux: it puts the row's checks before a handler.
// A pattern without a row is a mistake of the program, found when it starts.
func (s *server) HandleFunc(pattern string, handler func(http.ResponseWriter, *http.Request)) {
	r, ok := s.rows[pattern]
	if !ok {
		panic("api: route " + pattern + " has no row in the table")
	}
	s.mux.HandleFunc(pattern, s.guard(r, handler))
}

// unknown answers what no row matches: 405 with the methods the path has, else 404.
func (s *server) unknown(w http.ResponseWriter, r *http.Request) {
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		probe := r.Clone(r.Context())
		probe.Method = method
		if _, pattern := s.mux.Handler(probe); pattern != "/" && pattern != "" {
			allowed = append(allowed, method)
		}
	}
	if len(allowed) > 0 {
		for _, method := range allowed {
			w.Header().Add("Allow", method)
		}
		writeProblem(w, newProblem(http.StatusMethodNotAllowed, "this path does not take "+r.Method))
		return
	}
	writeProblem(w, newProblem(http.StatusNotFound, "there is no path "+r.URL.Path+" here; GET /openapi.json lists all paths"))
}
