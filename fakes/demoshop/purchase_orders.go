package demoshop

import (
	"net/http"
	"slices"
	"strings"
)

const badPurchaseOrderID = "demoshop_rest_purchase_order_invalid_id"

func (s *Shop) purchaseOrderRow(k int) row {
	o := s.buys.all[k]
	return row{id: o.ID, created: o.Created, modified: o.Modified, status: o.Status, name: func() string { return o.Reference }}
}

func (s *Shop) listPurchaseOrders(c *call) answer {
	return s.page(c, nil, func(l *listing) (int, []ref) {
		var also func(int) bool
		if l.reference != "" {
			also = func(k int) bool { return s.buys.all[k].Reference == l.reference }
		}
		return s.selectIndexed(l, "purchase orders", len(s.buys.all), &none, s.purchaseOrderRow, also)
	}, func(b []byte, r ref) []byte { return s.appendPurchaseOrder(b, int(r.i)) })
}

func (s *Shop) getPurchaseOrder(c *call) answer {
	s.mu.RLock()
	defer s.mu.RUnlock()
	o := s.buys.find(c.id)
	if o == nil {
		return invalidID(badPurchaseOrderID)
	}
	return s.one(c, s.appendPurchaseOrder(nil, int(o.ID-firstPurchaseOrderID)))
}

// createPurchaseOrder answers 201 with the ids of order and lines. It is not
// idempotent: posting twice orders twice.
func (s *Shop) createPurchaseOrder(c *call) answer {
	o := &purchaseOrder{}
	if decodeJSON(c.body, o) != nil {
		return badJSON()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	wrong := s.checkPurchaseOrder(o)
	if o.Status == "" {
		o.Status = "placed"
	}
	if !slices.Contains(purchaseOrderStatuses, o.Status) {
		wrong["status"] = "status is not one of " + inWords(purchaseOrderStatuses) + "."
	}
	if len(wrong) > 0 {
		return invalidBody(wrong)
	}
	o.Created = s.now()
	o.Modified = o.Created
	for k := range o.Lines {
		o.Lines[k].Received = 0
	}
	s.buys.add(o)
	s.revision++
	s.record(entry{Op: opBuy, ID: o.ID, At: o.Created, Buy: o})
	return answer{status: http.StatusCreated, body: s.appendPurchaseOrder(nil, len(s.buys.all)-1), effect: "purchase_order.created"}
}

// purchaseOrderEdit is what PUT takes; nil leaves a member alone. A line with
// an id is changed, or removed by quantity 0; one without is added.
type purchaseOrderEdit struct {
	Status   *string `json:"status"`
	Expected *string `json:"expected_date"`
	Lines    []struct {
		ID        *int64  `json:"id"`
		ProductID int64   `json:"product_id"`
		Quantity  *int64  `json:"quantity"`
		Price     *amount `json:"price"`
		Received  *int64  `json:"quantity_received"`
	} `json:"lines"`
}

// updatePurchaseOrder changes an order, as its buyer and people at the
// supplier's side do.
func (s *Shop) updatePurchaseOrder(c *call) answer {
	var in purchaseOrderEdit
	if decodeJSON(c.body, &in) != nil {
		return badJSON()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.buys.find(c.id)
	if o == nil {
		return invalidID(badPurchaseOrderID)
	}
	next := *o
	next.Lines = slices.Clone(o.Lines)
	wrong := s.edit(&next, in)
	if len(wrong) > 0 {
		return invalidBody(wrong)
	}
	s.buys.number(&next)
	next.Modified = s.now()
	*o = next
	s.revision++
	s.record(entry{Op: opBuyUpdate, ID: o.ID, At: o.Modified, Buy: o})
	return answer{status: http.StatusOK, body: s.appendPurchaseOrder(nil, int(o.ID-firstPurchaseOrderID)), effect: "purchase_order.updated"}
}

// edit applies an edit to a copy of an order and says what is wrong with it.
func (s *Shop) edit(o *purchaseOrder, in purchaseOrderEdit) map[string]string {
	wrong := map[string]string{}
	if in.Status != nil {
		if o.Status = *in.Status; !slices.Contains(purchaseOrderStatuses, o.Status) {
			wrong["status"] = "status is not one of " + strings.Join(purchaseOrderStatuses, ", ") + "."
		}
	}
	if in.Expected != nil {
		o.Expected = *in.Expected
	}
	for _, l := range in.Lines {
		if l.ID == nil {
			added := purchaseOrderLine{ProductID: l.ProductID}
			if l.Quantity != nil {
				added.Quantity = *l.Quantity
			}
			if l.Price != nil {
				added.Price = *l.Price
			}
			o.Lines = append(o.Lines, added)
			continue
		}
		k := slices.IndexFunc(o.Lines, func(have purchaseOrderLine) bool { return have.ID == *l.ID })
		if k < 0 {
			wrong["lines"] = "a line id does not exist"
			continue
		}
		if l.Received != nil {
			o.Lines[k].Received = *l.Received
		}
		if l.Price != nil {
			o.Lines[k].Price = *l.Price
		}
		if l.Quantity != nil && *l.Quantity == 0 {
			o.Lines = slices.Delete(o.Lines, k, k+1)
		} else if l.Quantity != nil {
			o.Lines[k].Quantity = *l.Quantity
		}
	}
	if !validDate(o.Expected) {
		wrong["expected_date"] = badDate
	}
	if len(in.Lines) > 0 {
		for at, what := range s.checkPurchaseOrder(o) {
			wrong[at] = what
		}
	}
	return wrong
}
