package connectors_test

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors/rest"
	"github.com/koppel-io/koppel/mapping"
)

const hookStart = "connector: test\nversion: 1.0.0\nname: Test\nprovider_types: [sync]\nhttp: { base: \"https://x.example\" }\n" +
	"app: { hook_secret: { type: string, secret: true, optional: true } }\n" +
	"streams:\n  rows: { get: /rows, key: id, one: { get: \"/rows/${id}\" }, deletes: missing, volatile: [seen], drop: [person], shape: { id: int, n: int? } }\n" +
	"  all: { get: /all, key: id }\n"

// receiverOf parses a manifest with the webhooks given and receives for it.
func receiverOf(t *testing.T, webhooks string) *rest.Receiver {
	t.Helper()
	m, err := rest.Parse("c.yaml", []byte(hookStart+"webhooks:\n  "+strings.ReplaceAll(webhooks, "\n", "\n  ")+"\n"), mapping.CompileExpr)
	if err != nil {
		t.Fatal(err)
	}
	r, err := rest.NewReceiver(rest.ClientConfig{Manifest: m, App: map[string]koppel.Secret{"hook_secret": koppel.NewSecret("of the app")}}, koppel.NewSecret("own secret"))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func hmacOf(secret, text string) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

func callOf(body string, headers ...string) *rest.Call {
	c := &rest.Call{Method: http.MethodPost, Header: http.Header{"Content-Type": {"application/json"}}, Query: url.Values{}, Body: []byte(body)}
	for i := 0; i < len(headers); i += 2 {
		c.Header.Set(headers[i], headers[i+1])
	}
	return c
}

func TestCallsAreVerifiedOverTheRawBody(t *testing.T) {
	t.Parallel()
	const topics = "\ntopics: { t: { reads: rows, id: body.id } }"
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	const body = `{"id": 1,  "n": 2}`
	hexed := hex.EncodeToString(hmacOf("own secret", body))
	inner := `{"Topic":"t", "Key":"a"}`
	whole := `{"Content":` + inner + `,"HashCode":"` + strings.ToUpper(hex.EncodeToString(hmacOf("of the app", inner))) + `"}`
	stamped := func(at string) string {
		return "sha256=" + base64.StdEncoding.EncodeToString(hmacOf("own secret", at+"."+body))
	}
	const stamp = "verify: { hmac: sha256, header: X-Sig, prefix: \"sha256=\", encoding: base64, message: \"${timestamp}.${raw}\", timestamp: { at: 'request.header[\"x-at\"]', layout: unix, within: 5m } }" + topics
	for _, c := range []struct {
		name, words string
		call        *rest.Call
		refused     string
	}{
		{"signed", "verify: { hmac: sha256, header: X-Sig }" + topics, callOf(body, "X-Sig", hexed), ""},
		{"upper case", "verify: { hmac: sha256, header: X-Sig }" + topics, callOf(body, "X-Sig", strings.ToUpper(hexed)), ""},
		{"not signed", "verify: { hmac: sha256, header: X-Sig }" + topics, callOf(body), "carries no proof"},
		{"another body", "verify: { hmac: sha256, header: X-Sig }" + topics, callOf(`{"id":1,"n":2}`, "X-Sig", hexed), "not of this body"},
		{"not hex", "verify: { hmac: sha256, header: X-Sig }" + topics, callOf(body, "X-Sig", "zz"), "not hex"},
		{"another secret", "verify: { hmac: sha256, header: X-Sig, secret: \"${app.hook_secret}\" }" + topics, callOf(body, "X-Sig", hexed), "not of this body"},
		{"a member's text", "verify: { hmac: sha256, member: HashCode, signed: Content, secret: \"${app.hook_secret}\" }" + topics, callOf(whole), ""},
		{"a member written anew", "verify: { hmac: sha256, member: HashCode, signed: Content, secret: \"${app.hook_secret}\" }" + topics, callOf(strings.Replace(whole, `, "Key"`, `,"Key"`, 1)), "not of this body"},
		{"shared secret", "verify: { token: true, header: Authorization, prefix: \"Bearer \" }" + topics, callOf(body, "Authorization", "Bearer own secret"), ""},
		{"another shared secret", "verify: { token: true, header: Authorization, prefix: \"Bearer \" }" + topics, callOf(body, "Authorization", "Bearer own"), "another one"},
		{"without its prefix", "verify: { token: true, header: Authorization, prefix: \"Bearer \" }" + topics, callOf(body, "Authorization", "own secret"), "does not begin"},
		{"fresh", stamp, callOf(body, "X-At", "1772366400", "X-Sig", stamped("1772366400")), ""},
		{"stale", stamp, callOf(body, "X-At", "1772366000", "X-Sig", stamped("1772366000")), "stale"},
		{"of the future", stamp, callOf(body, "X-At", "1772367000", "X-Sig", stamped("1772367000")), "future"},
		{"moved to another time", stamp, callOf(body, "X-At", "1772366400", "X-Sig", stamped("1772366399")), "not of this body"},
		{"no proof wanted", "verify: { none: true }" + topics, callOf(body), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := receiverOf(t, c.words).Verify(c.call, nil, now)
			switch {
			case c.refused == "" && err != nil:
				t.Errorf("refused: %v", err)
			case c.refused != "" && (koppel.KindOf(err) != koppel.KindAuth || !strings.Contains(koppel.DetailOf(err), c.refused)):
				t.Errorf("answered %v, want it refused with %q", err, c.refused)
			}
		})
	}
}

