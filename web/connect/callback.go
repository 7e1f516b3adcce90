package connect

import (
	"net/http"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// callback is where the remote sends the browser back to, with a code or with
// its reason for giving none (RFC 6749 sections 4.1.2 and 4.1.2.1).
func (p *pages) callback(r *http.Request, v *visit) (*page, error) {
	const op = "come back from login"
	ctx, query := r.Context(), r.URL.Query()
	link, login, err := p.Store.TakeLogin(ctx, query.Get("state"), v.browser)
	if err != nil {
		return nil, err
	}
	s, err := p.load(ctx, link, v)
	if err != nil {
		return nil, err
	}
	if reason := query.Get("error"); reason != "" {
		return p.form(s, v, nil, s.connector.Name+" did not let Koppel in: "+words(reason, query.Get("error_description"))), nil
	}
	if query.Get("code") == "" {
		return p.refused(s, v, koppel.E(koppel.KindSchemaDrift, op, s.connector.Name+" sent neither a code nor a reason"))
	}
	remote, err := p.open(ctx, s)
	if err != nil {
		return p.refused(s, v, err)
	}
	defer remote.Close()
	login.Redirect = p.PublicURL + "/oauth/callback"
	token, err := remote.FinishLogin(ctx, query.Get("code"), login)
	if err != nil {
		return p.refused(s, v, err)
	}
	err = p.Store.InTx(ctx, s.scope(), func(tx *store.Tx) error {
		if err := tx.SaveLogin(ctx, s.account.Credential, token); err != nil {
			return err
		}
		return s.audit(ctx, tx, "coupling.login", nil)
	})
	if err != nil {
		return nil, err
	}
	return p.settle(ctx, s, v)
}

// refusals are the error codes of RFC 6749 section 4.1.2.1 in plain words.
var refusals = map[string]string{
	"access_denied":             "the login was cancelled, or the account may not give access",
	"temporarily_unavailable":   "it is busy right now; please try again in a few minutes",
	"server_error":              "it has a fault right now; please try again in a few minutes",
	"unauthorized_client":       "our app is not allowed there yet; please tell us",
	"invalid_scope":             "it does not offer what our app asks for; please tell us",
	"invalid_request":           "it does not understand our request; please tell us",
	"unsupported_response_type": "it does not understand our request; please tell us",
}

// words are why a login failed, with the remote's own words cut short.
func words(code, description string) string {
	const most = 300
	text := refusals[code]
	if text == "" {
		text = code
	}
	if description != "" {
		text += ". It says: " + description
	}
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	return text
}
