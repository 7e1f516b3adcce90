package store

import (
	"context"
	"encoding/json"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

const setSettingsSQL = `
UPDATE coupling SET settings = @settings, settings_version = settings_version + 1, updated_at = now() WHERE id = @id`

// SetSettings replaces a coupling's settings. version is the one that was read: when another writer was first, the
// error is of kind conflict and nothing changes.
func (tx *Tx) SetSettings(ctx context.Context, id string, version int64, settings json.RawMessage) (Coupling, error) {
	const op = "set settings"
	settings, err := settingsObject(op, settings)
	if err != nil {
		return Coupling{}, err
	}
	return tx.editCoupling(ctx, op, id, func(c Coupling) error {
		if c.SettingsVersion != version {
			return conflict(op, "the settings are at version %d by now, not %d; read them again", c.SettingsVersion, version)
		}
		_, err := tx.exec(ctx, setSettingsSQL, pgx.StrictNamedArgs{"id": c.ID, "settings": settings})
		return err
	})
}

const setCouplingCredentialSQL = `UPDATE coupling SET credential_id = @credential, updated_at = now() WHERE id = @id`

// SetCouplingCredential makes a coupling use a credential of the same webshop and connector.
func (tx *Tx) SetCouplingCredential(ctx context.Context, id, credential string) (Coupling, error) {
	const op = "set credential of coupling"
	return tx.editCoupling(ctx, op, id, func(c Coupling) error {
		credentialID, err := tx.credentialFor(ctx, op, credential, c.Connector)
		if err != nil {
			return err
		}
		_, err = tx.exec(ctx, setCouplingCredentialSQL, pgx.StrictNamedArgs{"id": c.ID, "credential": credentialID})
		return err
	})
}

const pinSQL = `UPDATE coupling SET connector_version_id = @version, hold = NULL, updated_at = now() WHERE id = @id`

// PinConnectorVersion makes a coupling use the version with the digest; with "" it follows the current one again.
func (tx *Tx) PinConnectorVersion(ctx context.Context, id, digest string) (Coupling, error) {
	const op = "pin connector version"
	return tx.editCoupling(ctx, op, id, func(c Coupling) error {
		var version *int64
		if digest != "" {
			v, err := tx.ConnectorVersionByDigest(ctx, digest)
			if err != nil {
				return err
			}
			if v.Connector != c.Connector {
				return invalid(op, "digest %s is of connector %s, the coupling of %s", digest, v.Connector, c.Connector)
			}
			version = &v.ID
		}
		_, err := tx.exec(ctx, pinSQL, pgx.StrictNamedArgs{"id": c.ID, "version": version})
		return err
	})
}

const renameCouplingSQL = `UPDATE coupling SET name = @name, updated_at = now() WHERE id = @id`

// RenameCoupling gives a coupling another name.
func (tx *Tx) RenameCoupling(ctx context.Context, id, name string) (Coupling, error) {
	const op = "rename coupling"
	if name == "" {
		return Coupling{}, invalid(op, "name is empty")
	}
	return tx.editCoupling(ctx, op, id, func(c Coupling) error {
		_, err := tx.exec(ctx, renameCouplingSQL, pgx.StrictNamedArgs{"id": c.ID, "name": name})
		return err
	})
}

const remoteVersionSQL = `UPDATE coupling SET remote_version = @version, updated_at = now() WHERE id = @id AND remote_version <> @version`

// SetRemoteVersion notes which version the remote system was found to be.
func (tx *Tx) SetRemoteVersion(ctx context.Context, id int64, version string) error {
	_, err := tx.exec(ctx, remoteVersionSQL, pgx.StrictNamedArgs{"id": id, "version": version})
	return wrap("set remote version", err)
}

const stepsSQL = `UPDATE coupling SET steps = @steps, updated_at = now() WHERE id = @id`

// SetSteps notes how far the activation is.
func (tx *Tx) SetSteps(ctx context.Context, id string, steps []koppel.Step) (Coupling, error) {
	const op = "set steps of activation"
	if steps == nil {
		steps = []koppel.Step{}
	}
	return tx.editCoupling(ctx, op, id, func(c Coupling) error {
		_, err := tx.exec(ctx, stepsSQL, pgx.StrictNamedArgs{"id": c.ID, "steps": steps})
		return err
	})
}

// editCoupling locks a coupling that is not removed, changes it and reads it back.
func (tx *Tx) editCoupling(ctx context.Context, op, id string, change func(Coupling) error) (Coupling, error) {
	c, err := tx.lockCoupling(ctx, op, id)
	if err != nil {
		return Coupling{}, err
	}
	if c.RemoveObjects != nil || c.State == koppel.CouplingRemoved {
		return Coupling{}, conflict(op, "%s", c.Leaves())
	}
	if err := change(c); err != nil {
		return Coupling{}, wrap(op, err)
	}
	return tx.Coupling(ctx, id)
}
