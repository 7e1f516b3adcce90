package store

import (
	"context"
	"crypto/cipher"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// dataKeyID stands in sealed values for the webshop's own data key.
const dataKeyID = "data"

func dataKeyPurpose(webshop int64) string {
	return fmt.Sprintf("koppel data key of webshop %d", webshop)
}

// masterKeys are the keys the DB was opened with.
func (tx *Tx) masterKeys(op string) (*Keys, error) {
	if tx.db.keys == nil {
		return nil, koppel.E(koppel.KindInternal, op, "no master keys are configured, so nothing can be sealed or opened; set the master keyset")
	}
	return tx.db.keys, nil
}

const (
	dataKeySQL     = `SELECT sealed FROM data_key WHERE webshop_id = $1`
	makeDataKeySQL = `INSERT INTO data_key (webshop_id, sealed, master_key_id) VALUES (@webshop, @sealed, @master) ON CONFLICT DO NOTHING`
)

// dataKey opens the webshop's data key, and makes it when the webshop has none yet.
func (tx *Tx) dataKey(ctx context.Context, op string, webshop int64) (cipher.AEAD, error) {
	raw, err := tx.rawDataKey(ctx, op, webshop)
	if err != nil {
		return nil, err
	}
	return gcm(raw), nil
}

func (tx *Tx) rawDataKey(ctx context.Context, op string, webshop int64) ([]byte, error) {
	keys, err := tx.masterKeys(op)
	if err != nil {
		return nil, err
	}
	var sealed []byte
	err = tx.tx.QueryRow(ctx, dataKeySQL, webshop).Scan(&sealed)
	if errors.Is(err, pgx.ErrNoRows) {
		args := pgx.StrictNamedArgs{"webshop": webshop, "sealed": keys.seal(randomBytes(32), dataKeyPurpose(webshop)), "master": keys.primary}
		if _, err := tx.exec(ctx, makeDataKeySQL, args); err != nil {
			return nil, wrap(op, err)
		}
		err = tx.tx.QueryRow(ctx, dataKeySQL, webshop).Scan(&sealed)
		if err != nil {
			return nil, wrap(op, err)
		}
	} else if err != nil {
		return nil, wrap(op, err)
	}
	return keys.open(op, sealed, dataKeyPurpose(webshop))
}

const (
	oldDataKeysSQL = `SELECT webshop_id, sealed FROM data_key WHERE master_key_id <> $1 ORDER BY webshop_id LIMIT 200 FOR UPDATE SKIP LOCKED`
	resealSQL      = `UPDATE data_key SET sealed = @sealed, master_key_id = @master WHERE webshop_id = @webshop`
	appSealedSQL   = `SELECT id, connector, environment, sealed FROM app_credential ORDER BY id FOR UPDATE`
	resealAppSQL   = `UPDATE app_credential SET sealed = @sealed WHERE id = @id`
)

// Reseal seals with the primary master key whatever another one sealed, and says how many values it was: the second
// step of a rotation, after which the old key can leave the keyset. Readers go on meanwhile, as every key of the
// set opens. It needs the app role.
func (db *DB) Reseal(ctx context.Context) (resealed int, err error) {
	const op = "reseal with the primary master key"
	for {
		n, err := With(ctx, db, AllWebshops(), func(tx *Tx) (int, error) { return tx.resealDataKeys(ctx, op) })
		if err != nil {
			return resealed, err
		}
		resealed += n
		if n == 0 {
			break
		}
	}
	n, err := With(ctx, db, AllWebshops(), func(tx *Tx) (int, error) {
		apps, err := tx.resealAppCredentials(ctx, op)
		if err != nil {
			return 0, err
		}
		rules, err := tx.resealNoticeRules(ctx, op)
		return apps + rules, err
	})
	return resealed + n, err
}

func (tx *Tx) resealDataKeys(ctx context.Context, op string) (int, error) {
	keys, err := tx.masterKeys(op)
	if err != nil {
		return 0, err
	}
	type row struct {
		WebshopID int64
		Sealed    []byte
	}
	rows, err := many[row](ctx, tx, oldDataKeysSQL, keys.primary)
	if err != nil {
		return 0, wrap(op, err)
	}
	for _, r := range rows {
		raw, err := keys.open(op, r.Sealed, dataKeyPurpose(r.WebshopID))
		if err != nil {
			return 0, err
		}
		args := pgx.StrictNamedArgs{"webshop": r.WebshopID, "sealed": keys.seal(raw, dataKeyPurpose(r.WebshopID)), "master": keys.primary}
		if _, err := tx.exec(ctx, resealSQL, args); err != nil {
			return 0, wrap(op, err)
		}
	}
	return len(rows), nil
}

func (tx *Tx) resealAppCredentials(ctx context.Context, op string) (int, error) {
	keys, err := tx.masterKeys(op)
	if err != nil {
		return 0, err
	}
	type row struct {
		ID                     int64
		Connector, Environment string
		Sealed                 []byte
	}
	rows, err := many[row](ctx, tx, appSealedSQL)
	if err != nil {
		return 0, wrap(op, err)
	}
	n := 0
	for _, r := range rows {
		id, err := sealedBy(op, r.Sealed)
		if err != nil {
			return n, err
		}
		if id == keys.primary {
			continue
		}
		purpose := appPurpose(r.Connector, r.Environment)
		plain, err := keys.open(op, r.Sealed, purpose)
		if err != nil {
			return n, err
		}
		if _, err := tx.exec(ctx, resealAppSQL, pgx.StrictNamedArgs{"id": r.ID, "sealed": keys.seal(plain, purpose)}); err != nil {
			return n, wrap(op, err)
		}
		n++
	}
	return n, nil
}
