package client

import (
	"context"
	"net/http"
	"time"

	"github.com/koppel-io/koppel"
)

// Connector is how to talk to one remote system, as published.
type Connector struct {
	Name string `json:"name"`
	// Version is the current one, which new and unpinned couplings use.
	Version  ConnectorVersion   `json:"version"`
	Versions []ConnectorVersion `json:"versions"`
	// Settings and Credentials are what a coupling can be given.
	Settings    []koppel.Setting `json:"settings"`
	Credentials []koppel.Setting `json:"credentials"`
	// Objects are what it can pull.
	Objects []koppel.Object `json:"objects"`
}

// ConnectorVersion is an immutable version of a connector.
type ConnectorVersion struct {
	Connector   string    `json:"connector,omitempty"`
	Version     string    `json:"version"`
	Digest      string    `json:"digest"`
	PublishedBy string    `json:"published_by"`
	PublishedAt time.Time `json:"published_at"`
	Current     bool      `json:"current"`
}

// ConnectorSource is a connector as it is written: the text of its two files.
type ConnectorSource struct {
	Manifest string `json:"manifest"`
	Mapping  string `json:"mapping"`
}

// Connectors lists connectors: GET /connectors.
func (c *Client) Connectors(ctx context.Context, page Page) (List[Connector], error) {
	return get[List[Connector]](ctx, c, "/connectors", page.query())
}

// Connector finds one: GET /connectors/{name}.
func (c *Client) Connector(ctx context.Context, name string) (Connector, error) {
	return get[Connector](ctx, c, at("connectors", name), nil)
}

// Publish brings a version to the running platform: POST /connectors.
func (c *Client) Publish(ctx context.Context, source ConnectorSource) (ConnectorVersion, error) {
	return send[ConnectorVersion](ctx, c, http.MethodPost, "/connectors", source)
}

// Rollback makes an earlier version current, the one before when version is
// "": POST /connectors/{name}/rollback.
func (c *Client) Rollback(ctx context.Context, name, version string) (ConnectorVersion, error) {
	body := map[string]any{}
	if version != "" {
		body["version"] = version
	}
	return send[ConnectorVersion](ctx, c, http.MethodPost, at("connectors", name, "rollback"), body)
}
