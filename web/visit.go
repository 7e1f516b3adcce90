package web

import (
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
	"github.com/koppel-io/koppel/store"
)

// visit is one request of a browser.
type visit struct {
	*http.Request
	w http.ResponseWriter
	// key and api are whose session it is and what it may ask; zero before a sign-in.
	key store.Key
	api *client.Client
	// token is what forms of the page are bound to.
	token koppel.Secret
}

// may reports whether the key has a scope, so that the page shows the button.
func (v *visit) may(scope string) bool { return v.key.Allows(scope) }

var errNoPage = koppel.E(koppel.KindNotFound, "find page", "there is no such page")

// open serves a handler that needs no session.
func (s *site) open(handle func(*visit) (*page, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, formMost)
		s.serve(&visit{Request: r, w: w}, handle)
	}
}

// private serves a handler to who is signed in; others are asked to.
func (s *site) private(handle func(*visit) (*page, error)) http.HandlerFunc {
	return s.open(func(v *visit) (*page, error) {
		if shown, err := s.enter(v); shown != nil || err != nil {
			return shown, err
		}
		if v.Method == http.MethodPost {
			if err := posted(v.Request, v.token); err != nil {
				return nil, err
			}
		}
		return handle(v)
	})
}

// enter finds the session. A page instead of one is the way to sign in.
func (s *site) enter(v *visit) (*page, error) {
	token := tokenOf(v.Request, sessionCookie)
	if token.IsZero() {
		if v.Method == http.MethodGet && v.Header.Get("Sec-Fetch-Site") == "cross-site" {
			// A link on another site comes without the cookie; the same page opened by us has it.
			return &page{name: "again", Title: "One moment", Data: v.URL.RequestURI()}, nil
		}
		return signInFirst(v), nil
	}
	session, err := s.Store.FindSession(v.Context(), token)
	if koppel.KindOf(err) == koppel.KindAuth {
		http.SetCookie(v.w, s.cookie(v.Request, sessionCookie, "", -1))
		return signInFirst(v), nil
	}
	if err != nil {
		return nil, err
	}
	v.key, v.token = session.Key, token
	v.api, err = s.ask(session.Key)
	return nil, err
}

// signInFirst leads to the sign-in, and from there back to where a page was asked for.
func signInFirst(v *visit) *page {
	to := "/"
	if v.Method == http.MethodGet {
		to = v.URL.RequestURI()
	}
	return &page{to: "/sign-in?" + url.Values{"to": {to}}.Encode()}
}

// serve answers one visit, and notes it in the log.
func (s *site) serve(v *visit, handle func(*visit) (*page, error)) {
	began := time.Now()
	status := 0
	defer func() {
		if cause := recover(); cause != nil {
			s.Log.ErrorContext(v.Context(), "panic in a page", slog.String("path", v.URL.Path), slog.Any("cause", cause), slog.String("stack", string(debug.Stack())))
			status = s.write(v, problemPage(koppel.E(koppel.KindInternal, "show page", "")))
		}
		// The query stays out: it may name people.
		s.Log.LogAttrs(v.Context(), slog.LevelInfo, "page", slog.String("method", v.Method), slog.String("path", v.URL.Path), slog.Int("status", status),
			slog.Duration("took", time.Since(began)), slog.String("key", v.key.Prefix), slog.String("remote", v.RemoteAddr))
	}()
	shown, err := handle(v)
	if err != nil {
		if koppel.KindOf(err) == koppel.KindInternal && v.Context().Err() == nil {
			s.Log.ErrorContext(v.Context(), "show a page", "path", v.URL.Path, "error", err)
		}
		shown = problemPage(err)
	}
	status = s.write(v, shown)
}
