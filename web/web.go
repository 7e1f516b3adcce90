package web

import (
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/koppel-io/koppel/store"
)

// Config is what the pages work with. Store and API are required.
type Config struct {
	// Store is opened as the app role; only sessions are read from it.
	Store *store.DB
	// API is the handler of package api, which answers what pages ask.
	API http.Handler
	// PublicURL is the address of the server as people reach it; cookies are
	// for TLS only when it is https.
	PublicURL string
	// Session is how long a sign-in lasts; twelve hours when zero.
	Session time.Duration
	// Poll is how often a live page looks for news; a second when zero.
	Poll time.Duration
	// Log gets one line a page; nil is silent.
	Log *slog.Logger
}

// site serves the pages.
type site struct {
	Config
	secure bool
	// watching counts live pages.
	watching atomic.Int64
}

// Paths are the patterns of http.ServeMux that the handler of New is for.
func Paths() []string {
	return []string{
		"/{$}", "/sign-in", "/sign-out", "/static/", "/inbox", "/inbox/", "/couplings", "/couplings/", "/webshops", "/webshops/",
		"/runs", "/runs/", "/proposals", "/proposals/", "/parked", "/parked/", "/pushes", "/pushes/",
	}
}

// New returns the handler of the pages.
func New(c Config) http.Handler {
	s := &site{Config: c, secure: strings.HasPrefix(c.PublicURL, "https://")}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	if s.Session <= 0 {
		s.Session = 12 * time.Hour
	}
	if s.Poll <= 0 {
		s.Poll = time.Second
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /static/{name}", s.static)
	mux.HandleFunc("GET /sign-in", s.open(s.signInPage))
	mux.HandleFunc("POST /sign-in", s.open(s.signIn))
	mux.HandleFunc("POST /sign-out", s.open(s.signOut))

	mux.HandleFunc("GET /{$}", s.private(func(*visit) (*page, error) { return &page{to: "/inbox"}, nil }))
	mux.HandleFunc("GET /inbox", s.private(s.inbox))
	mux.HandleFunc("POST /inbox/{id}/{action}", s.private(s.actOnInbox))
	mux.HandleFunc("GET /couplings", s.private(s.couplings))
	mux.HandleFunc("GET /couplings/{id}", s.private(s.coupling))
	mux.HandleFunc("GET /couplings/{id}/live", s.live(s.couplingNews))
	mux.HandleFunc("POST /couplings/{id}/{action}", s.private(s.actOnCoupling))
	mux.HandleFunc("GET /webshops", s.private(s.webshops))
	mux.HandleFunc("GET /webshops/{id}", s.private(s.webshop))
	mux.HandleFunc("GET /runs", s.private(s.runs))
	mux.HandleFunc("GET /runs/{id}", s.private(s.run))
	mux.HandleFunc("GET /runs/{id}/live", s.live(s.runNews))
	mux.HandleFunc("POST /runs/{id}/{action}", s.private(s.actOnRun))
	mux.HandleFunc("GET /proposals", s.private(s.proposals))
	mux.HandleFunc("GET /proposals/{id}", s.private(s.proposal))
	mux.HandleFunc("POST /proposals/{id}/{action}", s.private(s.actOnProposal))
	mux.HandleFunc("GET /parked", s.private(s.parked))
	mux.HandleFunc("POST /parked/retry", s.private(s.retryAllParked))
	mux.HandleFunc("POST /parked/{id}/retry", s.private(s.retryParked))
	mux.HandleFunc("GET /pushes", s.private(s.pushes))
	mux.HandleFunc("POST /pushes/{id}/retry", s.private(s.retryPush))
	mux.HandleFunc("/", s.private(func(v *visit) (*page, error) { return nil, errNoPage }))
	return mux
}
