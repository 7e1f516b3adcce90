package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/koppel-io/koppel"
)

// Config configures a Client. URL is required.
type Config struct {
	// URL is where the server listens, such as https://koppel.example.com; a
	// path in it comes before /api/v1.
	URL string
	// Key signs in; without one only what needs no key is answered.
	Key koppel.Secret
	// HTTP sends the requests; when nil a client with a limit of a minute for
	// the head of an answer.
	HTTP *http.Client
	// UserAgent is sent with each request; "koppel-client" when empty.
	UserAgent string
	// Patience is how long Live goes on trying to get a lost connection back;
	// two minutes when zero.
	Patience time.Duration
	// Silence is how long a live connection may say nothing at all, not even
	// its sign of life, before it is made anew; 45 seconds when zero.
	Silence time.Duration
}

// Client calls the API.
type Client struct {
	config Config
	base   *url.URL
}

// The largest answer that is read, in bytes.
const answerLimit = 64 << 20

// New makes a Client. A URL that cannot be used is an error of kind
// invalid_request; nothing is sent yet.
func New(config Config) (*Client, error) {
	base, err := url.Parse(config.URL)
	if err != nil || base.Host == "" || (base.Scheme != "http" && base.Scheme != "https") {
		return nil, koppel.E(koppel.KindInvalidRequest, "make a client", fmt.Sprintf("%q is no address of a server; it looks like https://koppel.example.com", config.URL))
	}
	if config.HTTP == nil {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.ResponseHeaderTimeout = time.Minute
		config.HTTP = &http.Client{Transport: transport}
	}
	if config.UserAgent == "" {
		config.UserAgent = "koppel-client"
	}
	if config.Patience <= 0 {
		config.Patience = 2 * time.Minute
	}
	if config.Silence <= 0 {
		config.Silence = 45 * time.Second
	}
	base.Path, base.RawQuery, base.Fragment = strings.TrimSuffix(base.Path, "/"), "", ""
	return &Client{config: config, base: base}, nil
}

// request is one call: a path below /api/v1 whose parts are escaped already.
type request struct {
	method, path string
	query        url.Values
	body         any
}

// call sends r and reads the answer into out, when out is not nil.
func (c *Client) call(ctx context.Context, r request, out any) error {
	res, err := c.send(ctx, r, "application/json")
	if err != nil {
		return err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, answerLimit+1))
	switch {
	case err != nil:
		return c.unreachable(r, err)
	case len(body) > answerLimit:
		return &Problem{Status: res.StatusCode, Kind: koppel.KindTooLarge, Title: "The answer is too large", Owner: koppel.OwnerUs,
			Detail: fmt.Sprintf("%s %s answers with more than %d MiB", r.method, r.path, answerLimit>>20), Next: "Ask for fewer at a time: --limit"}
	case out == nil:
		return nil
	}
	if err := json.Unmarshal(body, out); err != nil {
		return notOurs(res, r, body)
	}
	return nil
}

// send sends r and returns an answer of status 2xx; any other is a *Problem.
func (c *Client) send(ctx context.Context, r request, accept string) (*http.Response, error) {
	var body io.Reader
	if r.body != nil {
		encoded, err := json.Marshal(r.body)
		if err != nil {
			return nil, koppel.Wrap(r.method+" "+r.path, err)
		}
		body = bytes.NewReader(encoded)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, c.address(r), body)
	if err != nil {
		return nil, koppel.Wrap(r.method+" "+r.path, err)
	}
	req.Header.Set("Accept", accept+", application/problem+json")
	req.Header.Set("User-Agent", c.config.UserAgent)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if !c.config.Key.IsZero() {
		req.Header.Set("Authorization", "Bearer "+c.config.Key.Reveal())
	}
	res, err := c.config.HTTP.Do(req)
	if err != nil {
		return nil, c.unreachable(r, err)
	}
	if res.StatusCode < 200 || res.StatusCode > 299 {
		defer res.Body.Close()
		return nil, problemOf(res, r)
	}
	return res, nil
}

func (c *Client) address(r request) string {
	address := c.base.String() + "/api/v1" + r.path
	if len(r.query) > 0 {
		address += "?" + r.query.Encode()
	}
	return address
}

// get reads one answer of type T.
func get[T any](ctx context.Context, c *Client, path string, query url.Values) (T, error) {
	var answer T
	err := c.call(ctx, request{method: http.MethodGet, path: path, query: query}, &answer)
	return answer, err
}

// send posts, puts or patches a body and reads an answer of type T.
func send[T any](ctx context.Context, c *Client, method, path string, body any) (T, error) {
	var answer T
	err := c.call(ctx, request{method: method, path: path, body: body}, &answer)
	return answer, err
}

// at joins the parts of a path, escaping each.
func at(parts ...string) string {
	var path strings.Builder
	for _, part := range parts {
		path.WriteString("/" + url.PathEscape(part))
	}
	return path.String()
}
