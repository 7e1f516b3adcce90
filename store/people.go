package store

import (
	"context"
	"crypto/sha256"
	"regexp"
	"strings"
	"unicode"

	"github.com/koppel-io/koppel"
)

// personKind is by what a person is recognised.
type personKind string

const (
	personEmail    personKind = "email"
	personPhone    personKind = "phone"
	personName     personKind = "name"
	personRemoteID personKind = "remote_id"
)

// People recognises people of one webshop by digests of what is said of them. It holds no value, and may be used by
// several goroutines.
type People struct {
	key     []byte
	digests map[[sha256.Size]byte]bool
	kinds   map[personKind]bool
}

const (
	erasedPeopleSQL = `SELECT kind, digest FROM erased_person WHERE webshop_id = $1`
	noteErasedSQL   = `INSERT INTO erased_person (webshop_id, digest, kind, erased_by) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`
)

// ErasedPeople are the people of the scope's webshop who were erased; nil when nobody was.
func (tx *Tx) ErasedPeople(ctx context.Context) (*People, error) {
	const op = "read erased people"
	webshop, err := tx.webshop(op)
	if err != nil {
		return nil, err
	}
	type row struct {
		Kind   string
		Digest []byte
	}
	rows, err := many[row](ctx, tx, erasedPeopleSQL, webshop)
	if err != nil || len(rows) == 0 {
		return nil, wrap(op, err)
	}
	people, err := tx.newPeople(ctx, op, webshop)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		people.digests[[sha256.Size]byte(r.Digest)], people.kinds[personKind(r.Kind)] = true, true
	}
	return people, nil
}

func (tx *Tx) newPeople(ctx context.Context, op string, webshop int64) (*People, error) {
	raw, err := tx.rawDataKey(ctx, op, webshop)
	if err != nil {
		return nil, err
	}
	return &People{key: mac(raw, "koppel: people"), digests: map[[sha256.Size]byte]bool{}, kinds: map[personKind]bool{}}, nil
}

// asked is by what a person is looked for, normalised.
func asked(op string, p koppel.AskedPerson) (map[personKind]string, error) {
	values := map[personKind]string{}
	for kind, text := range map[personKind]string{personEmail: p.Email, personPhone: p.Phone, personName: p.Name, personRemoteID: p.RemoteID} {
		if strings.TrimSpace(text) == "" {
			continue
		}
		value, ok := normalPerson(kind, text)
		if !ok {
			return nil, invalid(op, "what was given as %s is none", strings.ReplaceAll(string(kind), "_", " "))
		}
		values[kind] = value
	}
	if len(values) == 0 {
		return nil, invalid(op, "say by what the person is found: e-mail, phone, name or the remote's id of the customer")
	}
	return values, nil
}

var phoneText = regexp.MustCompile(`^[+0-9][-0-9 ()./]{6,24}$`)

// phoneDigits are the last digits of a phone number, by which 06 1234 5678 and +31 6 12345678 are one.
const phoneDigits = 9

// normalPerson is a value as it is compared; false when it is none of the kind.
func normalPerson(kind personKind, text string) (string, bool) {
	text = strings.ToLower(strings.TrimSpace(text))
	switch kind {
	case personEmail:
		return text, len(text) <= 254 && strings.Count(text, "@") == 1
	case personPhone:
		digits := strings.Map(func(r rune) rune {
			if unicode.IsDigit(r) {
				return r
			}
			return -1
		}, text)
		return digits[max(0, len(digits)-phoneDigits):], phoneText.MatchString(text) && len(digits) >= 7
	case personName:
		text = strings.Join(strings.Fields(text), " ")
		return text, len(text) >= 4 && strings.Contains(text, " ")
	default:
		return text, text != ""
	}
}

func (p *People) add(kind personKind, value string) []byte {
	digest := p.digest(kind, value)
	p.digests[digest], p.kinds[kind] = true, true
	return digest[:]
}

func (p *People) digest(kind personKind, value string) [sha256.Size]byte {
	return [sha256.Size]byte(mac(p.key, string(kind)+"\x00"+value))
}

// names reports whether a text of a kind names one of the people.
func (p *People) names(kind personKind, text string) bool {
	if !p.kinds[kind] || len(text) > 300 {
		return false
	}
	value, ok := normalPerson(kind, text)
	return ok && p.digests[p.digest(kind, value)]
}

func (tx *Tx) noteErased(ctx context.Context, webshop int64, kind personKind, digest []byte, by string) error {
	_, err := tx.exec(ctx, noteErasedSQL, webshop, digest, string(kind), by)
	return err
}
