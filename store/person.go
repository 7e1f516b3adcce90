package store

import (
	"context"
	"encoding/hex"

	"github.com/jackc/pgx/v5"
	"github.com/koppel-io/koppel"
)

// PersonErased is what was found of a person, or erased.
type PersonErased struct {
	Places []koppel.PersonPlace
	// Digests are what stands for the values asked for in the audit log, by kind.
	Digests map[string]string
}

// FindPerson counts where a person stands in a webshop, by its inner id. It reads every stored body of the webshop.
func (db *DB) FindPerson(ctx context.Context, webshop int64, p koppel.AskedPerson) (PersonErased, error) {
	return db.person(ctx, "find person", webshop, p, "")
}

// ErasePerson takes a person's data out of a webshop. From its first moment on the person is noted as erased, by
// digest, so that what a remote shows again comes without it; the rest goes in small transactions. Broken off and
// asked again it goes on.
func (db *DB) ErasePerson(ctx context.Context, webshop int64, p koppel.AskedPerson, by string) (PersonErased, error) {
	if by == "" {
		return PersonErased{}, invalid("erase person", "nobody asks for it")
	}
	return db.person(ctx, "erase person", webshop, p, by)
}

// person finds, and with by erases.
func (db *DB) person(ctx context.Context, op string, webshop int64, p koppel.AskedPerson, by string) (PersonErased, error) {
	values, err := asked(op, p)
	if err != nil {
		return PersonErased{}, err
	}
	out := PersonErased{Digests: map[string]string{}}
	var people *People
	err = db.InTx(ctx, ForWebshop(webshop), func(tx *Tx) (err error) {
		if people, err = tx.newPeople(ctx, op, webshop); err != nil {
			return err
		}
		for kind, value := range values {
			digest := people.add(kind, value)
			out.Digests[string(kind)] = hex.EncodeToString(digest)
			if by == "" {
				continue
			}
			if err := tx.noteErased(ctx, webshop, kind, digest, by); err != nil {
				return wrap(op, err)
			}
		}
		return nil
	})
	if err != nil {
		return out, err
	}
	e := &erasing{db: db, webshop: webshop, people: people, erase: by != "", orders: map[int64]bool{}}
	for _, t := range bodyTables {
		found, err := e.bodies(ctx, t)
		if err != nil {
			return out, db.wrap(op, err)
		}
		out.Places = append(out.Places, koppel.PersonPlace{Place: t.place, Found: found, Effect: t.effect})
	}
	found, err := e.ofCustomer(ctx, values[personRemoteID])
	if err != nil {
		return out, db.wrap(op, err)
	}
	out.Places = append(out.Places, koppel.PersonPlace{Place: "sell_orders", Found: found, Effect: "the customer becomes absent; quantities, values and dates stay"})
	for _, t := range textTables {
		found, err := e.texts(ctx, t, values)
		if err != nil {
			return out, db.wrap(op, err)
		}
		out.Places = append(out.Places, koppel.PersonPlace{Place: t.place, Found: found, Effect: t.effect})
	}
	return out, nil
}

// textTable is a table of texts in which values are looked for as they stand.
type textTable struct{ place, effect, count, erase string }

// namesIn is the condition that a text names somebody.
func namesIn(column string) string {
	return `(EXISTS (SELECT FROM unnest(@texts::text[]) n WHERE strpos(lower(` + column + `::text), n) > 0)
    OR EXISTS (SELECT FROM unnest(@digits::text[]) n WHERE strpos(regexp_replace(` + column + `::text, '[^0-9a-zA-Z"]', '', 'g'), n) > 0))`
}

var textTables = []textTable{
	{"exchanges", "deleted", `SELECT count(*) FROM exchange WHERE webshop_id = @webshop AND ` + namesIn("data"),
		`DELETE FROM exchange WHERE webshop_id = @webshop AND ` + namesIn("data")},
	{"comparisons", "deleted", `SELECT count(*) FROM comparison WHERE webshop_id = @webshop AND ` + namesIn("report"),
		`DELETE FROM comparison WHERE webshop_id = @webshop AND ` + namesIn("report")},
	{"timeline", "the details go, the event stays", `SELECT count(*) FROM timeline WHERE webshop_id = @webshop AND ` + namesIn("data"),
		`UPDATE timeline SET data = '{}' WHERE webshop_id = @webshop AND ` + namesIn("data")},
	{"pushes", "what the remote answered goes", `SELECT count(*) FROM outbox WHERE webshop_id = @webshop AND state IN ('sent', 'dropped') AND steps IS NOT NULL AND ` + namesIn("steps"),
		`UPDATE outbox SET steps = NULL WHERE webshop_id = @webshop AND state IN ('sent', 'dropped') AND steps IS NOT NULL AND ` + namesIn("steps")},
	{"notes", "the note goes", `SELECT count(*) FROM inbox_handling WHERE webshop_id = @webshop AND note IS NOT NULL AND ` + namesIn("note"),
		`UPDATE inbox_handling SET note = NULL WHERE webshop_id = @webshop AND note IS NOT NULL AND ` + namesIn("note")},
}

// texts counts, and erases, in a table of texts. The remote's ids are not looked for: a short number stands everywhere.
func (e *erasing) texts(ctx context.Context, t textTable, values map[personKind]string) (found int64, err error) {
	texts, digits := []string{}, []string{}
	for _, kind := range []personKind{personEmail, personName} {
		if values[kind] != "" {
			texts = append(texts, values[kind])
		}
	}
	if values[personPhone] != "" {
		digits = append(digits, values[personPhone])
	}
	if len(texts)+len(digits) == 0 {
		return 0, nil
	}
	args := pgx.StrictNamedArgs{"webshop": e.webshop, "texts": texts, "digits": digits}
	err = e.db.InTx(ctx, ForWebshop(e.webshop), func(tx *Tx) (err error) {
		if e.erase {
			found, err = tx.exec(ctx, t.erase, args)
			return err
		}
		return tx.tx.QueryRow(ctx, t.count, args).Scan(&found)
	})
	return found, err
}
