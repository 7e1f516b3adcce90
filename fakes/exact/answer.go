package exact

import (
	"net/http"
	"strconv"
)

// answer is a response on its way out.
type answer struct {
	status int
	header http.Header
	ctype  string
	body   []byte
	// effect is what the request did: "create PurchaseOrders", …
	effect string
}

const jsonType = "application/json; charset=utf-8"

func (a answer) write(w http.ResponseWriter) {
	h := w.Header()
	for k, v := range a.header {
		h[k] = v
	}
	if a.ctype != "" {
		h.Set("Content-Type", a.ctype)
	}
	h.Set("Cache-Control", "private")
	if a.status != http.StatusNoContent {
		h.Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	w.WriteHeader(a.status)
	// The client may be gone; there is nobody to tell.
	_, _ = w.Write(a.body)
}

func (a *answer) set(name, value string) {
	if a.header == nil {
		a.header = http.Header{}
	}
	// The names of the rate limit headers are written as Exact writes them.
	a.header[name] = []string{value}
}

// failure is an error in Exact's form: the code is empty, the text is in the
// user's language.
func failure(status int, message string) answer {
	b := []byte(`{"error":{"code":"","message":{"lang":"","value":`)
	b = appendString(b, message)
	b = append(b, `}}}`...)
	return answer{status: status, ctype: jsonType, body: b}
}
