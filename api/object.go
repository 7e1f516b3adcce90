package api

import (
	"context"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// object is an object as the API shows it. Values has a member per field of
// koppel.Object.Fields; object_schema.go says so in the OpenAPI document.
type object struct {
	ID          string             `json:"id"`
	Webshop     string             `json:"webshop"`
	Object      koppel.Object      `json:"object"`
	Values      values             `json:"values"`
	ChangedAt   time.Time          `json:"changed_at"`
	DeletedAt   *time.Time         `json:"deleted_at,omitempty"`
	StateReason koppel.StateReason `json:"state_reason,omitempty"`
	Sources     []source           `json:"sources"`
}

// source is what binds an object to one coupling's remote id.
type source struct {
	Coupling   string            `json:"coupling" format:"uuid"`
	RemoteID   string            `json:"remote_id"`
	ChangedAt  time.Time         `json:"changed_at"`
	GoneAt     *time.Time        `json:"gone_at" doc:"When the remote was found to have it no more; null while it is there"`
	GoneReason koppel.GoneReason `json:"gone_reason,omitempty" enum:"missing,feed,flag,event,parent,approved,left_out,renamed" doc:"How that is known"`
}

func showObject(o store.ObjectRow, webshop string) object {
	return object{
		ID: o.UUID, Webshop: webshop, Object: o.Object, Values: values{o.Object.Fields(), o.Values}, ChangedAt: o.ChangedAt, DeletedAt: o.DeletedAt,
		StateReason: koppel.StateReason(text(o.StateReason)),
		Sources: each(o.Sources, func(s store.SourceRow) source {
			return source{Coupling: s.CouplingUUID, RemoteID: s.RemoteID, ChangedAt: s.ChangedAt, GoneAt: s.GoneAt, GoneReason: koppel.GoneReason(text(s.GoneReason))}
		}),
	}
}

// showObjects shows rows with the outside ids of their webshops.
func showObjects(ctx context.Context, tx *store.Tx, rows []store.ObjectRow) ([]object, error) {
	webshops, err := tx.WebshopUUIDs(ctx, each(rows, func(o store.ObjectRow) int64 { return o.WebshopID }))
	return each(rows, func(o store.ObjectRow) object { return showObject(o, webshops[o.WebshopID]) }), err
}

type objectList struct {
	Paging
	Object   koppel.Object `path:"object" enum:"suppliers,products,product_compositions,supplier_products,sell_orders,shipments,buy_orders,item_deliveries"`
	Webshop  string        `query:"webshop" format:"uuid"`
	SKU      string        `query:"sku" maxLength:"255" doc:"Of products and supplier products"`
	EAN      string        `query:"ean" maxLength:"50" doc:"Of products and supplier products"`
	Number   string        `query:"number" maxLength:"255" doc:"Number of a sell order, reference of a buy order or item delivery, tracking code of a shipment"`
	RemoteID string        `query:"remote_id" maxLength:"255" doc:"Id at any of the couplings"`
}

func (s *server) listObjects(ctx context.Context, who caller, in *objectList) (pageBody[object], error) {
	if err := in.check(); err != nil {
		return pageBody[object]{}, err
	}
	scope, err := s.narrow(ctx, who, in.Webshop)
	if err != nil {
		return pageBody[object]{}, err
	}
	return store.Read(ctx, s.Store, scope, func(tx *store.Tx) (pageBody[object], error) {
		page, err := tx.Objects(ctx, in.Object, store.ObjectFilter{
			SKU: in.SKU, EAN: in.EAN, Number: in.Number, RemoteID: in.RemoteID, Limit: in.Limit, After: in.Cursor,
		})
		if err != nil {
			return pageBody[object]{}, err
		}
		data, err := showObjects(ctx, tx, page.Items)
		return pageBody[object]{Data: data, Next: page.Next}, err
	})
}

// check names filters on what the object does not have.
func (in *objectList) check() error {
	bad := &fieldErrors{}
	for _, f := range []struct{ name, value, field string }{
		{"sku", in.SKU, "sku_code"}, {"ean", in.EAN, "ean_code"}, {"number", in.Number, "number"},
	} {
		_, _, ok := in.Object.Field(f.field)
		if f.field == "number" {
			ok = ok || in.Object == koppel.BuyOrders || in.Object == koppel.Shipments || in.Object == koppel.ItemDeliveries
		}
		if f.value != "" && !ok {
			bad.add("query."+f.name, string(in.Object)+" have no "+f.name)
		}
	}
	return bad.err("list objects")
}

type oneObject struct {
	ByID
	Object koppel.Object `path:"object" enum:"suppliers,products,product_compositions,supplier_products,sell_orders,shipments,buy_orders,item_deliveries"`
}

func (s *server) getObject(ctx context.Context, who caller, in *oneObject) (object, error) {
	return store.Read(ctx, s.Store, who.scope, func(tx *store.Tx) (object, error) {
		return getObject(ctx, tx, in.Object, in.ID)
	})
}

func getObject(ctx context.Context, tx *store.Tx, kind koppel.Object, id string) (object, error) {
	o, err := tx.Object(ctx, kind, id)
	if err != nil {
		return object{}, err
	}
	shown, err := showObjects(ctx, tx, []store.ObjectRow{o})
	if err != nil {
		return object{}, err
	}
	return shown[0], nil
}
