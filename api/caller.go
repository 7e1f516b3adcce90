package api

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// caller is who asks: the key and what it may see.
type caller struct {
	key   store.Key
	scope store.Scope
}

// name is the caller in the audit log and in asked_by.
func (c caller) name() string { return fmt.Sprintf("key %s (%s)", c.key.Name, c.key.Prefix) }

// bound is the inner id of the one webshop the key sees; 0 for all.
func (c caller) bound() int64 {
	if c.key.WebshopID == nil {
		return 0
	}
	return *c.key.WebshopID
}

type callerKey struct{}

// callerOf is the caller that guard found; the zero caller on routes without a key.
func callerOf(ctx context.Context) caller {
	who, _ := ctx.Value(callerKey{}).(caller)
	return who
}

// guard checks the row's scope before the handler runs.
func (s *server) guard(r row, handler http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		visit := visitOf(req.Context())
		visit.route = r.path
		visit.subjects(req)
		if r.scope == "" {
			handler(w, req)
			return
		}
		who, err := s.authenticate(req)
		if err == nil {
			visit.key = who.key.Prefix
			err = authorise(who, r)
		}
		if err != nil {
			if koppel.KindOf(err) == koppel.KindAuth {
				w.Header().Set("WWW-Authenticate", `Bearer realm="koppel"`)
			}
			writeProblem(w, s.problemOf(req.Context(), err))
			return
		}
		handler(w, req.WithContext(context.WithValue(req.Context(), callerKey{}, who)))
	}
}

type asKey struct{}

// As marks a request from within the process as one of key, which the caller
// has checked. It is how the pages ask: they can do what the key can, no more.
func As(ctx context.Context, key store.Key) context.Context {
	return context.WithValue(ctx, asKey{}, key)
}

// authenticate finds the key of a request (RFC 6750 section 2.1: only the header).
func (s *server) authenticate(req *http.Request) (caller, error) {
	const op = "authenticate"
	if key, ok := req.Context().Value(asKey{}).(store.Key); ok {
		return caller{key: key, scope: key.Scope()}, nil
	}
	header := req.Header.Values("Authorization")
	if len(header) != 1 {
		return caller{}, koppel.E(koppel.KindAuth, op, "send a key in one header: Authorization: Bearer kpl_…")
	}
	scheme, text, _ := strings.Cut(header[0], " ")
	if !strings.EqualFold(scheme, "Bearer") || strings.TrimSpace(text) == "" {
		return caller{}, koppel.E(koppel.KindAuth, op, "the Authorization header must be: Bearer kpl_…")
	}
	key, err := s.Store.FindKey(req.Context(), koppel.NewSecret(strings.TrimSpace(text)))
	if err != nil {
		return caller{}, err
	}
	return caller{key: key, scope: key.Scope()}, nil
}

// authorise checks that the key may use the row.
func authorise(who caller, r row) error {
	const op = "authorise"
	switch {
	case who.key.OrganisationID != nil && who.key.WebshopID == nil:
		return koppel.E(koppel.KindPermission, op, "keys of an organisation are not served: use one key a webshop, or a key of the installation")
	case !who.key.Allows(r.scope):
		return koppel.E(koppel.KindPermission, op, fmt.Sprintf("key %q lacks the scope %s; it has %s", who.key.Name, r.scope, strings.Join(who.key.Scopes, ", ")))
	case r.installation && who.bound() != 0:
		return koppel.E(koppel.KindPermission, op, fmt.Sprintf("key %q is bound to one webshop; this needs a key of the installation", who.key.Name))
	}
	return nil
}
