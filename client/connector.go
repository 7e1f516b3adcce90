package client

import (
	"context"
	"net/http"
	"time"

	"github.com/koppel-io/koppel"
)

// Connector is how to talk to one remote system, by its current version.
type Connector struct {
	// Name is its id, Title what people read.
	Name  string `json:"name"`
	Title string `json:"title"`
	// Version is the current one, which new and unpinned couplings use.
	Version ConnectorVersion `json:"version"`
	// Docs is the address of the remote's API documentation.
	Docs string `json:"docs,omitempty"`
	// Objects are what it reads, Pushes what it writes.
	Objects []koppel.Object `json:"objects"`
	Pushes  []koppel.Object `json:"pushes"`
	// Groups are what one run reads together.
	Groups []StreamGroup `json:"groups"`
	// Settings and Credentials are what a coupling can be given.
	Settings    []koppel.Setting `json:"settings"`
	Credentials []koppel.Setting `json:"credentials"`
	// App are the fields of our own partner app, Environments the remote's
	// systems, the usual one first.
	App          []koppel.Setting `json:"app,omitempty"`
	Environments []string         `json:"environments"`
	// Login: the customer logs in at the remote, by a connect link.
	Login bool `json:"login"`
	// Versions are those published, newest first; left out in lists.
	Versions []ConnectorVersion `json:"versions,omitempty"`
}

// StreamGroup is what one run reads.
type StreamGroup struct {
	Name    string          `json:"name"`
	Objects []koppel.Object `json:"objects"`
}

// ConnectorVersion is an immutable version of a connector.
type ConnectorVersion struct {
	Connector string `json:"connector"`
	Version   string `json:"version"`
	Digest    string `json:"digest"`
	// Current: new and unpinned couplings use it.
	Current     bool      `json:"current"`
	PublishedBy string    `json:"published_by"`
	PublishedAt time.Time `json:"published_at"`
	// Held are couplings that stay on the version they have, as their mapping
	// override does not go with this one; told when it becomes current.
	Held []Held `json:"held,omitempty"`
}

// Held is a coupling that does not follow its connector's current version.
type Held struct {
	Coupling string `json:"coupling"`
	Name     string `json:"name"`
	Reason   string `json:"reason"`
	Next     string `json:"next"`
}

// ConnectorSource is a connector as it is written: the text of its two files.
type ConnectorSource struct {
	Manifest string `json:"manifest"`
	Mapping  string `json:"mapping"`
}

// Connectors lists connectors: GET /connectors.
func (c *Client) Connectors(ctx context.Context) (List[Connector], error) {
	return get[List[Connector]](ctx, c, "/connectors", nil)
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