func TestCallsAreVerifiedByTheRemotesKeys(t *testing.T) {
	t.Parallel()
	r := receiverOf(t, "verify: { rsa: sha256, header: Signature, part: signature, encoding: base64, keys: { part: keyId, get: /keys, records: keys, id: record.id, key: record.key } }\ntopics: { t: { reads: rows, id: body.id } }")
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	const body = `{"id":1}`
	sum := sha256.Sum256([]byte(body))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	header := func(id string) string {
		return "keyId=" + id + `, algorithm="rsa-sha256", signature=` + base64.StdEncoding.EncodeToString(signature)
	}
	keys := map[string]string{"0": base64.StdEncoding.EncodeToString(der)}
	if err := r.Verify(callOf(body, "Signature", header("0")), keys, time.Now()); err != nil {
		t.Errorf("refused: %v", err)
	}
	if err := r.Verify(callOf(body+" ", "Signature", header("0")), keys, time.Now()); koppel.KindOf(err) != koppel.KindAuth || errors.Is(err, rest.ErrUnknownKey) {
		t.Errorf("another body: %v", err)
	}
	if err := r.Verify(callOf(body, "Signature", header("1")), keys, time.Now()); !errors.Is(err, rest.ErrUnknownKey) {
		t.Errorf("an unknown key: %v", err)
	}
}

func TestPingsAreAnsweredAndNothingElse(t *testing.T) {
	t.Parallel()
	r := receiverOf(t, "verify: { hmac: sha256, header: X-Sig }\nping: [{ when: request.size == 0 and request.method == \"POST\" }, { when: request.query.challenge != nil, answer: \"${request.query.challenge}\" }]\ntopics: { t: { reads: rows, id: body.id } }")
	challenge := callOf("")
	challenge.Method, challenge.Query = http.MethodGet, url.Values{"challenge": {"xyz"}}
	for _, c := range []struct {
		call   *rest.Call
		answer string
		ping   bool
	}{{callOf(""), "", true}, {challenge, "xyz", true}, {callOf(`{"id":1}`), "", false}} {
		answer, ping, err := r.Ping(c.call)
		if err != nil || ping != c.ping || answer != c.answer {
			t.Errorf("%s %q: %q, %v, %v", c.call.Method, c.call.Body, answer, ping, err)
		}
	}
}

