package picqer

import (
	"net/http"
	"slices"
	"strconv"
	"time"
)

type purchaseOrder struct {
	ID           int64               `json:"idpurchaseorder"`
	Number       string              `json:"purchaseorderid"`
	Supplier     *int64              `json:"idsupplier"`
	SupplierName string              `json:"supplier_name"`
	Warehouse    int64               `json:"idwarehouse"`
	SupplierRef  *string             `json:"supplier_orderid"`
	Status       string              `json:"status"`
	DeliveryDate *string             `json:"delivery_date"`
	Remarks      *string             `json:"remarks"`
	Lines        []purchaseOrderLine `json:"products"`
	Created      stamp               `json:"created"`
	Updated      stamp               `json:"updated"`
}

type purchaseOrderLine struct {
	ID       int64  `json:"idpurchaseorder_product"`
	Product  int64  `json:"idproduct"`
	Code     string `json:"productcode"`
	Name     string `json:"name"`
	Price    money  `json:"price"`
	Amount   int64  `json:"amount"`
	Received int64  `json:"amountreceived"`
}

// seenBy is a purchase order as a key sees it; the lines are copied, since the
// answer is written without the lock.
func (o *purchaseOrder) seenBy(c *call) any {
	seen := *o
	if c.scoped {
		seen.Supplier = nil
	}
	return &seen
}

func (a *Account) listPurchaseOrders(c *call) answer {
	f := filter{a: a, c: c}
	after := f.time("updated_after")
	status := c.query.Get("status")
	if f.bad != nil {
		return *f.bad
	}
	return list(c, &a.purchaseOrders, func(o *purchaseOrder) bool {
		return (after.IsZero() || o.Updated.After(after)) && (status == "" || o.Status == status)
	}, func(o *purchaseOrder) any { return o.seenBy(c) })
}

func (a *Account) getPurchaseOrder(c *call) answer {
	o := a.purchaseOrders.find(c.id("id"))
	if o == nil {
		return notFound("Purchase order")
	}
	return ok(o.seenBy(c))
}

// purchaseOrderHead is what POST and PUT take; nil leaves a field alone.
type purchaseOrderHead struct {
	Supplier     *int64  `json:"idsupplier"`
	SupplierName *string `json:"supplier_name"`
	Warehouse    *int64  `json:"idwarehouse"`
	SupplierRef  *string `json:"supplier_orderid"`
	DeliveryDate *string `json:"delivery_date"`
	Remarks      *string `json:"remarks"`
}

// apply writes a head into an order, or says what is wrong with it.
func (a *Account) apply(h purchaseOrderHead, o *purchaseOrder) *answer {
	wrong := func(message string) *answer {
		no := invalid(message)
		return &no
	}
	if h.Supplier != nil {
		s := a.suppliers.find(*h.Supplier)
		if s == nil {
			return wrong("idsupplier does not exist")
		}
		o.Supplier, o.SupplierName = h.Supplier, s.Name
	}
	if h.SupplierName != nil && o.Supplier == nil {
		o.SupplierName = *h.SupplierName
	}
	if h.Warehouse != nil {
		if !slices.ContainsFunc(a.warehouses, func(w warehouse) bool { return w.ID == *h.Warehouse }) {
			return wrong("idwarehouse does not exist")
		}
		o.Warehouse = *h.Warehouse
	}
	if h.DeliveryDate != nil {
		if _, err := time.Parse(time.DateOnly, *h.DeliveryDate); err != nil {
			return wrong("delivery_date must be a date such as 2026-01-31")
		}
		o.DeliveryDate = h.DeliveryDate
	}
	if h.SupplierRef != nil {
		if len(*h.SupplierRef) > 255 {
			return wrong("supplier_orderid is longer than 255 characters")
		}
		o.SupplierRef = h.SupplierRef
	}
	if h.Remarks != nil {
		o.Remarks = h.Remarks
	}
	return nil
}

// createPurchaseOrder makes a concept. Sent twice, it makes two: there is no
// idempotency key.
func (a *Account) createPurchaseOrder(c *call) answer {
	var in struct {
		purchaseOrderHead
		Products []lineWrite `json:"products"`
	}
	if no := c.read(&in); no != nil {
		return *no
	}
	switch {
	case in.Supplier == nil && in.SupplierName == nil:
		return invalid("supplier_name is required when there is no idsupplier")
	case c.scoped && in.Supplier != nil:
		return forbidden()
	case c.scoped && in.Warehouse == nil:
		return invalid("idwarehouse is required")
	}
	o := &purchaseOrder{Warehouse: a.warehouses[0].ID, Status: "concept", Lines: []purchaseOrderLine{}}
	if no := a.apply(in.purchaseOrderHead, o); no != nil {
		return *no
	}
	for _, w := range in.Products {
		if no := a.addTo(o, w); no != nil {
			return *no
		}
	}
	a.purchaseOrders.add(func(id int64) *purchaseOrder {
		o.ID, o.Created, o.Updated = id, a.now(), a.now()
		o.Number = "P" + strconv.Itoa(o.Created.Year()) + "-" + number(id)
		return o
	})
	a.fire("purchase_orders.created", o)
	return done(http.StatusCreated, "purchase_order.created", o.seenBy(c))
}

// editable finds an order that may still be changed.
func (a *Account) editable(c *call) (*purchaseOrder, *answer) {
	o := a.purchaseOrders.find(c.id("id"))
	if o == nil {
		no := notFound("Purchase order")
		return nil, &no
	}
	if o.Status != "concept" && o.Status != "purchased" {
		no := invalid("A purchase order that is " + o.Status + " cannot be changed")
		return nil, &no
	}
	return o, nil
}

func (a *Account) updatePurchaseOrder(c *call) answer {
	var in purchaseOrderHead
	if no := c.read(&in); no != nil {
		return *no
	}
	o, no := a.editable(c)
	if no != nil {
		return *no
	}
	if c.scoped && in.Supplier != nil {
		return forbidden()
	}
	next := *o
	if no := a.apply(in, &next); no != nil {
		return *no
	}
	*o = next
	a.touch(o)
	return done(http.StatusOK, "purchase_order.updated", o.seenBy(c))
}

// purchase makes a concept final: the second of the two calls that place an order.
func (a *Account) purchase(c *call) answer {
	o := a.purchaseOrders.find(c.id("id"))
	switch {
	case o == nil:
		return notFound("Purchase order")
	case o.Status != "concept":
		return invalid("Only a concept can be marked as purchased")
	case len(o.Lines) == 0:
		return invalid("A purchase order without products cannot be marked as purchased")
	}
	o.Status = "purchased"
	a.touch(o)
	a.fire("purchase_orders.purchased", o)
	return done(http.StatusOK, "purchase_order.purchased", o.seenBy(c))
}

func (a *Account) cancelPurchaseOrder(c *call) answer {
	o, no := a.editable(c)
	if no != nil {
		return *no
	}
	if slices.ContainsFunc(o.Lines, func(l purchaseOrderLine) bool { return l.Received > 0 }) {
		return invalid("A purchase order with received products cannot be cancelled")
	}
	o.Status = "cancelled"
	a.touch(o)
	return done(http.StatusOK, "purchase_order.cancelled", o.seenBy(c))
}

func (a *Account) touch(o *purchaseOrder) {
	o.Updated = a.now()
	a.fire("purchase_orders.changed", o)
}

// number is an id as it stands inside the number of an order.
func number(id int64) string {
	text := strconv.FormatInt(id, 10)
	for len(text) < 4 {
		text = "0" + text
	}
	return text
}
