package bol

import (
	"net/http"
	"slices"
	"strconv"
	"time"
)

// orderFilter is what a list of orders is asked for.
type orderFilter struct {
	method, status string
	since          time.Time // zero: any
	day            string    // "": any
}

// listOrders is GET /orders, the last placed first. It shows only the items
// that match, without price and offer.
func (a *Account) listOrders(c *call) answer {
	f, refused := a.orderFilter(c)
	if refused != nil {
		return *refused
	}
	type listedItem struct {
		ID        string `json:"orderItemId"`
		EAN       string `json:"ean"`
		Method    string `json:"fulfilmentMethod"`
		Status    string `json:"fulfilmentStatus"`
		Quantity  int    `json:"quantity"`
		Shipped   int    `json:"quantityShipped"`
		Cancelled int    `json:"quantityCancelled"`
		Asked     bool   `json:"cancellationRequest"`
		Changed   string `json:"latestChangedDateTime"`
	}
	type listed struct {
		ID     string       `json:"orderId"`
		Placed string       `json:"orderPlacedDateTime"`
		Items  []listedItem `json:"orderItems"`
	}
	var rows []listed
	for _, o := range a.readableOrders() {
		row := listed{ID: o.id, Placed: a.stamp(o.placed)}
		for _, it := range o.items {
			if a.matches(f, it) {
				row.Items = append(row.Items, listedItem{it.id, it.ean, it.method, it.status(), it.quantity, it.shipped, it.cancelled, it.asked, a.stamp(it.changed)})
			}
		}
		if len(row.Items) > 0 {
			rows = append(rows, row)
		}
	}
	return page(c, "orders", rows)
}

// orderFilter reads the parameters; without any it is FBR and OPEN.
func (a *Account) orderFilter(c *call) (orderFilter, *answer) {
	f := orderFilter{method: fbr, status: "OPEN"}
	bad := func(name, reason string) (orderFilter, *answer) {
		an := refuse(name, reason)
		return f, &an
	}
	if v := c.query.Get("fulfilment-method"); v != "" {
		if f.method = v; v != fbr && v != fbb && v != "ALL" {
			return bad("fulfilment-method", "must be one of FBR, FBB, ALL")
		}
	}
	if v := c.query.Get("status"); v != "" {
		if f.status = v; v != "OPEN" && v != "SHIPPED" && v != "ALL" {
			return bad("status", "must be one of OPEN, SHIPPED, ALL")
		}
	}
	if v := c.query.Get("change-interval-minute"); v != "" {
		minutes, err := strconv.Atoi(v)
		if err != nil || minutes < 1 || minutes > 60 {
			return bad("change-interval-minute", "must be between 1 and 60")
		}
		f.since = c.now.Add(-time.Duration(minutes) * time.Minute)
	}
	if v := c.query.Get("latest-change-date"); v != "" {
		day, err := time.ParseInLocation(time.DateOnly, v, a.zone)
		if err != nil {
			return bad("latest-change-date", "must be a date such as 2026-01-31")
		}
		if day.Format(time.DateOnly) < a.oldest().Format(time.DateOnly) {
			return bad("latest-change-date", "must not be more than 3 months ago")
		}
		f.day = v
	}
	return f, nil
}

func (a *Account) matches(f orderFilter, it *item) bool {
	switch {
	case f.method != "ALL" && f.method != it.method,
		f.status == "OPEN" && it.open() == 0,
		f.status == "SHIPPED" && (it.open() > 0 || it.shipped == 0),
		!f.since.IsZero() && it.changed.Before(f.since),
		f.day != "" && a.day(it.changed) != f.day:
		return false
	}
	return true
}

// readableOrders are the orders of three months, the last placed first.
func (a *Account) readableOrders() []*order {
	var all []*order
	for _, o := range a.orders {
		if !o.placed.Before(a.oldest()) {
			all = append(all, o)
		}
	}
	slices.SortStableFunc(all, func(x, y *order) int { return y.placed.Compare(x.placed) })
	return all
}

// getOrder is GET /orders/{order-id}: every item, with price and offer.
func (a *Account) getOrder(c *call) answer {
	o := a.orderByID[c.id()]
	if o == nil || o.placed.Before(a.oldest()) {
		return notFound("order", c.id())
	}
	var items []any
	for _, it := range o.items {
		items = append(items, map[string]any{
			"orderItemId": it.id, "cancellationRequest": it.asked, "fulfilment": a.fulfilment(o, it), "offer": offerOf(it),
			"product":  map[string]string{"ean": it.ean, "title": it.title},
			"quantity": it.quantity, "quantityShipped": it.shipped, "quantityCancelled": it.cancelled,
			"unitPrice": it.price, "totalPrice": it.price * cents(it.quantity), "commission": commission(it),
			"latestChangedDateTime": a.stamp(it.changed),
		})
	}
	country := map[string]string{"countryCode": "NL"}
	return says(http.StatusOK, map[string]any{
		"orderId": o.id, "pickupPoint": false, "orderPlacedDateTime": a.stamp(o.placed),
		"shipmentDetails": country, "billingDetails": country, "orderItems": items,
	})
}

func (a *Account) fulfilment(o *order, it *item) any {
	party := "RETAILER"
	if it.method == fbb {
		party = "BOL"
	}
	return map[string]string{
		"method": it.method, "distributionParty": party, "timeFrameType": "REGULAR",
		"latestDeliveryDate": a.day(o.placed.AddDate(0, 0, 3)),
	}
}

func offerOf(it *item) any {
	of := map[string]string{"offerId": it.offerID}
	if it.reference != "" {
		of["reference"] = it.reference
	}
	return of
}

func commission(it *item) cents { return it.price * cents(it.quantity) * 15 / 200 }

// cancelItems is PUT /orders/cancellation.
func (a *Account) cancelItems(c *call) answer {
	var in struct {
		Items []struct {
			ID     string `json:"orderItemId"`
			Reason string `json:"reasonCode"`
		} `json:"orderItems"`
	}
	if p := receive(c, &in); p != nil {
		return *p
	}
	if len(in.Items) == 0 {
		return refuse("orderItems", "must not be empty")
	}
	return a.submit(c, "CANCEL_ORDER", "Cancel order item "+in.Items[0].ID+".", func() (string, string) {
		for _, asked := range in.Items {
			_, it := a.findItem(asked.ID)
			if it == nil || it.open() == 0 {
				return "", "Order item " + asked.ID + " cannot be cancelled."
			}
			it.cancelled, it.changed = it.cancelled+it.open(), c.now.Truncate(time.Second)
		}
		return in.Items[0].ID, ""
	})
}
