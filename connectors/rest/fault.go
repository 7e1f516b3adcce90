package rest

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/koppel-io/koppel"
)

// failed makes the error of a failed exchange, captures it, and makes sure that
// no secret is in it. a may be nil or without an answer.
func (c *Client) failed(ctx context.Context, a *answer, err error) error {
	if ctx.Err() != nil && !errors.Is(err, errRequestTimeout) {
		return &koppel.Error{Kind: koppel.KindTimeout, Op: a.call.op, Detail: "the work was stopped from outside", Err: context.Cause(ctx)}
	}
	out := c.fault(a, err)
	out.Op = a.call.op
	out.Detail = c.redact.text(out.Detail)
	if out.Kind != koppel.KindRateLimited && out.Kind != koppel.KindQuota || a.status != 0 {
		if id := c.capture(ctx, a, out); id != 0 {
			out.Exchange = id
		}
	}
	return out
}

// fault is the table of what can go wrong before there is an answer to judge.
func (c *Client) fault(a *answer, err error) *koppel.Error {
	var own *koppel.Error
	if errors.As(err, &own) {
		return &koppel.Error{Kind: own.Kind, Detail: koppel.DetailOf(err), RetryAfter: own.RetryAfter, Exchange: own.Exchange}
	}
	host := a.call.url.Host
	var dns *net.DNSError
	var certificate *tls.CertificateVerificationError
	var reading *readError
	var disk *diskError
	switch {
	case errors.Is(err, errRequestTimeout), isTimeout(err):
		return koppel.E(koppel.KindTimeout, "", fmt.Sprintf("%s gave no whole answer within %s", host, c.timeoutOf(a.call)))
	case errors.Is(err, errTooLarge):
		return koppel.E(koppel.KindTooLarge, "", fmt.Sprintf("the answer of %s is larger than %d MiB", host, max(c.limitOf(a.call)>>20, 1)))
	case errors.As(err, &disk):
		return &koppel.Error{Kind: koppel.KindInternal, Detail: disk.Error(), Err: disk}
	case errors.As(err, &dns):
		return koppel.E(koppel.KindNetwork, "", "the name "+a.call.url.Hostname()+" cannot be resolved")
	case errors.As(err, &certificate):
		return koppel.E(koppel.KindNetwork, "", fmt.Sprintf("the certificate of %s is not trusted: %v", host, certificate.Err))
	case errors.Is(err, syscall.ECONNREFUSED):
		return koppel.E(koppel.KindNetwork, "", "nothing listens at "+host)
	case errors.As(err, &reading):
		return koppel.E(koppel.KindNetwork, "", fmt.Sprintf("%s broke the answer off after %d bytes", host, a.received()))
	case isReset(err):
		return koppel.E(koppel.KindNetwork, "", host+" closed the connection without an answer")
	}
	return koppel.E(koppel.KindNetwork, "", fmt.Sprintf("%s cannot be reached: %v", host, withoutURL(err)))
}

// received is how much of a body came.
func (a *answer) received() int64 {
	switch {
	case a.call.spool != nil:
		return a.call.spool.size
	case a.body == nil:
		return 0
	}
	return int64(len(a.body.data))
}

// limitOf is the largest body that a call may bring.
func (c *Client) limitOf(call call) int64 {
	if call.spool != nil {
		return call.spool.limit
	}
	return c.maxBody
}

// timeoutOf is the time limit of a call.
func (c *Client) timeoutOf(call call) time.Duration { return cmp.Or(call.timeout, c.timeout) }

// withoutURL drops the address that net/http puts into its errors: it may hold secrets.
func withoutURL(err error) error {
	var outer *url.Error
	if errors.As(err, &outer) {
		return outer.Err
	}
	return err
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// isReset reports whether the connection went away before an answer.
func isReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, io.EOF) ||
		errors.Is(err, io.ErrUnexpectedEOF) || strings.Contains(err.Error(), "server closed idle connection")
}

// drift is an answer in another shape than the manifest declares.
func (c *Client) drift(ctx context.Context, a *answer, detail string) error {
	return c.failed(ctx, a, koppel.E(koppel.KindSchemaDrift, a.call.op, detail))
}

// capture keeps the exchange, redacted, and returns its id; 0 when it is not kept.
func (c *Client) capture(ctx context.Context, a *answer, fault *koppel.Error) int64 {
	if c.exchanges == nil || a.request == nil {
		return 0
	}
	e := c.picture(a)
	if e.ResponseBody != "" {
		e.ResponseBody = c.redact.body(c.keepable(a))
	}
	e.Error = c.redact.text(fault.Error())
	id, err := c.exchanges.SaveExchange(ctx, e)
	if err != nil {
		c.log.WarnContext(ctx, "keep failed exchange", "url", e.URL, "error", err)
		return 0
	}
	return id
}

// picture is an exchange as it may be kept and shown: redacted, bodies cut.
func (c *Client) picture(a *answer) koppel.Exchange {
	e := koppel.Exchange{
		At: a.requestedAt, Method: a.call.method, URL: c.redact.url(a.request.URL),
		RequestHeader: c.redact.header(a.request.Header), RequestBody: c.redact.body(a.call.body),
		Status: a.status, Took: a.took,
	}
	if a.header != nil {
		e.ResponseHeader = c.redact.header(a.header)
	}
	if a.body != nil && (a.call.token == nil || a.status >= 400) {
		e.ResponseBody = c.redact.body(a.body.data)
	}
	return e
}
