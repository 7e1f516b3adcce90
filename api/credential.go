package api

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors"
	"github.com/koppel-io/koppel/store"
)

// checked is what trying the credentials at the remote gave.
type checked struct {
	OK      bool           `json:"ok" doc:"The remote accepts the credentials"`
	Version string         `json:"version" doc:"Version the remote was found to be; empty when unknown"`
	Problem *koppel.Advice `json:"problem,omitempty" doc:"What the remote refused, who must act and how"`
	Kept    bool           `json:"kept,omitempty" doc:"Nothing was saved: the credentials that the remote accepted before stay"`
}

type newCredentials struct {
	ByID
	Body struct {
		Values map[string]any `json:"values" doc:"All fields of the connector's credential; never shown again"`
		Force  bool           `json:"force,omitempty" doc:"Save them although the remote refuses them, in place of ones that it accepted"`
	}
}

func (s *server) setCredentials(ctx context.Context, who caller, in *newCredentials) (checked, error) {
	const op = "set credentials"
	c, scope, err := s.findCoupling(ctx, who, in.ID)
	if err != nil {
		return checked{}, err
	}
	connector, err := s.connectorOf(ctx, c)
	if err != nil {
		return checked{}, err
	}
	bad := &fieldErrors{}
	checkCredentials(bad, "body.values", connector, in.Body.Values)
	if err := bad.err(op); err != nil {
		return checked{}, err
	}
	secrets := secretsOf(in.Body.Values)
	if !in.Body.Force {
		if refused, err := s.tryFirst(ctx, who, c, connector, secrets); err != nil || refused != nil {
			return checked{Problem: refused, Kept: refused != nil}, err
		}
	}
	err = s.Store.InTx(ctx, scope, func(tx *store.Tx) error {
		if c, err = tx.SaveCredential(ctx, in.ID, secrets); err != nil {
			return err
		}
		// Names only: a value never reaches the audit log.
		return audit(ctx, tx, who, "coupling.credentials", c.UUID, nil, map[string]any{"fields": fieldNames(in.Body.Values)})
	})
	if err != nil {
		return checked{}, err
	}
	return s.tryAccount(ctx, who, c, connector)
}

// tryFirst tries new secrets before they replace ones that the remote accepted;
// nil when they may be saved. Where the customer logs in, fields alone prove
// nothing.
func (s *server) tryFirst(ctx context.Context, who caller, c store.Coupling, connector *connectors.Connector, secrets map[string]koppel.Secret) (*koppel.Advice, error) {
	const op = "try credentials"
	if connector.HasLogin() {
		return nil, nil
	}
	candidate, err := store.With(ctx, s.Store, store.ForWebshop(c.WebshopID), func(tx *store.Tx) (*store.Account, error) {
		return tx.Candidate(ctx, c, secrets, connector.AppEnvironment())
	})
	if err != nil || candidate == nil {
		return nil, err
	}
	account := Account{Webshop: c.WebshopID, Connector: connector, Key: text(c.CredentialUUID) + "/new", Account: *candidate}
	if account.Settings, err = settingsOf(c, connector); err != nil {
		return nil, err
	}
	_, err = s.Check(ctx, account)
	if err == nil {
		return nil, nil
	}
	var known *koppel.Error
	if ctx.Err() != nil || !errors.As(err, &known) {
		return nil, koppel.Wrap(op, err)
	}
	advice := koppel.Advise(err, c.UUID, "")
	return &advice, s.Store.InTx(ctx, store.ForWebshop(c.WebshopID), func(tx *store.Tx) error {
		return audit(ctx, tx, who, "coupling.credentials_refused", c.UUID, nil, map[string]any{"kind": advice.Kind})
	})
}

