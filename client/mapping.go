package client

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/koppel-io/koppel"
)

// Override is a version of a webshop's or a coupling's own mapping.
type Override struct {
	Level  koppel.OverrideLevel `json:"level"`
	Number int64                `json:"number"`
	Digest string               `json:"digest"`
	Note   string               `json:"note"`
	Actor  string               `json:"actor"`
	At     time.Time            `json:"at"`
	// Restores is the version that it brings back, 0 for none at all; nil for one that was written.
	Restores *int64 `json:"restores,omitempty"`
	// Empty: the override was taken away.
	Empty bool `json:"empty,omitempty"`
	// Source is left out in lists.
	Source string `json:"source,omitempty"`
}

// Mapping is what a coupling's records mean: the connector's mapping with its overrides.
type Mapping struct {
	Coupling         string `json:"coupling"`
	Connector        string `json:"connector"`
	ConnectorVersion string `json:"connector_version"`
	// Hold says why the coupling does not follow the connector's current version.
	Hold string `json:"hold,omitempty"`
	// Overrides are those in force, the stronger one last.
	Overrides []Override    `json:"overrides"`
	Fields    []MappedField `json:"fields"`
}

// MappedField is one expression of a mapping.
type MappedField struct {
	Object     koppel.Object `json:"object"`
	Stream     string        `json:"stream"`
	Field      string        `json:"field"`
	Expression string        `json:"expression"`
	Reads      []string      `json:"reads"`
	// From is connector, webshop or coupling.
	From string `json:"from"`
	At   string `json:"at"`
}

// OverrideDraft is an override that is to be checked, previewed or saved.
type OverrideDraft struct {
	Level koppel.OverrideLevel `json:"level,omitempty"`
	// Source is the document, YAML; "" for none at all.
	Source string `json:"source"`
	// File is its name in messages.
	File string `json:"file,omitempty"`
}

// OverrideCheck is what a draft that is right says.
type OverrideCheck struct {
	Level koppel.OverrideLevel `json:"level"`
	// Objects are mapped otherwise than by the version in force.
	Objects []koppel.Object `json:"objects"`
	Fields  []MappedField   `json:"fields"`
	// Tests are its test cases, all of which pass.
	Tests int `json:"tests"`
}

// OverrideSave saves a draft.
type OverrideSave struct {
	OverrideDraft
	Note string `json:"note,omitempty"`
	// After is the version it was made from, 0 for none; nil does not ask.
	After *int64 `json:"after,omitempty"`
	// Replay maps what is stored again at once; nil does.
	Replay *bool `json:"replay,omitempty"`
}

// OverrideRollback brings an earlier version back; 0 takes the override away.
type OverrideRollback struct {
	Level  koppel.OverrideLevel `json:"level,omitempty"`
	Number int64                `json:"number"`
	Note   string               `json:"note,omitempty"`
	Replay *bool                `json:"replay,omitempty"`
}

// OverrideSaved is a version that is in force now.
type OverrideSaved struct {
	Override Override `json:"override"`
	// Objects are mapped otherwise now.
	Objects []koppel.Object `json:"objects"`
	// Runs map what is stored again.
	Runs []Replayed `json:"runs"`
	// Waiting are couplings that are not active: their next full read follows.
	Waiting []string `json:"waiting"`
	// Released follow their connector's current version again.
	Released []string `json:"released,omitempty"`
}

// Replayed is a run that maps again what a coupling has stored of a stream group.
type Replayed struct {
	Run      string        `json:"run"`
	Coupling string        `json:"coupling"`
	Group    koppel.Object `json:"group"`
}

// OverrideDiff is what changed between two versions, in lines.
type OverrideDiff struct {
	From int64  `json:"from"`
	To   int64  `json:"to"`
	Diff string `json:"diff"`
}

// Mapping shows a coupling's mapping: GET /couplings/{id}/mapping.
func (c *Client) Mapping(ctx context.Context, coupling string) (Mapping, error) {
	return get[Mapping](ctx, c, at("couplings", coupling, "mapping"), nil)
}

// CheckOverride checks a draft: POST /couplings/{id}/mapping/check.
func (c *Client) CheckOverride(ctx context.Context, coupling string, d OverrideDraft) (OverrideCheck, error) {
	return send[OverrideCheck](ctx, c, http.MethodPost, at("couplings", coupling, "mapping", "check"), d)
}

// SaveOverride saves a draft: PUT /couplings/{id}/mapping.
func (c *Client) SaveOverride(ctx context.Context, coupling string, s OverrideSave) (OverrideSaved, error) {
	return send[OverrideSaved](ctx, c, http.MethodPut, at("couplings", coupling, "mapping"), s)
}

// RollbackOverride brings an earlier version back: POST /couplings/{id}/mapping/rollback.
func (c *Client) RollbackOverride(ctx context.Context, coupling string, r OverrideRollback) (OverrideSaved, error) {
	return send[OverrideSaved](ctx, c, http.MethodPost, at("couplings", coupling, "mapping", "rollback"), r)
}

// Overrides lists versions, newest first: GET /couplings/{id}/mapping/versions.
func (c *Client) Overrides(ctx context.Context, coupling string, level koppel.OverrideLevel, page Page) (List[Override], error) {
	return get[List[Override]](ctx, c, at("couplings", coupling, "mapping", "versions"), page.query("level", string(level)))
}

// Override gets a version: GET /couplings/{id}/mapping/versions/{number}.
func (c *Client) Override(ctx context.Context, coupling string, level koppel.OverrideLevel, number int64) (Override, error) {
	return get[Override](ctx, c, at("couplings", coupling, "mapping", "versions", strconv.FormatInt(number, 10)), Page{}.query("level", string(level)))
}

// DiffOverrides compares two versions: GET /couplings/{id}/mapping/diff. from is
// -1 for the one before to, 0 for none at all; to is 0 for the newest.
func (c *Client) DiffOverrides(ctx context.Context, coupling string, level koppel.OverrideLevel, from, to int64) (OverrideDiff, error) {
	return get[OverrideDiff](ctx, c, at("couplings", coupling, "mapping", "diff"),
		Page{}.query("level", string(level), "from", strconv.FormatInt(from, 10), "to", strconv.FormatInt(to, 10)))
}
