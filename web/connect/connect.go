package connect

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"log/slog"
	"net/http"
	"strings"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors"
	"github.com/koppel-io/koppel/store"
)

// Remote is a remote account, ready to be asked.
type Remote interface {
	// LogsIn reports whether the customer logs in at the remote.
	LogsIn() bool
	LoginURL(login koppel.Login) (string, error)
	FinishLogin(ctx context.Context, code string, login koppel.Login) (koppel.Token, error)
	// Check fails when the remote refuses the credentials; Detect finds its version.
	Check(ctx context.Context) error
	Detect(ctx context.Context) (string, error)
	Capture(ctx context.Context, known map[string]any) ([]koppel.Captured, error)
	Close()
}

// Engine starts what follows a connected account.
type Engine interface {
	Activate(ctx context.Context, coupling store.Coupling) error
	Sweep(ctx context.Context) error
}

// Config is what the pages work with; everything but Log is required.
type Config struct {
	// Store is opened as the app role, with the master keys.
	Store      *store.DB
	Connectors *connectors.Cache
	Engine     Engine
	// Open makes the remote account of a coupling.
	Open func(ctx context.Context, c store.Coupling, connector *connectors.Connector, account store.Account) (Remote, error)
	// PublicURL is the address of the server as customers reach it.
	PublicURL string
	Log       *slog.Logger
}

// pages serves the links.
type pages struct {
	Config
	limits *limits
}

// New returns the handler of /connect/ and /oauth/callback.
func New(c Config) http.Handler {
	p := &pages{Config: c, limits: newLimits()}
	if p.Log == nil {
		p.Log = slog.New(slog.DiscardHandler)
	}
	p.PublicURL = strings.TrimRight(p.PublicURL, "/")
	mux := http.NewServeMux()
	mux.HandleFunc("GET /connect/{token}", p.guarded(p.show))
	mux.HandleFunc("POST /connect/{token}", p.guarded(p.enter))
	mux.HandleFunc("POST /connect/{token}/choose", p.guarded(p.choose))
	mux.HandleFunc("GET /oauth/callback", p.guarded(p.callback))
	mux.HandleFunc("/", p.guarded(func(_ *http.Request, _ *visit) (*page, error) {
		return nil, koppel.E(koppel.KindNotFound, "open connect link", "this link is not complete, or not one of ours")
	}))
	return mux
}

// visit is one request of a browser.
type visit struct {
	browser string
	site    *site
}

const browserCookie = "koppel_connect"

// formMost bounds a posted form in bytes.
const formMost = 128 << 10

// guarded limits a handler, knows the browser by its cookie and shows the page
// or the error.
func (p *pages) guarded(handle func(*http.Request, *visit) (*page, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !p.limits.allow(r) {
			w.Header().Set("Retry-After", "10")
			p.write(w, http.StatusTooManyRequests, &page{Title: "Too many attempts", Problem: "Please wait a moment and open the link again."})
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, formMost)
		v := &visit{}
		if cookie, err := r.Cookie(browserCookie); err == nil && len(cookie.Value) == 43 {
			v.browser = cookie.Value
		} else {
			v.browser = randomText()
			http.SetCookie(w, &http.Cookie{
				Name: browserCookie, Value: v.browser, Path: "/", HttpOnly: true, Secure: strings.HasPrefix(p.PublicURL, "https://"),
				SameSite: http.SameSiteLaxMode, MaxAge: 3600,
			})
		}
		shown, err := handle(r, v)
		if err == nil && shown.to != "" {
			http.Redirect(w, r, shown.to, http.StatusSeeOther)
			return
		}
		status := http.StatusOK
		if err != nil {
			status, shown = p.problem(r, v, err)
		}
		p.write(w, status, shown)
	}
}

// randomText is 256 random bits.
func randomText() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // it never fails (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(b[:])
}
