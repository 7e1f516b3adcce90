package picqer

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
)

type receipt struct {
	ID            int64         `json:"idreceipt"`
	Number        string        `json:"receiptid"`
	Warehouse     int64         `json:"idwarehouse"`
	Supplier      *receiptFrom  `json:"supplier"`
	PurchaseOrder receiptFor    `json:"purchaseorder"`
	Status        string        `json:"status"`
	Remarks       *string       `json:"remarks"`
	Received      int64         `json:"amount_received"`
	Excessive     int64         `json:"amount_received_excessive"`
	Created       stamp         `json:"created"`
	Updated       stamp         `json:"updated"`
	CompletedAt   stamp         `json:"completed_at"`
	CompletedBy   *string       `json:"completed_by"`
	Lines         []receiptLine `json:"products"`
}

type receiptFrom struct {
	ID   int64  `json:"idsupplier"`
	Name string `json:"name"`
}

type receiptFor struct {
	ID     int64  `json:"idpurchaseorder"`
	Number string `json:"purchaseorderid"`
}

type receiptLine struct {
	ID      int64  `json:"idreceipt_product"`
	Line    int64  `json:"idpurchaseorder_product"`
	Product int64  `json:"idproduct"`
	Code    string `json:"productcode"`
	Amount  int64  `json:"amount"`
}

func (a *Account) listReceipts(c *call) answer {
	f := filter{a: a, c: c}
	after := f.time("updated_after")
	status := c.query.Get("status")
	if f.bad != nil {
		return *f.bad
	}
	return list(c, &a.receipts, func(r *receipt) bool {
		return (after.IsZero() || r.Updated.After(after)) && (status == "" || r.Status == status)
	}, func(r *receipt) any { return r })
}

func (a *Account) getReceipt(c *call) answer {
	r := a.receipts.find(c.id("id"))
	if r == nil {
		return notFound("Receipt")
	}
	return ok(r)
}

func (a *Account) listReceiptsOf(c *call) answer {
	o := a.purchaseOrders.find(c.id("id"))
	if o == nil {
		return notFound("Purchase order")
	}
	found := []*receipt{}
	for _, e := range a.receipts.rows {
		if e.row.PurchaseOrder.ID == o.ID {
			found = append(found, e.row)
		}
	}
	return ok(found)
}

// Received is what came in on one line of a purchase order.
type Received struct {
	Line   int64 `json:"idpurchaseorder_product"`
	Amount int64 `json:"amount"`
}

func (a *Account) createReceipt(c *call) answer {
	var in struct {
		Remarks  *string    `json:"remarks"`
		Products []Received `json:"products"`
	}
	if no := c.read(&in); no != nil {
		return *no
	}
	o := a.purchaseOrders.find(c.id("id"))
	if o == nil {
		return notFound("Purchase order")
	}
	r, err := a.receive(o, in.Products, true)
	if err != nil {
		return invalid(err.Error())
	}
	r.Remarks = in.Remarks
	return done(http.StatusCreated, "receipt.created", r)
}

// Receive books goods on a purchase order, as people in the warehouse do. A
// receipt that is not completed stays processing.
func (a *Account) Receive(purchaseOrder int64, what []Received, completed bool) (id int64, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	o := a.purchaseOrders.find(purchaseOrder)
	if o == nil {
		return 0, fmt.Errorf("there is no purchase order %d", purchaseOrder)
	}
	r, err := a.receive(o, what, completed)
	if err != nil {
		return 0, err
	}
	return r.ID, nil
}

// receive raises what lines received, and the stock of the order's warehouse.
// The order is received when every line is in.
func (a *Account) receive(o *purchaseOrder, what []Received, completed bool) (*receipt, error) {
	if o.Status != "purchased" && o.Status != "received" {
		return nil, fmt.Errorf("nothing can be received on a purchase order that is %s", o.Status)
	}
	lines := slices.Clone(o.Lines)
	r := &receipt{Warehouse: o.Warehouse, PurchaseOrder: receiptFor{o.ID, o.Number}, Status: "processing", Lines: []receiptLine{}}
	if o.Supplier != nil {
		r.Supplier = &receiptFrom{*o.Supplier, o.SupplierName}
	}
	for _, w := range what {
		at := slices.IndexFunc(lines, func(l purchaseOrderLine) bool { return l.ID == w.Line })
		if at < 0 || w.Amount < 1 {
			return nil, fmt.Errorf("line %d is not on the purchase order, or its amount %d is not positive", w.Line, w.Amount)
		}
		l := &lines[at]
		open := max(l.Amount-l.Received, 0)
		l.Received += w.Amount
		r.Received += w.Amount
		r.Excessive += max(w.Amount-open, 0)
		r.Lines = append(r.Lines, receiptLine{a.lineID(), l.ID, l.Product, l.Code, w.Amount})
	}
	if len(r.Lines) == 0 {
		return nil, fmt.Errorf("products is required")
	}
	a.receipts.add(func(id int64) *receipt {
		r.ID, r.Created, r.Updated = id, a.now(), a.now()
		r.Number = "R" + strconv.Itoa(r.Created.Year()) + "-" + number(id)
		return r
	})
	o.Lines = lines
	a.fire("receipts.created", r)
	for _, l := range r.Lines {
		if p := a.products.find(l.Product); p != nil {
			a.move(p, o.Warehouse, l.Amount, "Receipt "+r.Number)
		}
		a.fire("receipts.product_received", r)
	}
	if completed {
		a.complete(r)
	}
	if !slices.ContainsFunc(o.Lines, func(l purchaseOrderLine) bool { return l.Received < l.Amount }) {
		o.Status = "received"
	}
	a.touch(o)
	return r, nil
}

func (a *Account) complete(r *receipt) {
	by := "Warehouse"
	r.Status, r.CompletedAt, r.CompletedBy, r.Updated = "completed", a.now(), &by, a.now()
	a.fire("receipts.completed", r)
}

// Revert takes a line of a receipt back by an amount, as people do who booked
// too much; an order that was received is open again.
func (a *Account) Revert(receiptID, line, amount int64) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	r := a.receipts.find(receiptID)
	if r == nil {
		return fmt.Errorf("there is no receipt %d", receiptID)
	}
	at := slices.IndexFunc(r.Lines, func(l receiptLine) bool { return l.ID == line })
	if at < 0 || amount < 1 || amount > r.Lines[at].Amount {
		return fmt.Errorf("line %d cannot be reverted by %d", line, amount)
	}
	lines := slices.Clone(r.Lines)
	lines[at].Amount -= amount
	r.Lines, r.Received, r.Updated = lines, r.Received-amount, a.now()
	if p := a.products.find(lines[at].Product); p != nil {
		a.move(p, r.Warehouse, -amount, "Receipt "+r.Number+" reverted")
	}
	a.fire("receipts.product_reverted", r)
	o := a.purchaseOrders.find(r.PurchaseOrder.ID)
	if o == nil {
		return nil
	}
	o.Lines = slices.Clone(o.Lines)
	for k := range o.Lines {
		if o.Lines[k].ID == lines[at].Line {
			o.Lines[k].Received -= amount
		}
	}
	if o.Status == "received" {
		o.Status = "purchased"
	}
	a.touch(o)
	return nil
}
