package picqer

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

type order struct {
	ID         int64       `json:"idorder"`
	Number     string      `json:"orderid"`
	Customer   int64       `json:"idcustomer"`
	Reference  string      `json:"reference"`
	Email      string      `json:"emailaddress"`
	Status     string      `json:"status"`
	Partial    bool        `json:"partialdelivery"`
	Discount   money       `json:"discount"`
	Warehouses []int64     `json:"warehouses"`
	Lines      []orderLine `json:"products"`
	Tags       tags        `json:"tags"`
	Created    stamp       `json:"created"`
	Updated    stamp       `json:"updated"`
}

type orderLine struct {
	ID       int64  `json:"idorder_product"`
	Product  int64  `json:"idproduct"`
	VATGroup int64  `json:"idvatgroup"`
	Code     string `json:"productcode"`
	Name     string `json:"name"`
	Price    money  `json:"price"`
	Amount   int64  `json:"amount"`
	HasParts bool   `json:"has_parts"`
	PartOf   *int64 `json:"partof_idorder_product"`
}

var orderStatuses = []string{"concept", "expected", "processing", "paused", "completed", "cancelled"}

// listOrders filters by creation only: nothing tells what changed since.
func (a *Account) listOrders(c *call) answer {
	f := filter{a: a, c: c}
	since, until := f.time("sincedate"), f.time("untildate")
	sinceID, beforeID, customer := f.number("sinceid"), f.number("beforeid"), f.number("idcustomer")
	status, reference, email := c.query.Get("status"), c.query.Get("reference"), c.query.Get("emailaddress")
	search := strings.ToLower(c.query.Get("search"))
	if f.bad != nil {
		return *f.bad
	}
	return list(c, &a.orders, func(o *order) bool {
		return !o.Created.Before(since) && (until.IsZero() || !o.Created.After(until)) && o.ID > sinceID && (beforeID == 0 || o.ID < beforeID) &&
			(customer == 0 || o.Customer == customer) && (status == "" || o.Status == status) &&
			(reference == "" || o.Reference == reference) && (email == "" || o.Email == email) &&
			(search == "" || strings.Contains(strings.ToLower(o.Number+" "+o.Reference), search))
	}, func(o *order) any { return o })
}

func (a *Account) getOrder(c *call) answer {
	o := a.orders.find(c.id("id"))
	if o == nil {
		return notFound("Order")
	}
	return ok(o)
}

// cancelOrder is DELETE: the order stays, cancelled.
func (a *Account) cancelOrder(c *call) answer {
	o := a.orders.find(c.id("id"))
	if o == nil {
		return notFound("Order")
	}
	if o.Status == "completed" {
		return invalid("A completed order cannot be cancelled")
	}
	a.moveOrder(o, "cancelled")
	return done(http.StatusOK, "order.cancelled", o)
}

// moveOrder gives an order another status, with its hooks.
func (a *Account) moveOrder(o *order, status string) {
	if o.Status == status {
		return
	}
	o.Status, o.Updated = status, a.now()
	a.fire("orders.status_changed", o)
	switch status {
	case "completed":
		a.fire("orders.completed", o)
		a.fire("orders.closed", o)
	case "paused":
		a.fire("orders.paused", o)
	}
}

// SetOrderStatus moves an order as a person in the warehouse does, or says why it cannot.
func (a *Account) SetOrderStatus(id int64, status string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	o := a.orders.find(id)
	if o == nil {
		return fmt.Errorf("there is no order %d", id)
	}
	if !slices.Contains(orderStatuses, status) {
		return fmt.Errorf("status %q: give one of %s", status, strings.Join(orderStatuses, ", "))
	}
	a.moveOrder(o, status)
	return nil
}
