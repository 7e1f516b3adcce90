package client

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/koppel-io/koppel"
)

// PreviewAsk says what to preview: a draft, or a saved version.
type PreviewAsk struct {
	OverrideDraft
	// Number is a saved version in place of Source, 0 for none at all; nil takes Source.
	Number *int64 `json:"number,omitempty"`
	// Object is the only one to look at; "" for all that are mapped otherwise.
	Object koppel.Object `json:"object,omitempty"`
	// Sample is how many examples to show, up to 20; nil for 10.
	Sample *int `json:"sample,omitempty"`
}

// OverridePreview is what an override would change of what is stored.
type OverridePreview struct {
	Level   koppel.OverrideLevel `json:"level"`
	Objects []PreviewCounts      `json:"objects"`
	// LookedAt are the stored records that were mapped, of Stored.
	LookedAt int64             `json:"looked_at"`
	Stored   int64             `json:"stored"`
	Sample   []PreviewedObject `json:"sample"`
}

// PreviewCounts are what the coupling would give of one object.
type PreviewCounts struct {
	Object  koppel.Object `json:"object"`
	Made    int64         `json:"made"`
	Changed int64         `json:"changed"`
	// Gone would be left out; Parked could not be mapped.
	Gone   int64 `json:"gone"`
	Parked int64 `json:"parked"`
	Same   int64 `json:"same"`
	// Fields are how many of the changed have another value, by field.
	Fields map[string]int64 `json:"fields"`
}

// PreviewedObject is one object before and after.
type PreviewedObject struct {
	Object   koppel.Object         `json:"object"`
	Change   koppel.ForeseenChange `json:"change"`
	Stream   string                `json:"stream"`
	RecordID string                `json:"record_id"`
	RemoteID string                `json:"remote_id,omitempty"`
	Fields   []PreviewedField      `json:"fields,omitempty"`
	// Reason is why it would be parked.
	Reason string `json:"reason,omitempty"`
}

// PreviewedField is a value before and after; one that is not given is nil.
type PreviewedField struct {
	Field  string          `json:"field"`
	Before json.RawMessage `json:"before,omitempty"`
	After  json.RawMessage `json:"after,omitempty"`
}

// PreviewOverride maps what is stored without writing it: POST /couplings/{id}/mapping/preview.
func (c *Client) PreviewOverride(ctx context.Context, coupling string, ask PreviewAsk) (OverridePreview, error) {
	return send[OverridePreview](ctx, c, http.MethodPost, at("couplings", coupling, "mapping", "preview"), ask)
}
