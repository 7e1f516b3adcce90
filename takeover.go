package koppel

import "encoding/json"

// TakeoverRow is one line of the remote-id mapping of the platform that a
// coupling takes over from.
type TakeoverRow struct {
	Object   Object `json:"object" enum:"suppliers,products,product_compositions,supplier_products,sell_orders,shipments,buy_orders,item_deliveries"`
	RemoteID string `json:"remote_id" minLength:"1" maxLength:"255"`
	// ID is the other platform's id of the object.
	ID  string `json:"id,omitempty" maxLength:"255" doc:"The other platform's id of the object it is bound to"`
	SKU string `json:"sku,omitempty" maxLength:"255"`
	EAN string `json:"ean,omitempty" maxLength:"255"`
	// Fields are values it has there, by our fields.
	Fields map[string]any `json:"fields,omitempty" doc:"Values it has there, by our fields: texts, numbers, booleans, times"`
}

// TakeoverReport lays what another platform has of a coupling beside ours.
type TakeoverReport struct {
	Objects []TakeoverCounts `json:"objects" nullable:"false" doc:"Of each object that was imported"`
	// Differing is a list of differences, up to TakeoverShown of each kind and object.
	Differing []TakeoverDifference `json:"differing" nullable:"false" doc:"Up to 50 of each kind and object"`
}

// TakeoverShown is how many differences of each kind and object a report lists.
const TakeoverShown = 50

// TakeoverCounts are the counts of one object.
type TakeoverCounts struct {
	Object Object `json:"object"`
	Theirs int64  `json:"theirs" doc:"Remote ids that they have"`
	Ours   int64  `json:"ours" doc:"Remote ids that we have"`
	Both   int64  `json:"both"`
	// OnlyTheirs and OnlyOurs are remote ids that the other does not have.
	OnlyTheirs int64 `json:"only_theirs"`
	OnlyOurs   int64 `json:"only_ours"`
	// LinkedOtherwise are remote ids of both that lead to different objects.
	LinkedOtherwise int64 `json:"linked_otherwise" doc:"Remote ids of both that lead to different objects"`
	// Fields counts other values, by field.
	Fields map[string]int64 `json:"fields" doc:"By field: how many have another value there"`
}

// Differs reports whether anything differs.
func (c TakeoverCounts) Differs() bool {
	return c.OnlyTheirs+c.OnlyOurs+c.LinkedOtherwise > 0 || len(c.Fields) > 0
}

// TakeoverKind is a kind of difference.
type TakeoverKind string

// The kinds of difference.
const (
	OnlyTheirs      TakeoverKind = "only_theirs"
	OnlyOurs        TakeoverKind = "only_ours"
	LinkedOtherwise TakeoverKind = "linked_otherwise"
	OtherValue      TakeoverKind = "other_value"
)

// TakeoverDifference is one difference.
type TakeoverDifference struct {
	Object   Object          `json:"object"`
	What     TakeoverKind    `json:"what" enum:"only_theirs,only_ours,linked_otherwise,other_value"`
	RemoteID string          `json:"remote_id"`
	TheirID  string          `json:"their_id,omitempty"`
	ObjectID string          `json:"object_id,omitempty" format:"uuid"`
	Field    string          `json:"field,omitempty"`
	Theirs   json.RawMessage `json:"theirs,omitempty"`
	Ours     json.RawMessage `json:"ours,omitempty"`
	Reason   string          `json:"reason,omitempty"`
}
