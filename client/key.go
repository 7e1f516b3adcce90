package client

import (
	"context"
	"net/http"
	"time"

	"github.com/koppel-io/koppel"
)

// Key is an API key as it can be shown: never the key itself.
type Key struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Prefix   string   `json:"prefix"`
	LastFour string   `json:"last_four"`
	Scopes   []string `json:"scopes"`
	// Webshop or Organisation is what the key is bound to; neither: the installation.
	Webshop      string     `json:"webshop,omitempty"`
	Organisation string     `json:"organisation,omitempty"`
	CreatedAt    time.Time  `json:"created_at"`
	ExpiresAt    *time.Time `json:"expires_at,omitempty"`
	RevokedAt    *time.Time `json:"revoked_at,omitempty"`
	LastUsedAt   *time.Time `json:"last_used_at,omitempty"`
}

// NewKey is what a key is made of. Name and Scopes are required; at most one
// of Webshop and Organisation is given.
type NewKey struct {
	Name         string     `json:"name"`
	Scopes       []string   `json:"scopes"`
	Webshop      string     `json:"webshop,omitempty"`
	Organisation string     `json:"organisation,omitempty"`
	ExpiresAt    *time.Time `json:"expires_at,omitempty"`
}

// CreatedKey is a new key with its text, which cannot be shown again.
type CreatedKey struct {
	Key
	Text koppel.Secret `json:"key"`
}

// CreateKey makes a key: POST /keys.
func (c *Client) CreateKey(ctx context.Context, n NewKey) (CreatedKey, error) {
	return send[CreatedKey](ctx, c, http.MethodPost, "/keys", n)
}

// Keys lists keys, revoked ones too: GET /keys.
func (c *Client) Keys(ctx context.Context, page Page) (List[Key], error) {
	return get[List[Key]](ctx, c, "/keys", page.query())
}

// RevokeKey ends a key at once: DELETE /keys/{id}.
func (c *Client) RevokeKey(ctx context.Context, id string) (Key, error) {
	return send[Key](ctx, c, http.MethodDelete, at("keys", id), nil)
}
