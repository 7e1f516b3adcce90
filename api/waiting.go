package api

import (
	"context"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// waiting is a reference that waits for what it names.
type waiting struct {
	Webshop  string        `json:"webshop" format:"uuid"`
	Coupling string        `json:"coupling" format:"uuid"`
	Object   koppel.Object `json:"object" doc:"What waits"`
	ID       string        `json:"id" format:"uuid"`
	Field    string        `json:"field" doc:"Its reference; lines for those of its lines"`
	Target   koppel.Object `json:"target" doc:"What it waits for"`
	Keys     []string      `json:"keys" nullable:"false" doc:"How the coupling names it"`
	Since    time.Time     `json:"since" doc:"When the object was first seen"`
}

type waitingList struct {
	Paging
	Webshop  string        `query:"webshop" format:"uuid"`
	Coupling string        `query:"coupling" format:"uuid"`
	Object   koppel.Object `query:"object" enum:"suppliers,products,product_compositions,supplier_products,sell_orders,shipments,buy_orders,item_deliveries" doc:"Only what waits of this object"`
	Target   koppel.Object `query:"target" enum:"suppliers,products,product_compositions,supplier_products,sell_orders,shipments,buy_orders,item_deliveries" doc:"Only what waits for this object"`
}

func (s *server) listWaiting(ctx context.Context, who caller, in *waitingList) (pageBody[waiting], error) {
	scope, err := s.narrow(ctx, who, in.Webshop)
	if err != nil {
		return pageBody[waiting]{}, err
	}
	return store.Read(ctx, s.Store, scope, func(tx *store.Tx) (pageBody[waiting], error) {
		if in.Coupling != "" {
			if _, err := tx.Coupling(ctx, in.Coupling); err != nil {
				return pageBody[waiting]{}, err
			}
		}
		page, err := tx.Waiting(ctx, store.WaitingFilter{Coupling: in.Coupling, Object: in.Object, Target: in.Target, Limit: in.Limit, After: in.Cursor})
		return pageOf(page, showWaiting), err
	})
}

func showWaiting(w store.Waiting) waiting {
	return waiting{Webshop: w.WebshopUUID, Coupling: w.CouplingUUID, Object: w.Object, ID: w.UUID, Field: w.Field, Target: w.Target, Keys: w.Keys, Since: w.Since}
}
