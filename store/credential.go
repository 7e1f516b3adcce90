package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// Credential is what may be shown of the secrets for one remote account: everything but the secrets.
type Credential struct {
	ID        int64
	UUID      string
	WebshopID int64
	Connector string
	Name      string
	// Version counts the changes of the secrets, from 1.
	Version   int64
	TestedAt  *time.Time
	CreatedAt time.Time
	UpdatedAt time.Time
}

// NewCredential is what a credential is made of; everything is required.
type NewCredential struct {
	Connector string
	Name      string
	// Secrets are the credential's fields by the names of the connector's manifest.
	Secrets map[string]koppel.Secret
}

const credentialColumns = `id, uuid, webshop_id, connector, name, version, tested_at, created_at, updated_at`

const createCredentialSQL = `
INSERT INTO credential (uuid, webshop_id, connector, name, sealed)
VALUES (@uuid, @webshop, @connector, @name, @sealed)
RETURNING ` + credentialColumns

// CreateCredential seals secrets with the data key of the scope's webshop and keeps them.
func (tx *Tx) CreateCredential(ctx context.Context, n NewCredential) (Credential, error) {
	const op = "create credential"
	webshop, err := tx.webshop(op)
	if err != nil {
		return Credential{}, err
	}
	if n.Name == "" || n.Connector == "" {
		return Credential{}, invalid(op, "name and connector are required")
	}
	id := NewID()
	sealed, err := tx.sealSecrets(ctx, op, webshop, id, n.Secrets)
	if err != nil {
		return Credential{}, err
	}
	c, err := one[Credential](ctx, tx, createCredentialSQL, pgx.StrictNamedArgs{
		"uuid": id, "webshop": webshop, "connector": n.Connector, "name": n.Name, "sealed": sealed,
	})
	if codeOf(err) == codeForeignKey {
		return Credential{}, notFound(op, "connector", n.Connector)
	}
	return c, wrap(op, err)
}

const credentialSQL = `SELECT ` + credentialColumns + ` FROM credential WHERE uuid = $1`

// Credential finds one by its outside id, without its secrets.
func (tx *Tx) Credential(ctx context.Context, id string) (Credential, error) {
	const op = "get credential"
	if err := checkID(op, "credential", id); err != nil {
		return Credential{}, err
	}
	c, err := one[Credential](ctx, tx, credentialSQL, id)
	return c, foundOr(op, "credential", id, err)
}

const credentialsSQL = `SELECT ` + credentialColumns + ` FROM credential WHERE ($1 = '' OR connector = $1) ORDER BY id LIMIT 1000`

// Credentials lists the scope's credentials of a connector, or of all when it is "".
func (tx *Tx) Credentials(ctx context.Context, connector string) ([]Credential, error) {
	list, err := many[Credential](ctx, tx, credentialsSQL, connector)
	return list, wrap("list credentials", err)
}

const openCredentialSQL = `SELECT uuid, version, webshop_id, sealed FROM credential WHERE id = $1`

// OpenCredential gives the secrets of a credential by its inner id, with their version. Read them at the time of
// use and do not keep them.
func (tx *Tx) OpenCredential(ctx context.Context, id int64) (secrets map[string]koppel.Secret, version int64, err error) {
	const op = "open credential"
	var (
		uuid    string
		webshop int64
		sealed  []byte
	)
	if err := tx.tx.QueryRow(ctx, openCredentialSQL, id).Scan(&uuid, &version, &webshop, &sealed); err != nil {
		return nil, 0, wrap(op, err)
	}
	aead, err := tx.dataKey(ctx, op, webshop)
	if err != nil {
		return nil, 0, err
	}
	plain, err := openWith(op, aead, sealed, credentialPurpose(webshop, uuid))
	if err != nil {
		return nil, 0, err
	}
	secrets, err = secretsFrom(op, plain)
	return secrets, version, err
}

const replaceCredentialSQL = `
UPDATE credential SET sealed = @sealed, version = version + 1, tested_at = NULL, updated_at = now()
WHERE uuid = @uuid AND version = @version
RETURNING ` + credentialColumns

