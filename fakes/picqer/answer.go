package picqer

import (
	"net/http"
	"strconv"
)

// answer is what an endpoint wants to say, before a fault spoils it.
type answer struct {
	status int
	body   []byte
	ctype  string // "" is JSON
	header http.Header
	effect string // what changed, for the ledger
}

func (a answer) write(w http.ResponseWriter) {
	for k, v := range a.header {
		w.Header()[k] = v
	}
	ctype := a.ctype
	if ctype == "" {
		ctype = "application/json"
	}
	w.Header().Set("Content-Type", ctype)
	w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.status)
	// The client may be gone; there is nobody to tell.
	_, _ = w.Write(a.body)
}

func ok(body any) answer { return answer{status: http.StatusOK, body: encode(body)} }

// done is an answer to a request that changed something.
func done(status int, effect string, body any) answer {
	return answer{status: status, body: encode(body), effect: effect}
}

func refuse(status, code int, message string) answer {
	return answer{status: status, body: encode(struct {
		Error   bool   `json:"error"`
		Code    int    `json:"error_code"`
		Message string `json:"error_message"`
	}{true, code, message})}
}

func invalid(message string) answer { return refuse(http.StatusBadRequest, 4, message) }

func notFound(what string) answer { return refuse(http.StatusNotFound, 8, what+" not found") }
