package web

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"

	"github.com/koppel-io/koppel"
)

// The cookies: who is signed in, and for the sign-in form which browser it was shown in.
const (
	sessionCookie = "koppel_session"
	browserCookie = "koppel_browser"
)

// formMost bounds a posted form in bytes.
const formMost = 64 << 10

// cookie has the attributes that every cookie of the pages has. It is sent over TLS only where people come by TLS.
func (s *site) cookie(r *http.Request, name, value string, seconds int) *http.Cookie {
	return &http.Cookie{
		Name: name, Value: value, Path: "/", HttpOnly: true, Secure: s.secure || r.TLS != nil, SameSite: http.SameSiteStrictMode, MaxAge: seconds,
	}
}

// tokenOf is the value of a cookie that we could have set; the zero secret without.
func tokenOf(r *http.Request, name string) koppel.Secret {
	cookie, err := r.Cookie(name)
	if err != nil || len(cookie.Value) != 43 {
		return koppel.Secret{}
	}
	return koppel.NewSecret(cookie.Value)
}

// markOf binds a form to whom it was shown: the session, or the browser before there is one.
func markOf(token koppel.Secret) string {
	sum := sha256.Sum256([]byte("form " + token.Reveal()))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// posted reads a form that was shown to the holder of token, on one of our pages.
func posted(r *http.Request, token koppel.Secret) error {
	const op = "read the form"
	if err := http.NewCrossOriginProtection().Check(r); err != nil {
		return koppel.E(koppel.KindPermission, op, "this form was sent by another site")
	}
	if err := r.ParseForm(); err != nil {
		return koppel.E(koppel.KindTooLarge, op, "the form is larger than allowed")
	}
	if token.IsZero() || subtle.ConstantTimeCompare([]byte(r.PostForm.Get("mark")), []byte(markOf(token))) != 1 {
		return koppel.E(koppel.KindPermission, op, "this form was shown before you signed in, or your browser keeps no cookies; go back, load the page again and repeat what you did")
	}
	return nil
}

// signInPage asks for a key.
func (s *site) signInPage(v *visit) (*page, error) {
	if _, err := s.Store.FindSession(v.Context(), tokenOf(v.Request, sessionCookie)); err == nil {
		return &page{to: homeward(v.URL.Query().Get("to"))}, nil
	}
	return s.signInForm(v, "", nil), nil
}

// signInForm is the page with what went wrong, if something did.
func (s *site) signInForm(v *visit, to string, problem *problem) *page {
	if to == "" {
		to = v.URL.Query().Get("to")
	}
	v.token = tokenOf(v.Request, browserCookie)
	if v.token.IsZero() {
		var b [32]byte
		_, _ = rand.Read(b[:]) // it never fails (crypto/rand)
		v.token = koppel.NewSecret(base64.RawURLEncoding.EncodeToString(b[:]))
		http.SetCookie(v.w, s.cookie(v.Request, browserCookie, v.token.Reveal(), 3600))
	}
	return &page{name: "sign-in", Title: "Sign in", Problem: problem, Data: homeward(to)}
}

// signIn takes a key for a session.
func (s *site) signIn(v *visit) (*page, error) {
	const op = "sign in"
	if err := posted(v.Request, tokenOf(v.Request, browserCookie)); err != nil {
		shown := s.signInForm(v, v.PostForm.Get("to"), &problem{Title: "Please try again", Detail: koppel.DetailOf(err)})
		shown.status = http.StatusForbidden
		return shown, nil
	}
	text, to := koppel.NewSecret(strings.TrimSpace(v.PostForm.Get("key"))), homeward(v.PostForm.Get("to"))
	token, key, err := s.Store.OpenSession(v.Context(), text, s.Session)
	if err == nil && key.OrganisationID != nil && key.WebshopID == nil {
		_ = s.Store.CloseSession(v.Context(), token) // it is good for nothing, and runs out
		err = koppel.E(koppel.KindAuth, op, "keys of an organisation are not served: use the key of one webshop, or one of the installation")
	}
	if koppel.KindOf(err) == koppel.KindAuth {
		shown := s.signInForm(v, to, &problem{Title: "The key was refused", Detail: koppel.DetailOf(err), Who: ownerWords[koppel.OwnerCustomer]})
		shown.status = http.StatusUnauthorized
		return shown, nil
	}
	if err != nil {
		return nil, err
	}
	v.key = key
	http.SetCookie(v.w, s.cookie(v.Request, sessionCookie, token.Reveal(), int(s.Session.Seconds())))
	return &page{to: to}, nil
}

// signOut ends the session here and in the store.
func (s *site) signOut(v *visit) (*page, error) {
	token := tokenOf(v.Request, sessionCookie)
	if !token.IsZero() {
		if err := posted(v.Request, token); err != nil {
			return nil, err
		}
		if err := s.Store.CloseSession(v.Context(), token); err != nil {
			return nil, err
		}
	}
	http.SetCookie(v.w, s.cookie(v.Request, sessionCookie, "", -1))
	return &page{to: "/sign-in"}, nil
}

// homeward is a path of ours that a form names, else the first page.
func homeward(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "" || u.Host != "" || u.Opaque != "" || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\r\n\t") {
		return "/"
	}
	return to
}
