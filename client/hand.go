package client

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/koppel-io/koppel"
)

// ObjectEdit is what a person says of an object.
type ObjectEdit struct {
	// Values by field; null says that it has none.
	Values map[string]any `json:"values,omitempty"`
	// Remove are fields of which the person's value goes.
	Remove []string `json:"remove,omitempty"`
}

// Edited is an object after an edit.
type Edited struct {
	Object Object `json:"object"`
	// Hidden are values that do not show, as a coupling gives the field.
	Hidden []HiddenValue `json:"hidden"`
}

// HiddenValue is a person's value behind a coupling's.
type HiddenValue struct {
	Field    string `json:"field"`
	Coupling string `json:"coupling"`
	// Next is the command that makes the person's value win.
	Next string `json:"next"`
}

// EditObject says what an object's fields are: PATCH /objects/{object}/{id}.
func (c *Client) EditObject(ctx context.Context, object koppel.Object, id string, e ObjectEdit) (Edited, error) {
	return send[Edited](ctx, c, http.MethodPatch, at("objects", string(object), id), e)
}

// Explanation says why each field of an object is what it is.
type Explanation struct {
	ID      string          `json:"id"`
	Webshop string          `json:"webshop"`
	Object  koppel.Object   `json:"object"`
	Sources []ExplainSource `json:"sources"`
	Fields  []ExplainField  `json:"fields"`
	// Causes say what was different in the runs that changed fields last, the newest first.
	Causes []ExplainCause `json:"causes"`
}

// ExplainCause says what was different in a run.
type ExplainCause struct {
	Run       string         `json:"run"`
	Group     string         `json:"group"`
	Mode      koppel.Mode    `json:"mode"`
	Trigger   koppel.Trigger `json:"trigger"`
	AskedBy   string         `json:"asked_by,omitempty"`
	StartedAt *time.Time     `json:"started_at,omitempty"`
	// ConnectorVersionBefore and Settings are there when the run before had others.
	ConnectorVersion       string `json:"connector_version,omitempty"`
	ConnectorVersionBefore string `json:"connector_version_before,omitempty"`
	Settings               map[string]struct {
		Before json.RawMessage `json:"before,omitempty"`
		After  json.RawMessage `json:"after,omitempty"`
	} `json:"settings,omitempty"`
	// Changed is by field how many objects changed it in this run.
	Changed map[string]int64 `json:"changed"`
	Why     string           `json:"why"`
}

// ExplainSource is one of those that say something of the object; a person's edit has no coupling.
type ExplainSource struct {
	Coupling         string      `json:"coupling,omitempty"`
	Name             string      `json:"name"`
	Role             koppel.Role `json:"role,omitempty"`
	RemoteID         string      `json:"remote_id"`
	Stream           string      `json:"stream,omitempty"`
	ConnectorVersion string      `json:"connector_version,omitempty"`
	Run              string      `json:"run,omitempty"`
	ChangedAt        time.Time   `json:"changed_at"`
	GoneAt           *time.Time  `json:"gone_at,omitempty"`
}

// ExplainField is one field with what chose its value.
type ExplainField struct {
	Field string           `json:"field"`
	Value json.RawMessage  `json:"value"`
	Rule  koppel.FieldRule `json:"rule"`
	Why   string           `json:"why"`
	// Source is the place in Sources of the one that gives the value; nil when none does.
	Source     *int   `json:"source,omitempty"`
	Expression string `json:"expression,omitempty"`
	At         string `json:"at,omitempty"`
	// Override is the mapping override that says so, such as "coupling 3"; "" when the connector does.
	Override  string         `json:"override,omitempty"`
	Reads     []string       `json:"reads,omitempty"`
	Given     []ExplainGiven `json:"given"`
	ChangedAt *time.Time     `json:"changed_at,omitempty"`
	Run       string         `json:"run,omitempty"`
}

// ExplainGiven is what one source gives for a field.
type ExplainGiven struct {
	Source int             `json:"source"`
	Value  json.RawMessage `json:"value"`
	Gone   bool            `json:"gone,omitempty"`
}

// Explain explains an object: GET /objects/{object}/{id}/explain.
func (c *Client) Explain(ctx context.Context, object koppel.Object, id string) (Explanation, error) {
	return get[Explanation](ctx, c, at("objects", string(object), id, "explain"), nil)
}

// Operation is what a person linked, merged or split.
type Operation struct {
	ID      string        `json:"id"`
	Kind    string        `json:"kind"`
	Object  koppel.Object `json:"object"`
	Sources []string      `json:"sources"`
	// Ended went into another object, Made was made by a split.
	Ended     string     `json:"ended,omitempty"`
	Made      string     `json:"made,omitempty"`
	Actor     string     `json:"actor"`
	At        time.Time  `json:"at"`
	UndoUntil time.Time  `json:"undo_until"`
	UndoneAt  *time.Time `json:"undone_at,omitempty"`
	UndoneBy  string     `json:"undone_by,omitempty"`
}

// Bound names a source by its coupling's id and the remote id.
type Bound struct {
	Coupling string `json:"coupling"`
	RemoteID string `json:"remote_id"`
}

// MergeObject makes an object go into another one: POST /objects/{object}/{id}/merge.
func (c *Client) MergeObject(ctx context.Context, object koppel.Object, id, into string) (Operation, error) {
	return send[Operation](ctx, c, http.MethodPost, at("objects", string(object), id, "merge"), map[string]string{"into": into})
}

// LinkSource binds a source to an object: POST /objects/{object}/{id}/link.
func (c *Client) LinkSource(ctx context.Context, object koppel.Object, id string, source Bound) (Operation, error) {
	return send[Operation](ctx, c, http.MethodPost, at("objects", string(object), id, "link"), source)
}

// SplitObject makes a new object of some sources: POST /objects/{object}/{id}/split.
func (c *Client) SplitObject(ctx context.Context, object koppel.Object, id string, sources []Bound) (Operation, error) {
	return send[Operation](ctx, c, http.MethodPost, at("objects", string(object), id, "split"), map[string]any{"sources": sources})
}

// Operations lists what people did, newest first: GET /operations.
func (c *Client) Operations(ctx context.Context, webshop string, page Page) (List[Operation], error) {
	f := struct{ Page }{page}
	return get[List[Operation]](ctx, c, "/operations", f.query("webshop", webshop))
}

// UndoOperation undoes one: POST /operations/{id}/undo.
func (c *Client) UndoOperation(ctx context.Context, id string) (Operation, error) {
	return send[Operation](ctx, c, http.MethodPost, at("operations", id, "undo"), nil)
}