// ReplaceCredential seals new secrets in place of the old ones. version is the one that was read: when another
// writer was first, the error is of kind conflict and nothing changes.
func (tx *Tx) ReplaceCredential(ctx context.Context, id string, version int64, secrets map[string]koppel.Secret) (Credential, error) {
	const op = "replace credential"
	was, err := tx.Credential(ctx, id)
	if err != nil {
		return Credential{}, wrap(op, err)
	}
	sealed, err := tx.sealSecrets(ctx, op, was.WebshopID, was.UUID, secrets)
	if err != nil {
		return Credential{}, err
	}
	list, err := many[Credential](ctx, tx, replaceCredentialSQL, pgx.StrictNamedArgs{"uuid": id, "version": version, "sealed": sealed})
	if err != nil {
		return Credential{}, wrap(op, err)
	}
	if len(list) == 0 {
		return Credential{}, conflict(op, "the credential is at version %d by now, not %d; read it again", was.Version, version)
	}
	// What was got with the old secrets goes with them; a login stays.
	if _, err := tx.exec(ctx, dropClientTokensSQL, list[0].ID); err != nil {
		return Credential{}, wrap(op, err)
	}
	return list[0], nil
}

const testedCredentialSQL = `UPDATE credential SET tested_at = now() WHERE id = @id AND version = @version`

// CredentialTested notes that the remote accepted this version of the credential.
func (tx *Tx) CredentialTested(ctx context.Context, id, version int64) error {
	_, err := tx.exec(ctx, testedCredentialSQL, pgx.StrictNamedArgs{"id": id, "version": version})
	return wrap("note credential as tested", err)
}

const deleteCredentialSQL = `DELETE FROM credential WHERE uuid = $1`

// DeleteCredential shreds a credential. One that a coupling still uses is refused.
func (tx *Tx) DeleteCredential(ctx context.Context, id string) error {
	const op = "delete credential"
	if err := checkID(op, "credential", id); err != nil {
		return err
	}
	n, err := tx.exec(ctx, deleteCredentialSQL, id)
	switch {
	case codeOf(err) == codeForeignKey:
		return conflict(op, "a coupling still uses the credential; remove the coupling first")
	case err == nil && n == 0:
		return notFound(op, "credential", id)
	}
	return wrap(op, err)
}

func (tx *Tx) sealSecrets(ctx context.Context, op string, webshop int64, id string, secrets map[string]koppel.Secret) ([]byte, error) {
	plain, err := secretsJSON(op, secrets)
	if err != nil {
		return nil, err
	}
	aead, err := tx.dataKey(ctx, op, webshop)
	if err != nil {
		return nil, err
	}
	return sealWith(aead, dataKeyID, plain, credentialPurpose(webshop, id)), nil
}

// secretsLimit is the most that the fields of one credential may hold together, in bytes.
const secretsLimit = 64 << 10

func secretsJSON(op string, secrets map[string]koppel.Secret) ([]byte, error) {
	open := make(map[string]string, len(secrets))
	for name, secret := range secrets {
		open[name] = secret.Reveal()
	}
	plain, err := json.Marshal(open)
	if err != nil {
		return nil, wrap(op, err)
	}
	if len(plain) > secretsLimit {
		return nil, koppel.E(koppel.KindTooLarge, op, "the credential is above 64 KiB")
	}
	return plain, nil
}

func secretsFrom(op string, plain []byte) (map[string]koppel.Secret, error) {
	var open map[string]string
	if err := json.Unmarshal(plain, &open); err != nil {
		// The cause may quote the plain text.
		return nil, koppel.E(koppel.KindInternal, op, "the opened value is no set of named secrets")
	}
	secrets := make(map[string]koppel.Secret, len(open))
	for name, text := range open {
		secrets[name] = koppel.NewSecret(text)
	}
	return secrets, nil
}

func credentialPurpose(webshop int64, id string) string {
	return dataKeyPurpose(webshop) + ": credential " + id
}
