package web

import (
	"bytes"
	"cmp"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"strings"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

// page is what a handler shows, or where it sends the browser.
type page struct {
	to     string
	name   string
	status int

	Title string
	// Section is the entry of the menu that the page belongs to.
	Section string
	Problem *problem
	Data    any
}

// problem is what went wrong, who must act and how.
type problem struct {
	Title, Detail, Who string
	Kind               koppel.Kind
	Next               *step
	Errors             []client.FieldError
}

//go:embed pages/*.html
var sources embed.FS

// templates are the pages by name, each with the frame and the parts.
var templates = func() map[string]*template.Template {
	out := map[string]*template.Template{}
	entries, err := sources.ReadDir("pages")
	if err != nil {
		panic("web: " + err.Error())
	}
	for _, e := range entries {
		name := strings.TrimSuffix(e.Name(), ".html")
		if name == "frame" || name == "parts" {
			continue
		}
		out[name] = template.Must(template.New("frame.html").Funcs(functions).ParseFS(sources, "pages/frame.html", "pages/parts.html", "pages/"+e.Name()))
	}
	return out
}()

// policy keeps a page to itself: it loads only our own style, script and news, and is shown in no frame.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// guard sets the headers of everything private.
func guard(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
}

// frame is what every page is shown with.
type frame struct {
	*page
	visit *visit
}

// Key is the name of the key that is signed in; "" before.
func (f frame) Key() string { return f.visit.key.Name }

// Bound says that the key sees one webshop only.
func (f frame) Bound() bool { return f.visit.key.WebshopID != nil }

// Mark binds the page's forms.
func (f frame) Mark() string { return markOf(f.visit.token) }

// May reports whether the key has a scope.
func (f frame) May(scope string) bool { return f.visit.may(scope) }

// Said is what was done just now.
func (f frame) Said() string { return saidWords[f.visit.URL.Query().Get("done")] }

// Style and Script are the addresses of their files.
func (f frame) Style() string { return assetPath("style.css") }

// Script is the address of the script of live pages.
func (f frame) Script() string { return assetPath("live.js") }

// write answers with a page and gives its status.
func (s *site) write(v *visit, p *page) int {
	guard(v.w.Header())
	if p.to != "" {
		v.w.Header().Set("Location", p.to)
		v.w.WriteHeader(http.StatusSeeOther)
		return http.StatusSeeOther
	}
	status := cmp.Or(p.status, http.StatusOK)
	body, err := render(p.name, "frame.html", frame{p, v})
	if err != nil {
		s.Log.ErrorContext(v.Context(), "render a page", "page", p.name, "error", err)
		status, body = http.StatusInternalServerError, []byte("This page cannot be shown right now. A fault of ours; the server's log says more.\n")
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.WriteHeader(status)
	_, _ = v.w.Write(body) // the browser may be gone
	return status
}

// render makes a page, or one part of it.
func render(name, part string, data any) ([]byte, error) {
	t, ok := templates[name]
	if !ok {
		return nil, fmt.Errorf("there is no page %q", name)
	}
	var body bytes.Buffer
	err := t.ExecuteTemplate(&body, part, data)
	return body.Bytes(), err
}

// problemPage is the page of an error.
func problemPage(err error) *page {
	var asked *client.Problem
	if errors.As(err, &asked) {
		p := &problem{Title: asked.Title, Detail: asked.Detail, Kind: asked.Kind, Who: ownerWords[asked.Owner], Next: stepOf(asked.Next), Errors: asked.Errors}
		if asked.Kind == koppel.KindPermission {
			p.Title, p.Next = "Your key may not do this", &step{Text: "Sign in with a key that may, or ask whoever gave you yours."}
		}
		return &page{name: "problem", Title: p.Title, Problem: p, status: cmp.Or(asked.Status, http.StatusInternalServerError)}
	}
	p := &problem{Title: "A fault of ours", Detail: "This page does not work right now.", Kind: koppel.KindOf(err), Who: ownerWords[koppel.OwnerUs], Next: &step{Text: "Try again in a minute. The server's log says more."}}
	status := http.StatusInternalServerError
	switch p.Kind {
	case koppel.KindNotFound:
		p.Title, p.Who, p.Next, status = "There is no such page", "", nil, http.StatusNotFound
	case koppel.KindPermission, koppel.KindTooLarge:
		p.Title, p.Who, p.Next, status = "The form was refused", "", nil, http.StatusForbidden
	case koppel.KindInvalidRequest:
		p.Title, p.Who, p.Next, status = "This cannot be done", "", nil, http.StatusBadRequest
	}
	if status != http.StatusInternalServerError {
		p.Detail = koppel.DetailOf(err)
	}
	return &page{name: "problem", Title: p.Title, Problem: p, status: status}
}
