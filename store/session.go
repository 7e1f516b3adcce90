package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// Session is somebody signed in to the pages by a key, whose rights it has.
type Session struct {
	Key       Key
	ExpiresAt time.Time
}

const (
	openSessionSQL   = `INSERT INTO web_session (hash, key_id, expires_at) VALUES (@hash, @key, now() + @life)`
	clearSessionsSQL = `DELETE FROM web_session WHERE id IN (SELECT id FROM web_session WHERE expires_at < now() ORDER BY expires_at LIMIT 100)`
	findSessionSQL   = `SELECT key_id, expires_at FROM web_session WHERE hash = $1 AND expires_at > now()`
	closeSessionSQL  = `DELETE FROM web_session WHERE hash = $1`
	keyByIDSQL       = keySelect + ` WHERE k.id = $1`
)

// OpenSession signs in by the text of a key, for life, and returns the session's token, which is kept nowhere. The
// errors are those of FindKey.
func (db *DB) OpenSession(ctx context.Context, text koppel.Secret, life time.Duration) (koppel.Secret, Key, error) {
	const op = "sign in"
	key, err := db.FindKey(ctx, text)
	if err != nil {
		return koppel.Secret{}, Key{}, err
	}
	var random [32]byte
	if _, err := rand.Read(random[:]); err != nil {
		return koppel.Secret{}, Key{}, wrap(op, err)
	}
	token := koppel.NewSecret(base64.RawURLEncoding.EncodeToString(random[:]))
	err = db.InTx(ctx, AllWebshops(), func(tx *Tx) error {
		if _, err := tx.exec(ctx, clearSessionsSQL); err != nil {
			return wrap(op, err)
		}
		_, err := tx.exec(ctx, openSessionSQL, pgx.StrictNamedArgs{"hash": sessionHash(token), "key": key.ID, "life": life})
		return wrap(op, err)
	})
	return token, key, err
}

// FindSession finds the session of a token. One that is unknown or over, also since its key was revoked or expired, is
// an error of kind auth.
func (db *DB) FindSession(ctx context.Context, token koppel.Secret) (Session, error) {
	const op = "check session"
	return With(ctx, db, AllWebshops(), func(tx *Tx) (Session, error) {
		var s Session
		var key int64
		err := tx.tx.QueryRow(ctx, findSessionSQL, sessionHash(token)).Scan(&key, &s.ExpiresAt)
		if errors.Is(err, pgx.ErrNoRows) {
			return Session{}, koppel.E(koppel.KindAuth, op, "you are not signed in any more")
		}
		if err == nil {
			s.Key, err = one[Key](ctx, tx, keyByIDSQL, key)
		}
		if err != nil {
			return Session{}, wrap(op, err)
		}
		return s, s.Key.usable(op, time.Now())
	})
}

// CloseSession signs out; doing it again changes nothing.
func (db *DB) CloseSession(ctx context.Context, token koppel.Secret) error {
	return db.InTx(ctx, AllWebshops(), func(tx *Tx) error {
		_, err := tx.exec(ctx, closeSessionSQL, sessionHash(token))
		return wrap("sign out", err)
	})
}

func sessionHash(token koppel.Secret) []byte {
	hash := sha256.Sum256([]byte(token.Reveal()))
	return hash[:]
}
