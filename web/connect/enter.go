package connect

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strconv"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors"
	"github.com/koppel-io/koppel/store"
)

// show is the page of a link.
func (p *pages) show(r *http.Request, v *visit) (*page, error) {
	s, err := p.find(r, v)
	if err != nil {
		return nil, err
	}
	if s.link.UsedAt != nil {
		return p.connected(s), nil
	}
	if r.URL.Query().Get("again") == "" && s.unchosen() && p.loggedIn(r.Context(), s) {
		return p.settle(r.Context(), s, v)
	}
	return p.form(s, v, nil, ""), nil
}

// enter saves the fields; then they are tried, or the customer goes on to log in.
func (p *pages) enter(r *http.Request, v *visit) (*page, error) {
	ctx := r.Context()
	s, err := p.find(r, v)
	if err != nil {
		return nil, err
	}
	if err := posted(r, v); err != nil {
		return nil, err
	}
	if s.link.UsedAt != nil {
		return p.connected(s), nil
	}
	given, problems := s.given(r)
	if len(problems) > 0 {
		return p.form(s, v, problems, ""), nil
	}
	before := s.account.Secrets
	if s.coupling.CredentialID == nil || !sameSecrets(before, given) {
		if refused := p.tryFirst(ctx, s, given); refused != nil {
			return p.refused(s, v, refused)
		}
		err = p.Store.InTx(ctx, s.scope(), func(tx *store.Tx) error {
			if _, err := tx.SaveCredential(ctx, s.coupling.UUID, given); err != nil {
				return err
			}
			// Names only: a value never reaches the audit log.
			return s.audit(ctx, tx, "coupling.credentials", map[string]any{"fields": slices.Sorted(maps.Keys(given))})
		})
		if err == nil {
			err = p.reload(ctx, s)
		}
		if err != nil {
			return nil, err
		}
	}
	remote, err := p.open(ctx, s)
	if err != nil {
		return p.refused(s, v, err)
	}
	defer remote.Close()
	if remote.LogsIn() {
		return p.leave(ctx, s, v, remote)
	}
	return p.settle(ctx, s, v)
}

// tryFirst tries new fields before they replace ones that the remote accepted;
// nil when they may be saved. Where the customer logs in, fields alone prove
// nothing.
func (p *pages) tryFirst(ctx context.Context, s *site, given map[string]koppel.Secret) error {
	if s.connector.HasLogin() {
		return nil
	}
	candidate, err := store.With(ctx, p.Store, s.scope(), func(tx *store.Tx) (*store.Account, error) {
		return tx.Candidate(ctx, s.coupling, given, s.connector.AppEnvironment())
	})
	if err != nil || candidate == nil {
		return err
	}
	remote, err := p.Open(ctx, s.coupling, s.connector, *candidate)
	if err != nil {
		return err
	}
	defer remote.Close()
	return remote.Check(ctx)
}

// given are the fields as they were entered, with what support has set before.
func (s *site) given(r *http.Request) (map[string]koppel.Secret, map[string]string) {
	secrets, problems := map[string]koppel.Secret{}, map[string]string{}
	for _, f := range s.connector.Credentials {
		if f.Support {
			if was, ok := s.account.Secrets[f.Name]; ok {
				secrets[f.Name] = was
			}
			continue
		}
		text := whole(r.PostForm.Get("field." + f.Name))
		if text == "" {
			if !f.Optional && f.Default == nil {
				problems[f.Name] = "Please fill this in."
			}
			continue
		}
		secrets[f.Name] = koppel.NewSecret(text)
		if err := connectors.CheckValue(f, typed(f, text)); err != nil {
			problems[f.Name] = "This " + err.Error() + "."
		}
	}
	return secrets, problems
}

func typed(f koppel.Setting, text string) any {
	switch f.Type {
	case koppel.SettingInt:
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return n
		}
	case koppel.SettingBool:
		return text == "true" || text == "on"
	}
	return text
}

func sameSecrets(a, b map[string]koppel.Secret) bool {
	return maps.EqualFunc(a, b, func(x, y koppel.Secret) bool { return x.Reveal() == y.Reveal() })
}

// leave begins a login and shows the way to it. A link, since the browser is
// not redirected from a form to another site.
func (p *pages) leave(ctx context.Context, s *site, v *visit, remote Remote) (*page, error) {
	login, err := store.With(ctx, p.Store, s.scope(), func(tx *store.Tx) (koppel.Login, error) { return tx.BeginLogin(ctx, s.link, v.browser) })
	if err != nil {
		return nil, err
	}
	login.Redirect = p.PublicURL + "/oauth/callback"
	address, err := remote.LoginURL(login)
	if err != nil {
		return p.refused(s, v, err)
	}
	return &page{Title: "Log in at " + s.connector.Name, Webshop: s.link.WebshopName, System: s.connector.Name, Leave: address}, nil
}
