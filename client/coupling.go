package client

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/koppel-io/koppel"
)

// Coupling is one integration switched on for one webshop.
type Coupling struct {
	ID      string `json:"id"`
	Webshop string `json:"webshop"`
	// WebshopName is what people call the webshop.
	WebshopName string `json:"webshop_name"`
	// Connector is the code of the integration.
	Connector        string `json:"connector"`
	ConnectorVersion string `json:"connector_version"`
	// Hold says why it does not follow the connector's current version; "" when it does.
	Hold  string               `json:"hold,omitempty"`
	Name  string               `json:"name"`
	State koppel.CouplingState `json:"state"`
	Pause *Pause               `json:"pause,omitempty"`
	// Pauses are all that stand, the foremost first.
	Pauses []Pause `json:"pauses,omitempty"`
	// Shadow is set while it writes nothing because another platform still does.
	Shadow   *Shadow        `json:"shadow,omitempty"`
	Settings map[string]any `json:"settings"`
	// Steps are those of the last activation, in order.
	Steps []koppel.Step `json:"steps"`
	// Closing is the last disabling or removal; nil when there was none.
	Closing  *Closing `json:"closing,omitempty"`
	Priority int64    `json:"priority"`
	// RemoteVersion is the remote's version as it was last detected.
	RemoteVersion string     `json:"remote_version"`
	Health        Health     `json:"health"`
	Schedules     []Schedule `json:"schedules"`
	// LastRuns has the last run of each stream group.
	LastRuns    []LastRun  `json:"last_runs"`
	CreatedAt   time.Time  `json:"created_at"`
	ActivatedAt *time.Time `json:"activated_at"`
}

// Closing is a disabling, or a removal, of a coupling.
type Closing struct {
	Removal bool                `json:"removal"`
	Objects *koppel.LeftObjects `json:"objects,omitempty"`
	// Going: steps are left to do.
	Going     bool          `json:"going"`
	Steps     []koppel.Step `json:"steps"`
	RemovedAt *time.Time    `json:"removed_at,omitempty"`
}

// Pause says who paused a coupling and why.
type Pause struct {
	Owner  koppel.PauseOwner `json:"owner"`
	Reason string            `json:"reason"`
	Since  *time.Time        `json:"since,omitempty"`
}

// Health is how a coupling's last runs went: ok, degraded or failing.
type Health struct {
	State  string `json:"state"`
	Detail string `json:"detail"`
}

// Schedule is one line of a coupling's schedule.
type Schedule struct {
	Group    string      `json:"group"`
	Mode     koppel.Mode `json:"mode"`
	Cron     string      `json:"cron"`
	TimeZone string      `json:"time_zone,omitempty"`
}

// LastRun is the last run of one stream group.
type LastRun struct {
	Group      string          `json:"group"`
	Run        string          `json:"run"`
	Mode       koppel.Mode     `json:"mode"`
	State      koppel.RunState `json:"state"`
	FinishedAt *time.Time      `json:"finished_at"`
}

// NewCoupling is what a coupling is made of. Webshop and Connector are required.
type NewCoupling struct {
	Webshop string `json:"webshop"`
	// Connector is the code of the integration.
	Connector string         `json:"connector"`
	Name      string         `json:"name,omitempty"`
	Settings  map[string]any `json:"settings,omitempty"`
	// Credentials are kept sealed and never shown again.
	Credentials Credentials `json:"credentials,omitempty"`
}

// Credentials are the fields of a credential. They are written and never read.
type Credentials map[string]any

// Checked says whether the remote system answers with the credentials.
type Checked struct {
	OK bool `json:"ok"`
	// Version is the remote's, where it tells.
	Version string `json:"version"`
	// Problem says what the remote refused, who must act and how.
	Problem *koppel.Advice `json:"problem,omitempty"`
	// Kept: nothing was saved, as the credentials that were accepted before stay.
	Kept bool `json:"kept,omitempty"`
}

// CouplingFilter narrows a list of couplings; the zero value lists all.
type CouplingFilter struct {
	Page
	// Webshop is an id.
	Webshop   string
	Connector string
	State     koppel.CouplingState
	// Health is ok, degraded or failing.
	Health string
	// Search is a part of a name or the end of an id.
	Search string
}

// CreateCoupling makes a draft: POST /couplings.
func (c *Client) CreateCoupling(ctx context.Context, n NewCoupling) (Coupling, error) {
	return send[Coupling](ctx, c, http.MethodPost, "/couplings", n)
}

