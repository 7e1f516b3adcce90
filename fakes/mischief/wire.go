package mischief

import (
	"bytes"
	"context"
	"net/http"
	"strconv"
	"time"
)

// Pause waits d; false when the client left first or the fake was closed.
func Pause(ctx context.Context, closed <-chan struct{}, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
	case <-closed:
	}
	return false
}

// Hang keeps the client waiting, then drops the connection without an answer:
// it never returns.
func Hang(r *http.Request, closed <-chan struct{}, f *Fault) {
	Pause(r.Context(), closed, f.Delay(2*time.Minute))
	panic(http.ErrAbortHandler)
}

// Cut sends half of a body as the fault's Cut says; write sends an answer with
// the body it is given. It does not return where the connection is dropped.
func Cut(w http.ResponseWriter, f *Fault, body []byte, write func(http.ResponseWriter, []byte)) {
	if f.Cut == "json" {
		write(w, body[:len(body)/2])
		return
	}
	write(&halfWriter{ResponseWriter: w, chunked: f.Cut == "chunk"}, body)
	panic(http.ErrAbortHandler)
}

// halfWriter sends half of what it is given, under headers that promise all of
// it, or one chunk more.
type halfWriter struct {
	http.ResponseWriter
	chunked bool
}

// WriteHeader leaves the length out where chunks follow.
func (h *halfWriter) WriteHeader(status int) {
	if h.chunked {
		h.Header().Del("Content-Length")
	}
	h.ResponseWriter.WriteHeader(status)
}

// Write sends the first half of b at once.
func (h *halfWriter) Write(b []byte) (int, error) {
	n, err := h.ResponseWriter.Write(b[:len(b)/2])
	if err == nil {
		err = http.NewResponseController(h.ResponseWriter).Flush()
	}
	return n, err
}

// Garble gives the last record of a list, which begins with start, a key that
// comes twice and a byte that is no UTF-8, both of which careful readers refuse.
func Garble(body []byte, start, key string) []byte {
	k := bytes.LastIndex(body, []byte(start))
	if k < 0 {
		return body
	}
	b := append([]byte(nil), body[:k]...)
	name := strconv.Quote(key)
	b = append(b, "{"+name+":\"\xff\","+name+":\"twice\","...)
	return append(b, body[k+1:]...)
}
