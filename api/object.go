package api

import (
	"context"
	"encoding/json"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// object is an object as the API shows it. Values has a member per field of
// koppel.Object.Fields; object_schema.go says so in the OpenAPI document.
type object struct {
	ID        string          `json:"id"`
	Webshop   string          `json:"webshop"`
	Object    koppel.Object   `json:"object"`
	Values    json.RawMessage `json:"values"`
	ChangedAt time.Time       `json:"changed_at"`
	DeletedAt *time.Time      `json:"deleted_at,omitempty"`
	Sources   []source        `json:"sources"`
}

// source is what binds an object to one coupling's remote id.
type source struct {
	Coupling  string     `json:"coupling" format:"uuid"`
	RemoteID  string     `json:"remote_id"`
	ChangedAt time.Time  `json:"changed_at"`
	GoneAt    *time.Time `json:"gone_at" doc:"When the remote was found to have it no more; null while it is there"`
}

func showObject(kind koppel.Object) func(store.ObjectRow) object {
	return func(o store.ObjectRow) object {
		return object{
			ID: o.UUID, Webshop: o.WebshopUUID, Object: kind, Values: o.Values, ChangedAt: o.ChangedAt, DeletedAt: o.DeletedAt,
			Sources: each(o.Sources, func(s store.ObjectSource) source {
				return source{Coupling: s.Coupling, RemoteID: s.RemoteID, ChangedAt: s.ChangedAt.UTC(), GoneAt: s.GoneAt}
			}),
		}
	}
}

type objectList struct {
	paging
	Object   koppel.Object `path:"object" enum:"suppliers,products,supplier_products,sell_orders,buy_orders"`
	Webshop  string        `query:"webshop" format:"uuid"`
	SKU      string        `query:"sku" maxLength:"255" doc:"Of products and supplier products"`
	EAN      string        `query:"ean" maxLength:"50" doc:"Of products and supplier products"`
	Number   string        `query:"number" maxLength:"255" doc:"Number of a sell order, reference of a buy order"`
	RemoteID string        `query:"remote_id" maxLength:"255" doc:"Id at any of the couplings"`
}

func (s *server) listObjects(ctx context.Context, who caller, in *objectList) (pageBody[object], error) {
	scope, err := s.narrow(ctx, who, in.Webshop)
	if err != nil {
		return pageBody[object]{}, err
	}
	return store.With(ctx, s.Store, scope, func(tx *store.Tx) (pageBody[object], error) {
		page, err := tx.Objects(ctx, in.Object, store.ObjectFilter{
			SKU: in.SKU, EAN: in.EAN, Number: in.Number, RemoteID: in.RemoteID, Limit: in.Limit, After: in.Cursor,
		})
		return pageOf(page, showObject(in.Object)), err
	})
}

type oneObject struct {
	byID
	Object koppel.Object `path:"object" enum:"suppliers,products,supplier_products,sell_orders,buy_orders"`
}

func (s *server) getObject(ctx context.Context, who caller, in *oneObject) (object, error) {
	return store.With(ctx, s.Store, who.scope, func(tx *store.Tx) (object, error) {
		o, err := tx.Object(ctx, in.Object, in.ID)
		return showObject(in.Object)(o), err
	})
}
