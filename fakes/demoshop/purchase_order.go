package demoshop

import (
	"strconv"
	"time"
)

// purchaseOrders is every purchase order ever posted. A second post of the
// same reference is a second order: the shop does not know better.
type purchaseOrders struct {
	all         []*purchaseOrder
	byReference map[string][]int
	lines       int64
}

type purchaseOrder struct {
	ID         int64               `json:"id"`
	SupplierID int64               `json:"supplier_id"`
	Reference  string              `json:"reference"`
	Expected   string              `json:"expected_date"`
	Status     string              `json:"status"`
	Created    int64               `json:"created"`
	Modified   int64               `json:"modified"`
	Lines      []purchaseOrderLine `json:"lines"`
}

type purchaseOrderLine struct {
	ID        int64  `json:"id"`
	ProductID int64  `json:"product_id"`
	SKU       string `json:"sku"`
	Quantity  int64  `json:"quantity"`
	Price     amount `json:"price"`
	Received  int64  `json:"quantity_received"`
}

const firstPurchaseOrderID = 70_001

// purchaseOrderStatuses are the states a purchase order can be in.
var purchaseOrderStatuses = []string{"draft", "placed", "confirmed", "partially_received", "received", "cancelled"}

func (p *purchaseOrders) find(id int64) *purchaseOrder {
	k := id - firstPurchaseOrderID
	if k < 0 || k >= int64(len(p.all)) {
		return nil
	}
	return p.all[k]
}

// add stores an order and gives it and its lines their ids.
func (p *purchaseOrders) add(o *purchaseOrder) {
	o.ID = firstPurchaseOrderID + int64(len(p.all))
	for k := range o.Lines {
		o.Lines[k].ID = 0
	}
	p.number(o)
	if p.byReference == nil {
		p.byReference = map[string][]int{}
	}
	p.byReference[o.Reference] = append(p.byReference[o.Reference], len(p.all))
	p.all = append(p.all, o)
}

// number gives lines that have no id yet theirs.
func (p *purchaseOrders) number(o *purchaseOrder) {
	for k := range o.Lines {
		if o.Lines[k].ID == 0 {
			p.lines++
			o.Lines[k].ID = 40_000 + p.lines
		}
	}
}

func (s *Shop) appendPurchaseOrder(b []byte, k int) []byte {
	o := s.buys.all[k]
	b = append(b, `{"id":`...)
	b = strconv.AppendInt(b, o.ID, 10)
	b = append(b, `,"supplier_id":`...)
	b = strconv.AppendInt(b, o.SupplierID, 10)
	b = append(b, `,"reference":`...)
	b = appendString(b, o.Reference)
	b = append(b, `,"status":"`...)
	b = append(b, o.Status...)
	b = append(b, `","expected_date":`...)
	if o.Expected == "" {
		b = append(b, "null"...)
	} else {
		b = appendString(b, o.Expected)
	}
	b = append(b, `,"currency":"`...)
	b = append(b, s.cfg.Currency...)
	b = append(b, `","total":"`...)
	total := int64(0)
	for _, l := range o.Lines {
		total += l.Price.times(l.Quantity)
	}
	b = appendMoney(b, total)
	b = append(b, '"')
	b = s.appendDates(b, state{created: o.Created, modified: o.Modified})
	b = append(b, `,"lines":[`...)
	for n, l := range o.Lines {
		if n > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"id":`...)
		b = strconv.AppendInt(b, l.ID, 10)
		b = append(b, `,"product_id":`...)
		b = strconv.AppendInt(b, l.ProductID, 10)
		b = append(b, `,"sku":`...)
		b = appendString(b, l.SKU)
		b = append(b, `,"quantity":`...)
		b = strconv.AppendInt(b, l.Quantity, 10)
		b = append(b, `,"price":`...)
		b = appendString(b, string(l.Price))
		b = append(b, `,"quantity_received":`...)
		b = strconv.AppendInt(b, l.Received, 10)
		b = append(b, '}')
	}
	b = append(b, ']')
	return s.appendLinks(b, "purchase-orders", o.ID)
}

const badDate = "expected_date is not a date such as 2026-01-31"

func validDate(v string) bool {
	_, err := time.Parse(time.DateOnly, v)
	return v == "" || err == nil
}

// checkPurchaseOrder says what is wrong with a posted order, by parameter; the lock is held.
func (s *Shop) checkPurchaseOrder(o *purchaseOrder) map[string]string {
	wrong := map[string]string{}
	if k := o.SupplierID - firstSupplierID; k < 0 || k >= int64(s.cfg.Suppliers) {
		wrong["supplier_id"] = "supplier_id does not exist"
	}
	if o.Reference == "" || len(o.Reference) > 100 {
		wrong["reference"] = "reference must have 1 to 100 characters"
	}
	if !validDate(o.Expected) {
		wrong["expected_date"] = badDate
	}
	if len(o.Lines) == 0 {
		wrong["lines"] = "lines must have at least one item"
	}
	for k, l := range o.Lines {
		at := "lines[" + strconv.Itoa(k) + "]"
		if r, ok := s.layout.find(l.ProductID, s.issued); !ok || !s.listed(r) {
			wrong[at+"[product_id]"] = "product_id does not exist"
		}
		if l.Quantity < 1 {
			wrong[at+"[quantity]"] = "quantity must be greater than or equal to 1"
		}
		if !l.Price.valid() {
			wrong[at+"[price]"] = "price is not an amount such as 12.34"
		}
	}
	return wrong
}
