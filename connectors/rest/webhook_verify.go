package rest

import (
	"time"
)

// WebhookVerify says how a call is known to be the remote's: by one of none,
// hmac, rsa and token.
type WebhookVerify struct {
	None  bool   `y:"none" doc:"true: calls carry no proof; only for remotes that have none, since whoever learns the address can call it"`
	HMAC  string `y:"hmac" doc:"Hash of the HMAC over the raw body, RFC 2104" enum:"sha1,sha256,sha512"`
	RSA   string `y:"rsa" doc:"Hash of the RSA signature over the raw body, PKCS #1 v1.5" enum:"sha256"`
	Token bool   `y:"token" doc:"true: the secret itself is in the header or query parameter"`

	Header   string `y:"header" doc:"Header that holds it"`
	Query    string `y:"query" doc:"Query parameter that holds it"`
	Member   string `y:"member" doc:"Dotted path of the body's member that holds it"`
	Part     string `y:"part" doc:"The header is a list such as keyId=0, signature=…: the name of the part that holds it"`
	Prefix   string `y:"prefix" doc:"What stands before it, such as sha256= or Bearer"`
	Encoding string `y:"encoding" doc:"How the signature is written; hex when absent" enum:"hex,base64"`
	// Signed is a member that is signed in place of the whole body, by its bytes.
	Signed  string    `y:"signed" doc:"Member of the body whose text, as it stands, is signed in place of the whole body"`
	Message *Template `y:"message" doc:"What is signed, of raw (the body, or the member signed) and timestamp; raw when absent" scope:"raw,timestamp"`
	Secret  *Template `y:"secret" doc:"The key of the HMAC or the token; the subscription's own, which is made at random, when absent"`

	Timestamp *WebhookTimestamp `y:"timestamp" doc:"When the call was made: one that is too old is refused"`
	Keys      *WebhookKeys      `y:"keys" doc:"Where the public keys are, with rsa"`
}

// WebhookTimestamp bounds the age of a call.
type WebhookTimestamp struct {
	At     *Expr         `y:"at,required" doc:"The time, of request and body" scope:"request,body"`
	Within time.Duration `y:"within,required" doc:"How far it may be from now, either way"`
	Layout string        `y:"layout" doc:"Layout of the time: Go's reference time, unix or unix_ms; 2006-01-02T15:04:05Z07:00 when absent"`
	Zone   string        `y:"zone" doc:"Time zone of a time without one; UTC when absent"`
}

// WebhookKeys fetches public keys; one that is not known is asked for again.
type WebhookKeys struct {
	Request `y:",inline"`
	Part    string   `y:"part,required" doc:"Part of the header that names the key"`
	Records Selector `y:"records" doc:"Where the keys are in the answer; the whole body when absent"`
	ID      *Expr    `y:"id,required" doc:"Name of a key" scope:"record"`
	Key     *Expr    `y:"key,required" doc:"The key: base64 or PEM of a SubjectPublicKeyInfo, RFC 5280" scope:"record"`
}

func (v *WebhookVerify) check(d *decoder, n *node) {
	if n == nil || n.kind != mapNode {
		return
	}
	count := func(given ...bool) (c int) {
		for _, one := range given {
			if one {
				c++
			}
		}
		return c
	}
	if count(v.None, v.HMAC != "", v.RSA != "", v.Token) != 1 {
		d.fail(n, "exactly one of none, hmac, rsa and token belongs here; none only where the remote has no proof")
	}
	if v.None {
		if len(n.members) > 1 {
			d.fail(n, "none stands alone")
		}
		return
	}
	if count(v.Header != "", v.Query != "", v.Member != "") != 1 {
		d.fail(n, "exactly one of header, query and member belongs here: where is it?")
	}
	if v.Part != "" && v.Header == "" {
		d.fail(n.get("part"), "part goes with header")
	}
	if v.Token {
		for _, name := range []string{"signed", "message", "encoding", "timestamp", "keys"} {
			if at := n.get(name); at != nil {
				d.fail(at, "%s goes with a signature, not with token", name)
			}
		}
	}
	if v.Message != nil && v.HMAC == "" && v.RSA == "" {
		d.fail(n.get("message"), "message goes with hmac and rsa")
	}
	if v.Signed != "" {
		d.checkPath(n.get("signed"), v.Signed)
	}
	if (v.RSA != "") != (v.Keys != nil) {
		d.fail(n, "rsa and keys go together")
	}
	if v.Keys != nil {
		checkTarget(d, n.get("keys"), &v.Keys.Request, "get")
		v.Keys.Records.whole()
		if v.Header == "" {
			d.fail(n.get("keys"), "the name of the key is a part of the header: give header")
		}
	}
	if t := v.Timestamp; t != nil {
		if t.Within <= 0 && n.get("timestamp").get("within") != nil {
			d.fail(n.get("timestamp").get("within"), "expected a duration above zero")
		}
		if _, err := time.LoadLocation(t.Zone); err != nil {
			d.fail(n.get("timestamp").get("zone"), "unknown time zone %q", t.Zone)
		}
	}
}
