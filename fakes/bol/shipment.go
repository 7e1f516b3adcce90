package bol

import (
	"net/http"
	"slices"
	"time"
)

// shipment is what was sent of one order at once.
type shipment struct {
	id        string
	order     *order
	at        time.Time
	method    string
	reference string
	carrier   string
	tracking  string
	items     []*item
	counts    []int
}

// ship sends counts of the items of one order.
func (a *Account) ship(o *order, items []*item, counts []int, at time.Time, carrier, tracking string) *shipment {
	at = at.Truncate(time.Second)
	s := &shipment{id: a.id(), order: o, at: at, method: items[0].method, carrier: carrier, tracking: tracking, items: items, counts: counts}
	if carrier == "" {
		s.carrier, s.tracking = "TNT", "3SKOPPEL"+s.id
	}
	for k, it := range items {
		it.shipped += counts[k]
		it.changed = at
		if it.offer != nil {
			it.offer.Stock = max(0, it.offer.Stock-counts[k])
		}
	}
	a.shipments = append(a.shipments, s)
	a.event("SHIPMENT", "CREATE", s.id, at)
	return s
}

// listShipments is GET /shipments, newest first.
func (a *Account) listShipments(c *call) answer {
	method := c.query.Get("fulfilment-method")
	switch method {
	case "":
		method = fbr
	case fbr, fbb:
	default:
		return refuse("fulfilment-method", "must be one of FBR, FBB")
	}
	type listedItem struct {
		ID  string `json:"orderItemId"`
		EAN string `json:"ean"`
	}
	type listed struct {
		ID        string       `json:"shipmentId"`
		At        string       `json:"shipmentDateTime"`
		Reference string       `json:"shipmentReference,omitempty"`
		Order     any          `json:"order"`
		Items     []listedItem `json:"shipmentItems"`
		Transport any          `json:"transport"`
	}
	var rows []listed
	for _, s := range a.readable() {
		if s.method != method || c.query.Get("order-id") != "" && c.query.Get("order-id") != s.order.id {
			continue
		}
		row := listed{ID: s.id, At: a.stamp(s.at), Reference: s.reference, Order: a.orderOf(s), Transport: map[string]string{"transportId": "3" + s.id}}
		for _, it := range s.items {
			row.Items = append(row.Items, listedItem{it.id, it.ean})
		}
		rows = append(rows, row)
	}
	return page(c, "shipments", rows)
}

func (a *Account) orderOf(s *shipment) any {
	return map[string]string{"orderId": s.order.id, "orderPlacedDateTime": a.stamp(s.order.placed)}
}

// readable are the shipments of three months, newest first.
func (a *Account) readable() []*shipment {
	var all []*shipment
	for _, s := range a.shipments {
		if !s.at.Before(a.oldest()) {
			all = append(all, s)
		}
	}
	slices.SortStableFunc(all, func(x, y *shipment) int { return y.at.Compare(x.at) })
	return all
}

// getShipment is GET /shipments/{shipment-id}.
func (a *Account) getShipment(c *call) answer {
	for _, s := range a.readable() {
		if s.id != c.id() {
			continue
		}
		var items []any
		for k, it := range s.items {
			items = append(items, map[string]any{
				"orderItemId": it.id, "fulfilment": a.fulfilment(s.order, it), "offer": offerOf(it),
				"product":  map[string]any{"ean": it.ean, "title": it.title},
				"quantity": s.counts[k], "unitPrice": it.price, "commission": commission(it),
			})
		}
		country := map[string]string{"countryCode": "NL"}
		body := map[string]any{
			"shipmentId": s.id, "shipmentDateTime": a.stamp(s.at), "pickupPoint": false, "order": a.orderOf(s),
			"shipmentDetails": country, "billingDetails": country, "shipmentItems": items,
			"transport": map[string]string{"transportId": "3" + s.id, "transporterCode": s.carrier, "trackAndTrace": s.tracking},
		}
		if s.reference != "" {
			body["shipmentReference"] = s.reference
		}
		return says(http.StatusOK, body)
	}
	return notFound("shipment", c.id())
}

// createShipment is POST /shipments.
func (a *Account) createShipment(c *call) answer {
	var in struct {
		Items []struct {
			ID       string `json:"orderItemId"`
			Quantity *int   `json:"quantity"`
		} `json:"orderItems"`
		Reference string `json:"shipmentReference"`
		Transport struct {
			Carrier  string `json:"transporterCode"`
			Tracking string `json:"trackAndTrace"`
		} `json:"transport"`
	}
	if p := receive(c, &in); p != nil {
		return *p
	}
	if len(in.Items) == 0 {
		return refuse("orderItems", "must not be empty")
	}
	return a.submit(c, "CREATE_SHIPMENT", "Create a shipment for order item "+in.Items[0].ID+".", func() (string, string) {
		var of *order
		var items []*item
		var counts []int
		for _, asked := range in.Items {
			o, it := a.findItem(asked.ID)
			if it == nil || of != nil && o != of {
				return "", "Order item " + asked.ID + " was not found on the order."
			}
			count := it.open()
			if asked.Quantity != nil {
				count = *asked.Quantity
			}
			if count < 1 || count > it.open() {
				return "", "Order item " + asked.ID + " has nothing left to ship."
			}
			of, items, counts = o, append(items, it), append(counts, count)
		}
		s := a.ship(of, items, counts, c.now, in.Transport.Carrier, in.Transport.Tracking)
		s.reference = in.Reference
		return s.id, ""
	})
}

func (a *Account) findItem(id string) (*order, *item) {
	for _, o := range a.orders {
		for _, it := range o.items {
			if it.id == id {
				return o, it
			}
		}
	}
	return nil, nil
}
