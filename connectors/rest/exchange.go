package rest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/koppel-io/koppel"
)

// call is one request to make.
type call struct {
	op     string
	method string
	url    *url.URL
	header http.Header
	body   []byte
	// idempotent calls may be repeated.
	idempotent bool
	// operation has a budget of its own; empty for most.
	operation OperationName
	// signer replaces the client's authorization.
	signer authorizer
	// token is set for calls that ask for a token: no rules of the manifest, no
	// refresh, a budget of their own.
	token *tokenEndpoint
	// spool takes the body of a success in place of memory.
	spool *spool
	// timeout replaces the client's.
	timeout time.Duration
}

// answer is what came back, read whole. Release it.
type answer struct {
	call        call
	status      int
	header      http.Header
	body        *body
	request     *http.Request
	requestedAt time.Time
	took        time.Duration
	// then is what a response rule made of it: empty, gone, ignore or nothing.
	then string
	// rule names the rule, as evidence.
	rule string
	// sent reports whether the request may have reached the remote.
	sent bool
}

func (a *answer) release() {
	if a != nil && a.body != nil {
		a.body.release()
		a.body = nil
	}
}

// exchange makes a request and judges the answer. The error is a *koppel.Error
// of the kind that the answer means; an answer comes back beside it when
// there was one, for callers that look at its status, and is to be released.
func (c *Client) exchange(ctx context.Context, call call) (*answer, error) {
	for attempt := 0; ; attempt++ {
		a, err := c.send(ctx, call)
		if err != nil {
			return a, c.failed(ctx, a, err)
		}
		c.learn(ctx, a)
		v := c.judge(a)
		switch {
		case v.action == actionRefresh && attempt == 0 && call.token == nil && (call.idempotent || a.status < 500):
			if r, ok := c.auth.(refresher); ok {
				err := r.refresh(ctx, a.request)
				a.release()
				if err != nil {
					return nil, err
				}
				continue
			}
		case v.action == actionWait && v.wait > 0:
			paced := c.budgetOf(call)
			if err := paced.block(ctx, c.now().Add(v.wait), "the remote asks to wait"); err != nil {
				c.log.WarnContext(ctx, "block budget", "budget", paced.key, "error", err)
			}
			if call.idempotent && attempt < 2 && v.wait <= c.durations.WaitInside {
				a.release()
				continue
			}
		}
		if v.err == nil {
			if c.trace != nil && call.token == nil {
				c.trace(c.picture(a))
			}
			return a, nil
		}
		return a, c.failed(ctx, a, v.err)
	}
}

// retriesMost bounds the retries of one request inside the activity.
const retriesMost = 2

// send makes the request, repeats it when it is idempotent and a passing fault
// shows at once, and reads the body.
func (c *Client) send(ctx context.Context, call call) (*answer, error) {
	g := &gate{client: c, call: call}
	a := &answer{call: call}
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { g.sent.Store(true) },
	})
	began := c.now()
	again := &retryablehttp.Client{
		HTTPClient:   &http.Client{Transport: g, CheckRedirect: checkRedirect},
		RetryWaitMin: c.durations.RequestRetries / 25,
		RetryWaitMax: c.durations.RequestRetries / 5,
		Backoff:      backOff,
		CheckRetry: func(ctx context.Context, r *http.Response, err error) (bool, error) {
			return ctx.Err() == nil && call.idempotent && time.Since(began) < c.durations.RequestRetries && passing(r, err), nil
		},
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
		RetryMax:     retriesMost,
	}
	var content any
	if call.body != nil {
		content = call.body
	}
	request, err := retryablehttp.NewRequestWithContext(ctx, call.method, call.url.String(), content)
	if err != nil {
		return a, err
	}
	request.Header = call.header.Clone()
	if request.Header == nil {
		request.Header = http.Header{}
	}
	response, err := again.Do(request)
	a.sent, a.request, a.requestedAt = g.sent.Load(), g.last, g.at
	if err != nil {
		a.took = c.now().Sub(began)
		return a, err
	}
	defer response.Body.Close()
	a.status, a.header = response.StatusCode, response.Header
	var from io.Reader = response.Body
	if call.spool != nil && a.status/100 == 2 {
		if err := call.spool.fill(response.Body); err != nil {
			a.took = c.now().Sub(began)
			return a, err
		}
		// What is looked at, shown and kept is the beginning.
		from = io.LimitReader(call.spool.open(), spoolShown)
	}
	var over bool
	a.body, over, err = readBody(from, c.maxBody)
	a.took = c.now().Sub(began)
	if err != nil {
		return a, &readError{err}
	}
	if over {
		return a, errTooLarge
	}
	return a, nil
}

