package temporaltest

import (
	"encoding/base64"
	"encoding/json"
	"testing"
)

// Payload is one value that Temporal stores.
type Payload struct {
	// JSON is the payload as the codec endpoint takes it.
	JSON json.RawMessage
	// Encoding says how Data is to be read, such as json/plain.
	Encoding string
	Data     []byte
}

// Payloads are all of the history but the search attributes, which Temporal
// itself has to read.
func (h *History) Payloads(t testing.TB) (found []Payload) {
	t.Helper()
	var parsed any
	if err := json.Unmarshal(h.JSON(t), &parsed); err != nil {
		t.Fatal(err)
	}
	return payloadsIn(t, parsed, nil)
}

func payloadsIn(t testing.TB, part any, found []Payload) []Payload {
	t.Helper()
	switch v := part.(type) {
	case []any:
		for _, p := range v {
			found = payloadsIn(t, p, found)
		}
	case map[string]any:
		metadata, _ := v["metadata"].(map[string]any)
		if encoding, ok := metadata["encoding"].(string); ok {
			return append(found, payloadOf(t, v, encoding))
		}
		for name, p := range v {
			if name != "searchAttributes" {
				found = payloadsIn(t, p, found)
			}
		}
	}
	return found
}

func payloadOf(t testing.TB, v map[string]any, encoding string) Payload {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	data, _ := v["data"].(string)
	p := Payload{JSON: text}
	if p.Data, err = base64.StdEncoding.DecodeString(data); err != nil {
		t.Fatal(err)
	}
	name, err := base64.StdEncoding.DecodeString(encoding)
	if err != nil {
		t.Fatal(err)
	}
	p.Encoding = string(name)
	return p
}
