package api

import (
	_ "embed"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// document is the OpenAPI 3.1 document before the operations are in it.
func (s *server) document() *huma.OpenAPI {
	return &huma.OpenAPI{
		OpenAPI: "3.1.0",
		Info: &huma.Info{
			Title: "Koppel", Version: s.Version,
			Description: "Keeps every webshop's remote systems in step with one data model. " +
				"Ids are UUIDs, times RFC 3339 in UTC, decimals strings. Lists page by an opaque cursor. " +
				"Unknown fields and parameters are refused. Errors are problem documents (RFC 9457) that say who must act and how.",
			License: &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"},
		},
		Components: &huma.Components{
			Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
			SecuritySchemes: map[string]*huma.SecurityScheme{
				"key": {Type: "http", Scheme: "bearer", Description: "An API key: Authorization: Bearer kpl_…"},
			},
		},
	}
}

func (s *server) serveOpenAPI(w http.ResponseWriter, r *http.Request) {
	body, err := json.Marshal(s.openapi)
	if err != nil {
		writeProblem(w, s.problemOf(r.Context(), err))
		return
	}
	w.Header().Set("Content-Type", "application/vnd.oai.openapi+json;version=3.1")
	_, _ = w.Write(body)
}

//go:embed docs.html
var docsPage []byte

// docsPolicy lets the page run its own script and read this server, nothing else.
const docsPolicy = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

func serveDocs(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", docsPolicy)
	_, _ = w.Write(docsPage)
}
