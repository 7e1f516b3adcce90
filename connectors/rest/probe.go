package rest

import (
	"context"
	"strings"

	"github.com/koppel-io/koppel"
)

// Check proves that the address and the credentials work, by the manifest's
// check request. The error's detail is a plain message for what is wrong. A
// connector without a check passes.
func (c *Client) Check(ctx context.Context) error {
	request := c.manifest.HTTP.Check
	if request == nil {
		return nil
	}
	a, err := c.probe(ctx, "check the credentials", request)
	if err != nil {
		a.release()
		return err
	}
	defer a.release()
	if len(a.body.data) > 0 && a.then == "" {
		if _, err := decodeJSON(a.body.data); err != nil {
			return c.drift(ctx, a, c.base.Host+" answers something else than JSON; is this the address of the API?")
		}
	}
	return nil
}

// Detect finds the remote's version; empty when the manifest does not say how.
func (c *Client) Detect(ctx context.Context) (string, error) {
	detect := c.manifest.HTTP.Detect
	if detect == nil {
		return "", nil
	}
	a, err := c.probe(ctx, "detect the version", &detect.Version.Request)
	defer a.release()
	if err != nil {
		return "", err
	}
	body, err := decodeJSON(a.body.data)
	if err != nil {
		return "", c.drift(ctx, a, "the answer is not JSON")
	}
	value, err := detect.Version.Value.eval(with(c.env, "body", body))
	if err != nil {
		return "", c.drift(ctx, a, err.Error())
	}
	version := strings.TrimSpace(textOf(value))
	if version == "" {
		return "", c.drift(ctx, a, "the answer tells no version")
	}
	return version, nil
}

func (c *Client) probe(ctx context.Context, op string, request *Request) (*answer, error) {
	call, err := c.build(op, request, c.env)
	if err != nil {
		return nil, &koppel.Error{Kind: koppel.KindInvalidRequest, Op: op, Detail: c.redact.text(koppel.DetailOf(err))}
	}
	return c.exchange(ctx, call)
}
