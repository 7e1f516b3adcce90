package web

import (
	"bytes"
	"io"
	"net/http"
	"strconv"

	"github.com/koppel-io/koppel/api"
	"github.com/koppel-io/koppel/client"
	"github.com/koppel-io/koppel/store"
)

// ask is a client of the API inside this process, with the rights of a key.
func (s *site) ask(key store.Key) (*client.Client, error) {
	return client.New(client.Config{URL: "http://koppel", HTTP: &http.Client{Transport: inside{site: s, key: key}}, UserAgent: "koppel-pages"})
}

// inside carries a request to the API's handler without a connection.
type inside struct {
	*site
	key store.Key
}

// RoundTrip implements http.RoundTripper.
func (t inside) RoundTrip(req *http.Request) (*http.Response, error) {
	asked := req.Clone(api.As(req.Context(), t.key))
	asked.RemoteAddr, asked.RequestURI = "pages", req.URL.RequestURI()
	if asked.Body == nil {
		asked.Body = http.NoBody
	}
	w := &answer{header: http.Header{}, status: http.StatusOK}
	t.API.ServeHTTP(w, asked)
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: w.status, Status: strconv.Itoa(w.status) + " " + http.StatusText(w.status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.header, Body: io.NopCloser(&w.body), ContentLength: int64(w.body.Len()), Request: req,
	}, nil
}

// answer gathers what the API's handler writes.
type answer struct {
	header http.Header
	status int
	begun  bool
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (a *answer) Header() http.Header { return a.header }

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) {
	if !a.begun {
		a.status, a.begun = status, true
	}
}

// Write implements http.ResponseWriter.
func (a *answer) Write(b []byte) (int, error) {
	a.begun = true
	return a.body.Write(b)
}
