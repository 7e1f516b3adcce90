package main

import (
	"context"
	"strings"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/cmd/process"
	"github.com/koppel-io/koppel/store"
)

// masterKeys reads the keyset, which the first start makes. It is written before anything is sealed with it.
func (h *home) masterKeys() (*store.Keys, error) {
	text, err := readFile(h.path(keysetFile))
	if err != nil {
		return nil, err
	}
	if text == "" {
		text = store.NewMasterKey("dev").Reveal() + "\n"
		if err := writeFile(h.path(keysetFile), []byte(text)); err != nil {
			return nil, err
		}
	}
	return store.ParseKeys(text)
}

// prepare publishes the built-in connectors and gives an API key that works: that of the last start, or a new one.
func (h *home) prepare(ctx context.Context, pg *postgres, keys *store.Keys) (koppel.Secret, error) {
	db, err := store.Open(ctx, store.Config{DSN: pg.app, Role: store.App, MaxConns: 2, Keys: keys})
	if err != nil {
		return koppel.Secret{}, err
	}
	defer db.Close()
	if _, err := process.PublishBuiltin(ctx, db); err != nil {
		return koppel.Secret{}, err
	}
	return h.apiKey(ctx, db)
}

// keyName is what the platform's own key is called.
const keyName = "koppel-dev"

func (h *home) apiKey(ctx context.Context, db *store.DB) (koppel.Secret, error) {
	text, err := readFile(h.path(keyFile))
	if err != nil {
		return koppel.Secret{}, err
	}
	if key := koppel.NewSecret(strings.TrimSpace(text)); !key.IsZero() {
		_, err := db.FindKey(ctx, key)
		if err == nil || koppel.KindOf(err) != koppel.KindAuth {
			return key, err
		}
	}
	return store.With(ctx, db, store.AllWebshops(), func(tx *store.Tx) (koppel.Secret, error) {
		_, key, err := tx.CreateKey(ctx, store.NewKey{Name: keyName, Scopes: []string{"admin"}})
		if err != nil {
			return key, err
		}
		// A key that is not in the file would be of no use to anybody, so both happen or neither.
		return key, writeFile(h.path(keyFile), []byte(key.Reveal()+"\n"))
	})
}
