package store

import (
	"context"
	"slices"
	"strings"
)

// KeyReport says which master keys seal what is stored, and whether all of it opens.
type KeyReport struct {
	// Keys are the master keys that seal something, by name.
	Keys []KeyUse
	// Unopened counts values that the keyset does not open; Problem is why the first one does not.
	Unopened int
	Problem  error
}

// KeyUse is one master key and how much it seals.
type KeyUse struct {
	ID string
	// DataKeys are those of webshops; AppCredentials our own apps; Notices where notices go.
	DataKeys, AppCredentials, Notices int
	// Primary: it seals what is new. Known: it is in the keyset.
	Primary, Known bool
}

const (
	dataKeysSQL = `SELECT webshop_id, sealed FROM data_key WHERE webshop_id > $1 ORDER BY webshop_id LIMIT 500`
	allAppsSQL  = `SELECT connector, environment, sealed FROM app_credential ORDER BY id`
)

// CheckKeys opens everything that the master keys seal, and throws it away. It needs the app role.
func (db *DB) CheckKeys(ctx context.Context) (KeyReport, error) {
	const op = "check master keys"
	var report KeyReport
	uses := map[string]*KeyUse{}
	look := func(keys *Keys, sealed []byte, purpose string) *KeyUse {
		id, err := sealedBy(op, sealed)
		if err == nil {
			_, err = keys.open(op, sealed, purpose)
		}
		if err != nil {
			report.Unopened++
			if report.Problem == nil {
				report.Problem = err
			}
		}
		if uses[id] == nil {
			uses[id] = &KeyUse{ID: id, Primary: id == keys.primary, Known: keys.aeads[id] != nil}
		}
		return uses[id]
	}
	type dataKey struct {
		WebshopID int64
		Sealed    []byte
	}
	for after := int64(0); ; {
		rows, err := With(ctx, db, AllWebshops(), func(tx *Tx) ([]dataKey, error) {
			rows, err := many[dataKey](ctx, tx, dataKeysSQL, after)
			if err != nil {
				return nil, wrap(op, err)
			}
			keys, err := tx.masterKeys(op)
			if err != nil {
				return nil, err
			}
			for _, r := range rows {
				look(keys, r.Sealed, dataKeyPurpose(r.WebshopID)).DataKeys++
			}
			return rows, nil
		})
		if err != nil {
			return KeyReport{}, err
		}
		if len(rows) == 0 {
			break
		}
		after = rows[len(rows)-1].WebshopID
	}
	err := db.InTx(ctx, AllWebshops(), func(tx *Tx) error {
		type app struct {
			Connector, Environment string
			Sealed                 []byte
		}
		rows, err := many[app](ctx, tx, allAppsSQL)
		if err != nil {
			return wrap(op, err)
		}
		keys, err := tx.masterKeys(op)
		if err != nil {
			return err
		}
		for _, r := range rows {
			look(keys, r.Sealed, appPurpose(r.Connector, r.Environment)).AppCredentials++
		}
		rules, err := many[sealedRule](ctx, tx, noticeSealedSQL)
		for _, r := range rules {
			look(keys, r.Sealed, noticePurpose(r.UUID)).Notices++
		}
		return wrap(op, err)
	})
	if err != nil {
		return KeyReport{}, err
	}
	for _, use := range uses {
		report.Keys = append(report.Keys, *use)
	}
	slices.SortFunc(report.Keys, func(a, b KeyUse) int { return strings.Compare(a.ID, b.ID) })
	return report, nil
}
