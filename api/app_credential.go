package api

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// appCredential is our own partner app at a remote as it can be shown: which
// fields there are, never what they hold.
type appCredential struct {
	Connector   string    `json:"connector"`
	Environment string    `json:"environment"`
	Fields      []string  `json:"fields" nullable:"false"`
	UpdatedAt   time.Time `json:"updated_at"`
}

// AppRef is an app in a path.
type AppRef struct {
	Connector   string `path:"connector" maxLength:"63"`
	Environment string `path:"environment" maxLength:"63" doc:"By its name in the connector; production where it names none"`
}

type newAppCredential struct {
	AppRef
	Body struct {
		Values map[string]any `json:"values" doc:"All fields of the connector's app; never shown again"`
	}
}

func showApp(c store.AppCredential) appCredential {
	return appCredential{Connector: c.Connector, Environment: c.Environment, Fields: c.Fields, UpdatedAt: c.UpdatedAt}
}

func (s *server) setAppCredential(ctx context.Context, who caller, in *newAppCredential) (appCredential, error) {
	const op = "set app credential"
	connector, err := s.currentConnector(ctx, in.Connector)
	if err != nil {
		return appCredential{}, err
	}
	bad := &fieldErrors{}
	if !slices.Contains(connector.EnvironmentNames(), in.Environment) {
		bad.add("path.environment", "connector "+in.Connector+" has "+strings.Join(connector.EnvironmentNames(), ", "))
	}
	for _, problem := range connector.CheckApp(in.Body.Values) {
		bad.add("body.values", problem.Error())
	}
	if err := bad.err(op); err != nil {
		return appCredential{}, err
	}
	if len(connector.App) == 0 {
		return appCredential{}, koppel.E(koppel.KindConflict, op, "connector "+in.Connector+" needs no app of ours")
	}
	set, err := store.With(ctx, s.Store, store.AllWebshops(), func(tx *store.Tx) (store.AppCredential, error) {
		set, err := tx.SetAppCredential(ctx, in.Connector, in.Environment, secretsOf(in.Body.Values))
		if err != nil {
			return set, err
		}
		// Names only: a value never reaches the audit log.
		return set, audit(ctx, tx, who, "app_credential.set", in.Connector+" "+in.Environment, nil, map[string]any{"fields": set.Fields})
	})
	return showApp(set), err
}

type appCredentialList struct {
	Data []appCredential `json:"data" nullable:"false"`
}

func (s *server) listAppCredentials(ctx context.Context, _ caller, _ *struct{}) (appCredentialList, error) {
	list, err := store.With(ctx, s.Store, store.AllWebshops(), func(tx *store.Tx) ([]store.AppCredential, error) { return tx.AppCredentials(ctx) })
	return appCredentialList{Data: each(list, showApp)}, err
}

func (s *server) removeAppCredential(ctx context.Context, who caller, in *AppRef) (appCredential, error) {
	return store.With(ctx, s.Store, store.AllWebshops(), func(tx *store.Tx) (appCredential, error) {
		list, err := tx.AppCredentials(ctx)
		if err != nil {
			return appCredential{}, err
		}
		out := appCredential{Connector: in.Connector, Environment: in.Environment, Fields: []string{}}
		for _, c := range list {
			if c.Connector == in.Connector && c.Environment == in.Environment {
				out = showApp(c)
			}
		}
		if err := tx.RemoveAppCredential(ctx, in.Connector, in.Environment); err != nil {
			return appCredential{}, err
		}
		return out, audit(ctx, tx, who, "app_credential.remove", in.Connector+" "+in.Environment, map[string]any{"fields": out.Fields}, nil)
	})
}
