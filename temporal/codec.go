package temporal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/subtle"
	"io"
	"net/http"
	"strings"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"

	"github.com/koppel-io/koppel"
)

const (
	encodingEncrypted = "binary/koppel-aes-gcm"
	metadataKeyID     = "koppel-key-id"
)

// Codec encrypts payloads with AES-256-GCM under a named key and decrypts what
// any of its keys encrypted. Bare strings stay readable: they are summaries
// and details, which hold ids and counts only, while inputs and results are
// always JSON objects.
type Codec struct {
	primary string
	keys    map[string]cipher.AEAD
}

var _ converter.PayloadCodec = (*Codec)(nil)

// NewCodec makes a codec that encrypts with the primary key. Keys are 32 bytes
// each, by id; to rotate, add the new key everywhere, then make it primary.
func NewCodec(primary string, keys map[string][]byte) (*Codec, error) {
	c := &Codec{primary: primary, keys: make(map[string]cipher.AEAD, len(keys))}
	for id, key := range keys {
		if len(key) != 32 {
			return nil, koppel.E(koppel.KindInvalidRequest, "temporal: codec key "+id, "a key is 32 bytes")
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, koppel.Wrap("temporal: codec key "+id, err)
		}
		if c.keys[id], err = cipher.NewGCM(block); err != nil {
			return nil, koppel.Wrap("temporal: codec key "+id, err)
		}
	}
	if c.keys[primary] == nil {
		return nil, koppel.E(koppel.KindInvalidRequest, "temporal: codec", "the primary key "+primary+" is not among the keys")
	}
	return c, nil
}

// Encode implements converter.PayloadCodec.
func (c *Codec) Encode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	out := make([]*commonpb.Payload, len(payloads))
	for i, p := range payloads {
		if readable(p) {
			out[i] = p
			continue
		}
		plain, err := proto.Marshal(p)
		if err != nil {
			return nil, koppel.Wrap("temporal: encode payload", err)
		}
		nonce := make([]byte, c.keys[c.primary].NonceSize(), c.keys[c.primary].NonceSize()+len(plain)+16)
		_, _ = rand.Read(nonce)
		out[i] = &commonpb.Payload{
			Metadata: map[string][]byte{converter.MetadataEncoding: []byte(encodingEncrypted), metadataKeyID: []byte(c.primary)},
			Data:     c.keys[c.primary].Seal(nonce, nonce, plain, []byte(c.primary)),
		}
	}
	return out, nil
}

// Decode implements converter.PayloadCodec.
func (c *Codec) Decode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	out := make([]*commonpb.Payload, len(payloads))
	for i, p := range payloads {
		if string(p.Metadata[converter.MetadataEncoding]) != encodingEncrypted {
			out[i] = p
			continue
		}
		id := string(p.Metadata[metadataKeyID])
		key := c.keys[id]
		if key == nil {
			return nil, koppel.E(koppel.KindInternal, "temporal: decode payload", "the key "+id+" is not configured on this process")
		}
		if len(p.Data) < key.NonceSize() {
			return nil, koppel.E(koppel.KindInternal, "temporal: decode payload", "the payload is cut short")
		}
		plain, err := key.Open(nil, p.Data[:key.NonceSize()], p.Data[key.NonceSize():], []byte(id))
		if err != nil {
			return nil, koppel.Wrap("temporal: decode payload with key "+id, err)
		}
		out[i] = &commonpb.Payload{}
		if err := proto.Unmarshal(plain, out[i]); err != nil {
			return nil, koppel.Wrap("temporal: decode payload", err)
		}
	}
	return out, nil
}

// readable: a bare JSON string, which only summaries and details are.
func readable(p *commonpb.Payload) bool {
	return string(p.Metadata[converter.MetadataEncoding]) == converter.MetadataEncodingJSON && len(p.Data) > 0 && p.Data[0] == '"'
}

// Handler is the codec endpoint of the Temporal UI and CLI. It answers only
// requests that carry the token, as a bearer token (the CLI's --codec-auth) or
// as the password of HTTP Basic, and lets the UI's origin call it. A UI
// without sign-in of its own has no token to send: its user opens the
// endpoint once in the browser, gives the token as the password, and lets the
// UI include cross-origin credentials.
func (c *Codec) Handler(token koppel.Secret, origin string) http.Handler {
	decode := converter.NewPayloadCodecHTTPHandler(c)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", origin)
		w.Header().Set("Access-Control-Allow-Headers", "Authorization,Content-Type,X-Namespace")
		w.Header().Set("Access-Control-Allow-Credentials", "true")
		if r.Method == http.MethodOptions {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		if !carries(r, token) {
			w.Header().Set("WWW-Authenticate", `Basic realm="Temporal payloads; the password is the codec token"`)
			http.Error(w, "the codec token is needed, as a bearer token or as the password", http.StatusUnauthorized)
			return
		}
		if r.Method == http.MethodGet {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			_, _ = io.WriteString(w, "The token is right. In the Temporal UI, set this address as the codec server and let it include cross-origin credentials.\n")
			return
		}
		decode.ServeHTTP(w, r)
	})
}

// carries compares in the same time wherever the difference is.
func carries(r *http.Request, token koppel.Secret) bool {
	given, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !bearer {
		_, given, _ = r.BasicAuth()
	}
	return !token.IsZero() && subtle.ConstantTimeCompare([]byte(given), []byte(token.Reveal())) == 1
}
