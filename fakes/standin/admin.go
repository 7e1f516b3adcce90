package standin

import (
	"encoding/json"
	"io"
	"net/http"
)

// maxBody bounds what a test sends.
const maxBody = 8 << 20

// Reply answers a test with JSON.
func Reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	// The client may be gone; there is nobody to tell.
	_ = e.Encode(v)
}

// Receive reads what a test sends, and answers what is wrong with it; false
// then.
func Receive(w http.ResponseWriter, r *http.Request, v any) bool {
	d := json.NewDecoder(io.LimitReader(r.Body, maxBody))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		http.Error(w, "the body: "+err.Error(), http.StatusBadRequest)
		return false
	}
	return true
}
