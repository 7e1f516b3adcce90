package store

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"

	"github.com/koppel-io/koppel"
)

// Keys is the master keyset: several keys with ids, of which the first is the primary one that seals. All of them
// open, so a new primary can be put in front while values sealed with the old one are still read.
type Keys struct {
	primary string
	aeads   map[string]cipher.AEAD
	// signers are keys made of the master keys, for what is signed and not sealed.
	signers map[string][]byte
}

// ParseKeys reads a keyset: one "id=key" a line (or separated by commas), key being 32 bytes in base64; the first
// is the primary. Empty lines and lines that start with # are skipped. Errors name the line, never its content.
func ParseKeys(text string) (*Keys, error) {
	const op = "read master keys"
	keys := &Keys{aeads: map[string]cipher.AEAD{}, signers: map[string][]byte{}}
	for i, line := range strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == ',' }) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		id, encoded, ok := strings.Cut(line, "=")
		if !ok || !keyID.MatchString(id) {
			return nil, invalid(op, "entry %d does not read id=base64key, with an id of letters, digits, dot, dash and underscore", i+1)
		}
		raw, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil || len(raw) != 32 {
			return nil, invalid(op, "key %q is not 32 bytes in base64; make one: openssl rand -base64 32", id)
		}
		if keys.aeads[id] != nil {
			return nil, invalid(op, "key %q is there twice", id)
		}
		keys.aeads[id] = gcm(raw)
		keys.signers[id] = mac(raw, "koppel: sign")
		if keys.primary == "" {
			keys.primary = id
		}
	}
	if keys.primary == "" {
		return nil, invalid(op, "there is no key; write one line id=KEY, where openssl rand -base64 32 makes KEY")
	}
	return keys, nil
}

var keyID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// NewMasterKey makes a line for a keyset with a fresh random key.
func NewMasterKey(id string) koppel.Secret {
	return koppel.NewSecret(id + "=" + base64.StdEncoding.EncodeToString(randomBytes(32)))
}

// Primary is the id of the key that seals.
func (k *Keys) Primary() string { return k.primary }

// seal encrypts plain with the primary key, bound to purpose.
func (k *Keys) seal(plain []byte, purpose string) []byte {
	return sealWith(k.aeads[k.primary], k.primary, plain, purpose)
}

// open decrypts what seal made, with whichever key of the set made it.
func (k *Keys) open(op string, sealed []byte, purpose string) ([]byte, error) {
	id, err := sealedBy(op, sealed)
	if err != nil {
		return nil, err
	}
	aead := k.aeads[id]
	if aead == nil {
		return nil, koppel.E(koppel.KindInternal, op, fmt.Sprintf("sealed with master key %q, which is not in the keyset; add it after the primary", id))
	}
	return openWith(op, aead, sealed, purpose)
}

// sign is the signature of text by the primary key: HMAC-SHA256 (RFC 2104), bound to purpose.
func (k *Keys) sign(text, purpose string) (id string, signature []byte) {
	return k.primary, mac(k.signers[k.primary], purpose+"\x00"+text)
}

// signed reports whether the key of the id made the signature.
func (k *Keys) signed(id, text, purpose string, signature []byte) bool {
	key := k.signers[id]
	return key != nil && hmac.Equal(signature, mac(key, purpose+"\x00"+text))
}

func mac(key []byte, text string) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(text))
	return m.Sum(nil)
}

// Layout of a sealed value: version, length of the key's id, the id, nonce, ciphertext with tag. The purpose and
// the header are associated data: a value that is moved to another webshop, row or purpose does not open.
const (
	sealVersion = 1
	nonceSize   = 12
)

func sealWith(aead cipher.AEAD, id string, plain []byte, purpose string) []byte {
	head := append([]byte{sealVersion, byte(len(id))}, id...)
	nonce := randomBytes(nonceSize)
	out := append(bytes.Clone(head), nonce...)
	return aead.Seal(out, nonce, plain, append(head, purpose...))
}

func openWith(op string, aead cipher.AEAD, sealed []byte, purpose string) ([]byte, error) {
	id, err := sealedBy(op, sealed)
	if err != nil {
		return nil, err
	}
	size := 2 + len(id)
	head := sealed[:size:size]
	plain, err := aead.Open(nil, sealed[size:size+nonceSize], sealed[size+nonceSize:], append(head, purpose...))
	if err != nil {
		return nil, koppel.E(koppel.KindInternal, op, "the sealed value does not open: the key is another one, or the value was changed or moved")
	}
	return plain, nil
}

// sealedBy is the id of the key that sealed a value.
func sealedBy(op string, sealed []byte) (string, error) {
	if len(sealed) < 2 || sealed[0] != sealVersion || len(sealed) < 2+int(sealed[1])+nonceSize {
		return "", koppel.E(koppel.KindInternal, op, "the sealed value is cut off or of an unknown version")
	}
	return string(sealed[2 : 2+int(sealed[1])]), nil
}

// gcm is AES-256-GCM (NIST SP 800-38D) over a key of 32 bytes.
func gcm(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic("store: a key of the wrong size got past its check: " + err.Error())
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic("store: AES-GCM is not available: " + err.Error())
	}
	return aead
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	if _, err := rand.Read(b); err != nil {
		panic("store: the system gives no random bytes: " + err.Error())
	}
	return b
}