func TestACallSaysWhatFollows(t *testing.T) {
	t.Parallel()
	r := receiverOf(t, `verify: { none: true }
topic: body.kind
event_id: body.event
gather: 3s
topics:
  one: { reads: rows, id: body.ids }
  whole: { lands: rows, records: data }
  away: [{ when: body.deleted, gone: rows, id: body.id }, { when: not body.deleted, reads: rows, id: body.id }]
  some: { changed: all, gather: 1m }`)
	event, err := r.Event(callOf(`{"kind":"one","event":7,"ids":[1,"b"]}`), "")
	if err != nil || event != (rest.Event{ID: "7", Topic: "one"}) {
		t.Errorf("event %+v, %v", event, err)
	}
	if _, err := r.Event(callOf(`{"kind":`), ""); koppel.KindOf(err) != koppel.KindInvalidRequest {
		t.Errorf("a body that is no JSON: %v", err)
	}
	effects := func(topic, body string) []rest.Effect {
		t.Helper()
		list, err := r.Effects(topic, "application/json", []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	if e := effects("one", `{"ids":[1,"b"]}`); len(e) != 1 || e[0].Stream != "rows" || strings.Join(e[0].IDs, " ") != "1 b" || e[0].Gather != 3*time.Second {
		t.Errorf("ids: %+v", e)
	}
	e := effects("whole", `{"data":{"id":5,"seen":1,"person":"x","n":2}}`)
	if len(e) != 1 || len(e[0].Records) != 1 || e[0].Records[0].ID != "5" || strings.Contains(string(e[0].Records[0].Raw), "person") {
		t.Errorf("a whole record: %+v", e)
	}
	if other := effects("whole", `{"data":{"id":5,"seen":9,"n":2}}`); other[0].Records[0].Hash != e[0].Records[0].Hash {
		t.Error("a volatile member changes the hash of what landed")
	}
	if e := effects("away", `{"id":5,"deleted":true}`); len(e) != 1 || !e[0].Gone {
		t.Errorf("deleted: %+v", e)
	}
	if e := effects("away", `{"id":5,"deleted":false}`); len(e) != 1 || e[0].Gone {
		t.Errorf("not deleted: %+v", e)
	}
	if e := effects("some", `{}`); len(e) != 1 || !e[0].Changed || e[0].Gather != time.Minute {
		t.Errorf("changed: %+v", e)
	}
	if e := effects("unheard of", `{}`); len(e) != 0 {
		t.Errorf("an unknown topic: %+v", e)
	}
	if _, err := r.Effects("one", "application/json", []byte(`{}`)); err == nil {
		t.Error("a call without an id says something")
	}
}

func TestWrongWordsOfWebhooksNameTheirPlace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, words, want string }{
		{"no proof", "webhooks: { verify: {}, topics: { t: { reads: rows, id: body.id } } }", "c.yaml:10:21: webhooks.verify: exactly one of none, hmac, rsa and token belongs here"},
		{"nowhere", "webhooks: { verify: { hmac: sha256 }, topics: { t: { reads: rows, id: body.id } } }", "exactly one of header, query and member belongs here"},
		{"unknown stream", "webhooks: { verify: { none: true }, topics: { t: { reads: row, id: body.id } } }", "webhooks.topics.t: no stream row; did you mean rows?"},
		{"cannot be read singly", "webhooks: { verify: { none: true }, topics: { t: { reads: all, id: body.id } } }", "stream all has no one"},
		{"no id", "webhooks: { verify: { none: true }, topics: { t: { reads: rows } } }", "id is missing: which record of rows?"},
		{"two streams", "webhooks: { verify: { none: true }, topics: { t: { reads: rows, lands: rows, id: body.id } } }", "exactly one of reads, lands, gone and changed belongs here"},
		{"never ended", "webhooks: { verify: { none: true }, topics: { t: { reads: rows, id: body.id } }, subscribe: { post: /h, id: body.id } }", "unsubscribe is missing"},
		{"no topics", "webhooks: { verify: { none: true }, topics: {} }", "expected at least one topic"},
		{"one for all without topic", "webhooks: { verify: { none: true }, per: coupling, topics: { t: { reads: rows, id: body.id } } }", "topic is missing"},
		{"keys without rsa", "webhooks: { verify: { hmac: sha256, header: S, keys: { part: k, get: /k, id: record.id, key: record.key } }, topics: { t: { reads: rows, id: body.id } } }", "rsa and keys go together"},
		{"misspelt", "webhooks: { verfy: { none: true } }", "unknown key verfy; did you mean verify?"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := rest.Parse("c.yaml", []byte(hookStart+c.words+"\n"), mapping.CompileExpr)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}
