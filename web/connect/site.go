package connect

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors"
	"github.com/koppel-io/koppel/store"
)

// site is a link with what it connects.
type site struct {
	link      store.ConnectLink
	token     string
	coupling  store.Coupling
	connector *connectors.Connector
	account   store.Account
}

func (s *site) scope() store.Scope { return store.ForWebshop(s.link.WebshopID) }

// path is the link's own page.
func (s *site) path() string { return "/connect/" + s.token }

// find loads the site of a link's token.
func (p *pages) find(r *http.Request, v *visit) (*site, error) {
	link, err := p.Store.FindConnectLink(r.Context(), r.PathValue("token"))
	if err != nil {
		return nil, err
	}
	return p.load(r.Context(), link, v)
}

func (p *pages) load(ctx context.Context, link store.ConnectLink, v *visit) (*site, error) {
	s := &site{link: link}
	var err error
	if s.token, err = p.Store.LinkToken(link); err != nil {
		return nil, err
	}
	var version int64
	err = p.Store.InTx(ctx, s.scope(), func(tx *store.Tx) error {
		if s.coupling, err = tx.Coupling(ctx, link.CouplingUUID); err != nil {
			return err
		}
		if s.coupling.ConnectorVersionID != nil {
			version = *s.coupling.ConnectorVersionID
			return nil
		}
		current, err := tx.CurrentConnectorVersion(ctx, s.coupling.Connector)
		version = current.ID
		return err
	})
	if err != nil {
		return nil, err
	}
	if s.connector, err = p.Connectors.Version(ctx, version); err != nil {
		return nil, err
	}
	v.site = s
	return s, p.reload(ctx, s)
}

// reload opens the coupling's credential as it is now.
func (p *pages) reload(ctx context.Context, s *site) error {
	return p.Store.InTx(ctx, s.scope(), func(tx *store.Tx) (err error) {
		if s.coupling, err = tx.Coupling(ctx, s.link.CouplingUUID); err != nil || s.coupling.CredentialID == nil {
			return err
		}
		s.account, err = tx.OpenAccount(ctx, s.coupling.Connector, *s.coupling.CredentialID, s.connector.AppEnvironment())
		return err
	})
}

func (p *pages) open(ctx context.Context, s *site) (Remote, error) {
	return p.Open(ctx, s.coupling, s.connector, s.account)
}

// fields are what the customer is asked for.
func (s *site) fields() []koppel.Setting {
	var fields []koppel.Setting
	for _, f := range s.connector.Credentials {
		if !f.Support {
			fields = append(fields, f)
		}
	}
	return fields
}

// unchosen reports whether a value that the customer chooses is missing.
func (s *site) unchosen() bool {
	return slices.ContainsFunc(s.connector.Captures(), func(name string) bool { return s.account.Captured[name] == nil })
}

// loggedIn reports whether there is a login that works.
func (p *pages) loggedIn(ctx context.Context, s *site) bool {
	if s.coupling.CredentialID == nil {
		return false
	}
	tokens := p.Store.Tokens(store.TokensConfig{Webshop: s.link.WebshopID, Credential: *s.coupling.CredentialID})
	token, err := tokens.Token(ctx, store.LoginToken)
	return err == nil && token.Generation > 0
}

// mark binds a form to the browser that it was shown in.
func mark(browser string) string {
	sum := sha256.Sum256([]byte("form " + browser))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// posted reads a form that was shown in this browser.
func posted(r *http.Request, v *visit) error {
	if err := r.ParseForm(); err != nil {
		return koppel.E(koppel.KindTooLarge, "read the form", "the form is larger than allowed")
	}
	if r.PostForm.Get("mark") != mark(v.browser) {
		return koppel.E(koppel.KindPermission, "read the form", "this form was shown in another browser, or your browser keeps no cookies; open the link again")
	}
	return nil
}

// audit notes what was done by the link.
func (s *site) audit(ctx context.Context, tx *store.Tx, action string, after any) error {
	return tx.Audit(ctx, store.Audit{Actor: "connect link " + s.link.UUID, Action: action, Subject: s.coupling.UUID, After: after})
}

// whole is a text without the space around it.
func whole(text string) string { return strings.TrimSpace(text) }
