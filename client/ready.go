package client

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
)

// Ready says what the server needs and whether it is there.
type Ready struct {
	Ready bool `json:"ready"`
	// Checks are postgres, schema and temporal.
	Checks map[string]ReadyCheck `json:"checks"`
}

// ReadyCheck is one thing that the server needs.
type ReadyCheck struct {
	OK     bool   `json:"ok"`
	Detail string `json:"detail,omitempty"`
}

// Ready asks whether the server has what it needs: GET /ready, which needs no
// key. A server that lacks something is an answer, no error.
func (c *Client) Ready(ctx context.Context) (Ready, error) {
	r := request{method: http.MethodGet, path: "/ready"}
	req, err := http.NewRequestWithContext(ctx, r.method, c.base.String()+r.path, nil)
	if err != nil {
		return Ready{}, c.unreachable(r, err)
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", c.config.UserAgent)
	res, err := c.config.HTTP.Do(req)
	if err != nil {
		return Ready{}, c.unreachable(r, err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, problemLimit))
	if err != nil {
		return Ready{}, c.unreachable(r, err)
	}
	var ready Ready
	if json.Unmarshal(body, &ready) != nil || ready.Checks == nil {
		return Ready{}, notOurs(res, r, body)
	}
	return ready, nil
}
