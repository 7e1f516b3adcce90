package rest

import (
	"crypto"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"hash"
	"strings"
	"time"

	"github.com/koppel-io/koppel"
)

// ErrUnknownKey marks a call that is signed by a key which is not among those
// given to Verify: they may have to be fetched again.
var ErrUnknownKey = errors.New("the call is signed by an unknown key")

// Verify refuses a call that is not proven to be the remote's, or that is too
// old, with kind auth. keys are the public keys by name, where the manifest
// has any. The proof is over the raw body and compared in constant time.
func (r *Receiver) Verify(c *Call, keys map[string]string, now time.Time) error {
	v := &r.manifest.Webhooks.Verify
	if v.None {
		return nil
	}
	given, err := v.given(c)
	if err != nil {
		return err
	}
	if v.Token {
		secret, err := r.secretOf(v)
		if err != nil {
			return err
		}
		if subtle.ConstantTimeCompare([]byte(given), []byte(secret)) != 1 {
			return refuse("the shared secret is another one")
		}
		return nil
	}
	signature, err := decodeSignature(v.Encoding, given)
	if err != nil {
		return refuse("the signature is not " + encodingName(v.Encoding))
	}
	message, err := r.message(v, c)
	if err != nil {
		return err
	}
	if v.RSA != "" {
		err = v.checkRSA(c, signature, message, keys)
	} else {
		err = r.checkHMAC(v, signature, message)
	}
	if err != nil {
		return err
	}
	return r.fresh(v.Timestamp, c, now)
}

func refuse(detail string) error { return koppel.E(koppel.KindAuth, "verify webhook", detail) }

// given is the proof as the call carries it, without its prefix.
func (v *WebhookVerify) given(c *Call) (string, error) {
	value := ""
	switch {
	case v.Header != "":
		value = c.Header.Get(v.Header)
		if v.Part != "" {
			value = partOf(value, v.Part)
		}
	case v.Query != "":
		value = c.Query.Get(v.Query)
	default:
		body, err := c.decode()
		if err != nil {
			return "", refuse("the body is not JSON")
		}
		found, _ := lookUp(body, v.Member)
		value, _ = found.(string)
	}
	if value == "" {
		return "", refuse("the call carries no proof")
	}
	rest, found := strings.CutPrefix(value, v.Prefix)
	if !found {
		return "", refuse("the proof does not begin with " + v.Prefix)
	}
	return strings.TrimSpace(rest), nil
}

// partOf reads one part of a header such as keyId=0, algorithm="x", signature=…;
// tolerant of quotes, blanks and case of the name.
func partOf(header, name string) string {
	for part := range strings.SplitSeq(header, ",") {
		key, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		if strings.EqualFold(strings.TrimSpace(key), name) {
			return strings.Trim(strings.TrimSpace(value), `"`)
		}
	}
	return ""
}

func (r *Receiver) secretOf(v *WebhookVerify) (string, error) {
	secret := r.secret.Reveal()
	if v.Secret != nil {
		var err error
		if secret, err = v.Secret.render(r.env, nil); err != nil {
			return "", r.unclear("verify webhook", err)
		}
	}
	if secret == "" {
		return "", koppel.E(koppel.KindConflict, "verify webhook", "there is no secret to verify calls with yet")
	}
	return secret, nil
}

func decodeSignature(encoding, text string) ([]byte, error) {
	if encoding != "base64" {
		return hex.DecodeString(text)
	}
	return base64.StdEncoding.DecodeString(text)
}

func encodingName(encoding string) string {
	if encoding == "" {
		return "hex"
	}
	return encoding
}

// message is what is signed.
func (r *Receiver) message(v *WebhookVerify, c *Call) ([]byte, error) {
	raw := c.Body
	if v.Signed != "" {
		for name := range strings.SplitSeq(v.Signed, ".") {
			var members map[string]json.RawMessage
			if json.Unmarshal(raw, &members) != nil || members[name] == nil {
				return nil, refuse("the body has no " + v.Signed)
			}
			raw = members[name]
		}
	}
	if v.Message == nil {
		return raw, nil
	}
	env := with(r.env, "raw", string(raw))
	env["timestamp"] = ""
	if v.Timestamp != nil {
		at, err := v.Timestamp.At.eval(r.envOf(c))
		if err != nil {
			return nil, refuse("the call does not say when it was made")
		}
		env["timestamp"] = textOf(at)
	}
	text, err := v.Message.render(env, nil)
	return []byte(text), r.unclear("verify webhook", err)
}

func (r *Receiver) checkHMAC(v *WebhookVerify, signature, message []byte) error {
	secret, err := r.secretOf(v)
	if err != nil {
		return err
	}
	mac := hmac.New(map[string]func() hash.Hash{"sha1": sha1.New, "sha256": sha256.New, "sha512": sha512.New}[v.HMAC], []byte(secret))
	mac.Write(message)
	if !hmac.Equal(mac.Sum(nil), signature) {
		return refuse("the signature is not of this body and our secret")
	}
	return nil
}

func (v *WebhookVerify) checkRSA(c *Call, signature, message []byte, keys map[string]string) error {
	name := partOf(c.Header.Get(v.Header), v.Keys.Part)
	text, known := keys[name]
	if !known {
		return &koppel.Error{Kind: koppel.KindAuth, Op: "verify webhook", Detail: "the call is signed by a key that the remote does not publish", Err: ErrUnknownKey}
	}
	key, err := publicKey(text)
	if err != nil {
		return refuse("the remote's public key cannot be read")
	}
	sum := sha256.Sum256(message)
	if rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature) != nil {
		return refuse("the signature is not of this body and the remote's key")
	}
	return nil
}

// publicKey reads a SubjectPublicKeyInfo (RFC 5280), in base64 or PEM.
func publicKey(text string) (*rsa.PublicKey, error) {
	var der []byte
	if block, _ := pem.Decode([]byte(text)); block != nil {
		der = block.Bytes
	} else {
		var err error
		if der, err = base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), "")); err != nil {
			return nil, err
		}
	}
	parsed, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, err
	}
	key, ok := parsed.(*rsa.PublicKey)
	if !ok {
		return nil, errors.New("not an RSA key")
	}
	return key, nil
}

// fresh refuses a call that was made too long ago, or in the future.
func (r *Receiver) fresh(t *WebhookTimestamp, c *Call, now time.Time) error {
	if t == nil {
		return nil
	}
	value, err := t.At.eval(r.envOf(c))
	if err != nil {
		return refuse("the call does not say when it was made")
	}
	layout := t.Layout
	if layout == "" {
		layout = time.RFC3339
	}
	at := newTimeLayout(&Since{Layout: layout, Zone: t.Zone}).parse([]byte(textOf(value)))
	switch off := now.Sub(at); {
	case at.IsZero():
		return refuse("the call does not say when it was made")
	case off > t.Within:
		return refuse("the call is stale: it was made " + at.Format(time.RFC3339))
	case off < -t.Within:
		return refuse("the call is of the future: it says " + at.Format(time.RFC3339))
	}
	return nil
}