func (s *server) checkCoupling(ctx context.Context, who caller, in *ByID) (checked, error) {
	c, scope, err := s.findCoupling(ctx, who, in.ID)
	if err != nil {
		return checked{}, err
	}
	connector, err := s.connectorOf(ctx, c)
	if err != nil {
		return checked{}, err
	}
	if c.CredentialID == nil && (len(connector.Credentials) > 0 || connector.HasLogin()) {
		return checked{}, noCredentials("check credentials", c)
	}
	if err := s.Store.InTx(ctx, scope, func(tx *store.Tx) error {
		return audit(ctx, tx, who, "coupling.check", c.UUID, nil, nil)
	}); err != nil {
		return checked{}, err
	}
	return s.tryAccount(ctx, who, c, connector)
}

// tryAccount tries the saved credentials at the remote. Accepted ones end a
// need for new credentials; a refusal is an answer, not an error.
func (s *server) tryAccount(ctx context.Context, who caller, c store.Coupling, connector *connectors.Connector) (checked, error) {
	const op = "check credentials"
	scope := store.ForWebshop(c.WebshopID)
	account, err := s.account(ctx, c, connector)
	if err != nil {
		return checked{}, err
	}
	version, err := s.Check(ctx, account)
	if err != nil {
		var known *koppel.Error
		if ctx.Err() != nil || !errors.As(err, &known) {
			return checked{}, koppel.Wrap(op, err)
		}
		advice := koppel.Advise(err, c.UUID, "")
		return checked{Problem: &advice}, nil
	}
	var resumed []store.Coupling
	err = s.Store.InTx(ctx, scope, func(tx *store.Tx) error {
		resumed = nil
		if version != "" {
			if err := tx.SetRemoteVersion(ctx, c.ID, version); err != nil {
				return err
			}
		}
		if c.CredentialID == nil {
			return nil
		}
		var err error
		if resumed, err = tx.CredentialAccepted(ctx, *c.CredentialID, account.Version); err != nil {
			return err
		}
		for _, r := range resumed {
			if err := audit(ctx, tx, who, "coupling.resume", r.UUID, koppel.CouplingNeedsReauth, r.State); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return checked{}, err
	}
	for _, r := range resumed {
		if r.State != koppel.CouplingActivating {
			continue
		}
		if err := s.Engine.Activate(ctx, r); err != nil {
			return checked{}, koppel.Wrap(op, err)
		}
	}
	if len(resumed) > 0 {
		s.sweep(ctx)
	}
	return checked{OK: true, Version: version}, nil
}

// account is the remote account of a coupling.
func (s *server) account(ctx context.Context, c store.Coupling, connector *connectors.Connector) (Account, error) {
	account := Account{Webshop: c.WebshopID, Connector: connector, Key: text(c.CredentialUUID)}
	if c.CredentialID != nil {
		if err := s.Store.InTx(ctx, store.ForWebshop(c.WebshopID), func(tx *store.Tx) (err error) {
			account.Account, err = tx.OpenAccount(ctx, c.Connector, *c.CredentialID, connector.AppEnvironment())
			return err
		}); err != nil {
			return Account{}, err
		}
	}
	var err error
	account.Settings, err = settingsOf(c, connector)
	return account, err
}

func noCredentials(op string, c store.Coupling) error {
	return koppel.E(koppel.KindConflict, op, "the coupling has no credentials yet; enter them: koppel coupling credentials "+c.UUID+", or send the customer a link: koppel coupling connect "+c.UUID)
}

// checkCredentials names every field that is unknown, missing or of the wrong
// type. Values are never in what it says.
func checkCredentials(bad *fieldErrors, at string, connector *connectors.Connector, given map[string]any) {
	for _, err := range connector.CheckCredentials(given) {
		bad.add(at, err.Error())
	}
}

// secretsOf are credential fields as the store seals them.
func secretsOf(values map[string]any) map[string]koppel.Secret {
	secrets := make(map[string]koppel.Secret, len(values))
	for name, value := range values {
		switch v := value.(type) {
		case nil:
		case string:
			secrets[name] = koppel.NewSecret(v)
		case float64:
			secrets[name] = koppel.NewSecret(strconv.FormatFloat(v, 'f', -1, 64))
		default:
			secrets[name] = koppel.NewSecret(fmt.Sprint(v))
		}
	}
	return secrets
}