// spoolShown is how much of a spooled body its answer holds.
const spoolShown = 4 << 10

// backOff doubles from the first wait, with jitter of half of it.
func backOff(first, most time.Duration, attempt int, _ *http.Response) time.Duration {
	wait := min(first<<attempt, most)
	return wait/2 + rand.N(wait/2+1)
}

// readError is a fault while the body was read: the connection broke off.
type readError struct{ err error }

func (e *readError) Error() string { return "read the answer: " + e.err.Error() }
func (e *readError) Unwrap() error { return e.err }

var errTooLarge = errors.New("the answer is larger than allowed")

// passing reports whether an attempt failed in a way that another one at once may not.
func passing(r *http.Response, err error) bool {
	if err != nil {
		var own *koppel.Error
		return !errors.As(err, &own) && isReset(err)
	}
	switch r.StatusCode {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return r.Header.Get("Retry-After") == ""
	}
	return false
}

// gate stands between retries and the network: each attempt takes a slot of
// the budget, is authorized anew and has its own time limit.
type gate struct {
	client *Client
	call   call
	sent   atomic.Bool
	last   *http.Request
	at     time.Time
}

// RoundTrip implements http.RoundTripper.
func (g *gate) RoundTrip(r *http.Request) (*http.Response, error) {
	c := g.client
	var signer authorizer = c.auth
	if g.call.signer != nil {
		signer = g.call.signer
	}
	if p, ok := signer.(preparer); ok {
		if err := p.prepare(r.Context()); err != nil {
			closeBody(r)
			return nil, err
		}
	}
	done, err := c.take(r.Context(), g.call)
	if err != nil {
		closeBody(r)
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(r.Context(), cmp.Or(g.call.timeout, c.timeout), errRequestTimeout)
	out := r.Clone(ctx)
	c.setHeaders(out, g.call)
	if err := signer.authorize(ctx, out); err != nil {
		closeBody(r)
		cancel()
		done()
		return nil, err
	}
	g.last, g.at = out, c.now()
	response, err := c.transport.RoundTrip(out)
	if err != nil {
		if context.Cause(ctx) == errRequestTimeout {
			err = errRequestTimeout
		}
		cancel()
		done()
		return nil, err
	}
	response.Body = &finishing{ReadCloser: response.Body, ctx: ctx, finish: func() { cancel(); done() }}
	return response, nil
}

var errRequestTimeout = errors.New("no whole answer within the time limit")

func closeBody(r *http.Request) {
	if r.Body != nil {
		_ = r.Body.Close()
	}
}

func (c *Client) setHeaders(r *http.Request, call call) {
	set := func(name, value string) {
		if r.Header.Get(name) == "" {
			r.Header.Set(name, value)
		}
	}
	set("User-Agent", c.userAgent)
	set("Accept", "application/json")
	if call.body != nil {
		set("Content-Type", "application/json")
	}
}

// finishing gives slot and timer back when the body is closed.
type finishing struct {
	io.ReadCloser
	ctx    context.Context
	finish func()
	closed atomic.Bool
}

// Read tells our own time limit apart from the caller's.
func (f *finishing) Read(p []byte) (int, error) {
	n, err := f.ReadCloser.Read(p)
	if err != nil && err != io.EOF && context.Cause(f.ctx) == errRequestTimeout {
		err = errRequestTimeout
	}
	return n, err
}

// Close closes the body once.
func (f *finishing) Close() error {
	err := f.ReadCloser.Close()
	if f.closed.CompareAndSwap(false, true) {
		f.finish()
	}
	return err
}

// isHTML reports whether the answer is a page for people.
func (a *answer) isHTML() bool {
	if a.body == nil {
		return false
	}
	data := bytes.ToLower(bytes.TrimLeft(a.body.data[:min(len(a.body.data), 256)], " \t\r\n\ufeff"))
	if bytes.HasPrefix(data, []byte("<!doctype html")) || bytes.HasPrefix(data, []byte("<html")) {
		return true
	}
	return len(data) > 0 && data[0] == '<' && bytes.Contains([]byte(a.header.Get("Content-Type")), []byte("html"))
}
