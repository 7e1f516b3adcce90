package picqer

import (
	"net/http"
	"slices"
)

// lineWrite is what a line is made of or changed with; nil leaves a field alone.
type lineWrite struct {
	Product *int64 `json:"idproduct"`
	Amount  *int64 `json:"amount"`
	Price   *money `json:"price"`
}

// addTo appends a line to an order, or says what is wrong with it. The price
// defaults to the product's own.
func (a *Account) addTo(o *purchaseOrder, w lineWrite) *answer {
	wrong := func(message string) *answer {
		no := invalid(message)
		return &no
	}
	if w.Product == nil {
		return wrong("idproduct is required")
	}
	p := a.products.find(*w.Product)
	if p == nil {
		return wrong("idproduct does not exist")
	}
	if w.Amount == nil || *w.Amount < 1 {
		return wrong("amount must be at least 1")
	}
	l := purchaseOrderLine{ID: a.lineID(), Product: p.ID, Code: p.Code, Name: p.Name, Price: p.FixedStockPrice, Amount: *w.Amount}
	if w.Price != nil {
		l.Price = *w.Price
	}
	o.Lines = append(slices.Clone(o.Lines), l)
	return nil
}

func (a *Account) addLine(c *call) answer {
	var in lineWrite
	if no := c.read(&in); no != nil {
		return *no
	}
	o, no := a.editable(c)
	if no != nil {
		return *no
	}
	if no := a.addTo(o, in); no != nil {
		return *no
	}
	a.touch(o)
	return done(http.StatusCreated, "purchase_order.line_added", o.Lines[len(o.Lines)-1])
}

// line finds a line of an order that may still be changed.
func (a *Account) line(c *call) (*purchaseOrder, int, *answer) {
	o, no := a.editable(c)
	if no != nil {
		return nil, 0, no
	}
	at := slices.IndexFunc(o.Lines, func(l purchaseOrderLine) bool { return l.ID == c.id("line") })
	if at < 0 {
		no := notFound("Purchase order product")
		return nil, 0, &no
	}
	return o, at, nil
}

func (a *Account) updateLine(c *call) answer {
	var in lineWrite
	if no := c.read(&in); no != nil {
		return *no
	}
	o, at, no := a.line(c)
	if no != nil {
		return *no
	}
	lines := slices.Clone(o.Lines)
	if in.Amount != nil {
		if *in.Amount < max(1, lines[at].Received) {
			return invalid("amount must be at least 1 and what was received")
		}
		lines[at].Amount = *in.Amount
	}
	if in.Price != nil {
		lines[at].Price = *in.Price
	}
	o.Lines = lines
	a.touch(o)
	return done(http.StatusOK, "purchase_order.line_updated", lines[at])
}

func (a *Account) removeLine(c *call) answer {
	o, at, no := a.line(c)
	if no != nil {
		return *no
	}
	if o.Lines[at].Received > 0 {
		return invalid("A product that was received cannot be removed")
	}
	o.Lines = slices.Delete(slices.Clone(o.Lines), at, at+1)
	a.touch(o)
	return done(http.StatusOK, "purchase_order.line_removed", o.seenBy(c))
}
