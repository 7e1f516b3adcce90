package temporal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/subtle"
	"net/http"

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

// Handler is the codec endpoint of the Temporal UI. It answers only requests
// that carry the bearer token, and lets the UI's origin call it.
func (c *Codec) Handler(token koppel.Secret, origin string) http.Handler {
	decode := converter.NewPayloadCodecHTTPHandler(c)
	want := []byte("Bearer " + token.Reveal())
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", origin)
		w.Header().Set("Access-Control-Allow-Headers", "Authorization,Content-Type,X-Namespace")
		w.Header().Set("Access-Control-Allow-Credentials", "true")
		if r.Method == http.MethodOptions {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		if token.IsZero() || subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), want) != 1 {
			http.Error(w, "a bearer token is needed: see docs/operations.md", http.StatusUnauthorized)
			return
		}
		decode.ServeHTTP(w, r)
	})
}