// Couplings lists couplings: GET /couplings.
func (c *Client) Couplings(ctx context.Context, f CouplingFilter) (List[Coupling], error) {
	return get[List[Coupling]](ctx, c, "/couplings", f.query("webshop", f.Webshop, "connector", f.Connector, "state", string(f.State), "health", f.Health, "search", f.Search))
}

// Coupling finds one: GET /couplings/{id}.
func (c *Client) Coupling(ctx context.Context, id string) (Coupling, error) {
	return get[Coupling](ctx, c, at("couplings", id), nil)
}

// SetSettings merges settings into a coupling's; a nil value takes one away:
// PATCH /couplings/{id}/settings.
func (c *Client) SetSettings(ctx context.Context, id string, settings map[string]any) (Coupling, error) {
	return send[Coupling](ctx, c, http.MethodPatch, at("couplings", id, "settings"), map[string]any{"settings": settings})
}

// SetCredentials tries new credentials and keeps them, unless the remote refuses
// them and accepted those that are there: PUT /couplings/{id}/credentials.
func (c *Client) SetCredentials(ctx context.Context, id string, values Credentials) (Checked, error) {
	return send[Checked](ctx, c, http.MethodPut, at("couplings", id, "credentials"), map[string]any{"values": values})
}

// ForceCredentials keeps new credentials also where the remote refuses them:
// PUT /couplings/{id}/credentials.
func (c *Client) ForceCredentials(ctx context.Context, id string, values Credentials) (Checked, error) {
	return send[Checked](ctx, c, http.MethodPut, at("couplings", id, "credentials"), map[string]any{"values": values, "force": true})
}

// ConnectLink is a link by which a customer connects the remote account.
type ConnectLink struct {
	URL       string    `json:"url"`
	ExpiresAt time.Time `json:"expires_at"`
}

// NewConnectLink says what a connect link is to be; all of it may be left out.
type NewConnectLink struct {
	// Hours is how long it works.
	Hours int `json:"hours,omitempty"`
	// ReturnTo is an https address that the last page leads back to.
	ReturnTo string `json:"return_to,omitempty"`
	// Activate: a draft is activated once it is connected; true when nil.
	Activate *bool `json:"activate,omitempty"`
}

// MakeConnectLink makes a link: POST /couplings/{id}/connect-link.
func (c *Client) MakeConnectLink(ctx context.Context, id string, n NewConnectLink) (ConnectLink, error) {
	return send[ConnectLink](ctx, c, http.MethodPost, at("couplings", id, "connect-link"), n)
}

// Check tries the stored credentials: POST /couplings/{id}/check.
func (c *Client) Check(ctx context.Context, id string) (Checked, error) {
	return send[Checked](ctx, c, http.MethodPost, at("couplings", id, "check"), nil)
}

// Activate starts or resumes the activation: POST /couplings/{id}/activate.
func (c *Client) Activate(ctx context.Context, id string) (Coupling, error) {
	return send[Coupling](ctx, c, http.MethodPost, at("couplings", id, "activate"), nil)
}

// Pause pauses a coupling for a person, with a reason: POST /couplings/{id}/pause.
func (c *Client) Pause(ctx context.Context, id, reason string) (Coupling, error) {
	body := map[string]any{}
	if reason != "" {
		body["reason"] = reason
	}
	return send[Coupling](ctx, c, http.MethodPost, at("couplings", id, "pause"), body)
}

// Resume takes a person's pause away: POST /couplings/{id}/resume.
func (c *Client) Resume(ctx context.Context, id string) (Coupling, error) {
	return send[Coupling](ctx, c, http.MethodPost, at("couplings", id, "resume"), nil)
}

// Disable switches a coupling off: POST /couplings/{id}/disable.
func (c *Client) Disable(ctx context.Context, id string) (Coupling, error) {
	return send[Coupling](ctx, c, http.MethodPost, at("couplings", id, "disable"), nil)
}

// Remove ends a coupling for good: DELETE /couplings/{id}.
func (c *Client) Remove(ctx context.Context, id string, objects koppel.LeftObjects) (Coupling, error) {
	return send[Coupling](ctx, c, http.MethodDelete, at("couplings", id)+"?objects="+url.QueryEscape(string(objects)), nil)
}
