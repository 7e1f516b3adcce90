package client

import (
	"context"
	"net/http"
	"time"
)

// AppCredential is our own partner app at a remote as it can be shown: which
// fields there are, never what they hold.
type AppCredential struct {
	Connector   string    `json:"connector"`
	Environment string    `json:"environment"`
	Fields      []string  `json:"fields"`
	UpdatedAt   time.Time `json:"updated_at"`
}

// SetAppCredential keeps the secrets of our app: PUT /app-credentials/{connector}/{environment}.
func (c *Client) SetAppCredential(ctx context.Context, connector, environment string, values Credentials) (AppCredential, error) {
	return send[AppCredential](ctx, c, http.MethodPut, at("app-credentials", connector, environment), map[string]any{"values": values})
}

// AppCredentials lists our apps: GET /app-credentials.
func (c *Client) AppCredentials(ctx context.Context) (List[AppCredential], error) {
	return get[List[AppCredential]](ctx, c, "/app-credentials", nil)
}

// RemoveAppCredential shreds the secrets of our app: DELETE /app-credentials/{connector}/{environment}.
func (c *Client) RemoveAppCredential(ctx context.Context, connector, environment string) (AppCredential, error) {
	return send[AppCredential](ctx, c, http.MethodDelete, at("app-credentials", connector, environment), nil)
}
