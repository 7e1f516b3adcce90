package store

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// AppCredential is what may be shown of our own partner app's id and secret.
type AppCredential struct {
	ID          int64
	Connector   string
	Environment string
	// Fields are the names of what is sealed.
	Fields    []string
	UpdatedAt time.Time
}

const setAppCredentialSQL = `
INSERT INTO app_credential (connector, environment, sealed, fields) VALUES (@connector, @environment, @sealed, @fields)
ON CONFLICT (connector, environment) DO UPDATE SET sealed = excluded.sealed, fields = excluded.fields, updated_at = now()
RETURNING id, connector, environment, fields, updated_at`

// SetAppCredential seals our partner app's secrets for a connector and one of its environments.
func (tx *Tx) SetAppCredential(ctx context.Context, connector, environment string, secrets map[string]koppel.Secret) (AppCredential, error) {
	const op = "set app credential"
	if connector == "" || environment == "" || len(secrets) == 0 {
		return AppCredential{}, invalid(op, "connector, environment and fields are required")
	}
	keys, err := tx.masterKeys(op)
	if err != nil {
		return AppCredential{}, err
	}
	plain, err := secretsJSON(op, secrets)
	if err != nil {
		return AppCredential{}, err
	}
	c, err := one[AppCredential](ctx, tx, setAppCredentialSQL, pgx.StrictNamedArgs{
		"connector": connector, "environment": environment, "sealed": keys.seal(plain, appPurpose(connector, environment)),
		"fields": slices.Sorted(maps.Keys(secrets)),
	})
	if codeOf(err) == codeForeignKey {
		return AppCredential{}, notFound(op, "connector", connector)
	}
	return c, wrap(op, err)
}

const openAppCredentialSQL = `SELECT sealed FROM app_credential WHERE connector = @connector AND environment = @environment`

// OpenAppCredential gives our partner app's secrets; not_found when there are none.
func (tx *Tx) OpenAppCredential(ctx context.Context, connector, environment string) (map[string]koppel.Secret, error) {
	const op = "open app credential"
	keys, err := tx.masterKeys(op)
	if err != nil {
		return nil, err
	}
	var sealed []byte
	err = tx.tx.QueryRow(ctx, openAppCredentialSQL, pgx.StrictNamedArgs{"connector": connector, "environment": environment}).Scan(&sealed)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, notFound(op, "app credential", connector+" "+environment)
	}
	if err != nil {
		return nil, wrap(op, err)
	}
	plain, err := keys.open(op, sealed, appPurpose(connector, environment))
	if err != nil {
		return nil, err
	}
	return secretsFrom(op, plain)
}

const appCredentialsSQL = `SELECT id, connector, environment, fields, updated_at FROM app_credential ORDER BY connector, environment`

// AppCredentials lists which app credentials there are.
func (tx *Tx) AppCredentials(ctx context.Context) ([]AppCredential, error) {
	list, err := many[AppCredential](ctx, tx, appCredentialsSQL)
	return list, wrap("list app credentials", err)
}

const removeAppCredentialSQL = `DELETE FROM app_credential WHERE connector = @connector AND environment = @environment`

// RemoveAppCredential shreds our partner app's secrets; not_found when there are none.
func (tx *Tx) RemoveAppCredential(ctx context.Context, connector, environment string) error {
	const op = "remove app credential"
	n, err := tx.exec(ctx, removeAppCredentialSQL, pgx.StrictNamedArgs{"connector": connector, "environment": environment})
	if err == nil && n == 0 {
		return notFound(op, "app credential", connector+" "+environment)
	}
	return wrap(op, err)
}

func appPurpose(connector, environment string) string {
	return "koppel app credential of " + connector + " " + environment
}
