package picqer

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

type product struct {
	ID              int64      `json:"idproduct"`
	VATGroup        int64      `json:"idvatgroup"`
	Name            string     `json:"name"`
	Price           money      `json:"price"`
	FixedStockPrice money      `json:"fixedstockprice"`
	Supplier        *int64     `json:"idsupplier"`
	Code            string     `json:"productcode"`
	CodeSupplier    string     `json:"productcode_supplier"`
	DeliveryTime    *int64     `json:"deliverytime"`
	Description     string     `json:"description"`
	Barcode         string     `json:"barcode"`
	Type            string     `json:"type"`
	UnlimitedStock  bool       `json:"unlimitedstock"`
	Weight          int64      `json:"weight"`
	Length          int64      `json:"length"`
	Width           int64      `json:"width"`
	Height          int64      `json:"height"`
	MinimumPurchase int64      `json:"minimum_purchase_quantity"`
	PurchaseIn      int64      `json:"purchase_in_quantities_of"`
	Assembled       bool       `json:"assembled"`
	Active          bool       `json:"active"`
	Fields          []struct{} `json:"productfields"`
	Pricelists      []struct{} `json:"pricelists"`
	Tags            tags       `json:"tags"`
	Stock           []stock    `json:"stock"`
	Created         stamp      `json:"created"`
	Updated         stamp      `json:"updated"`
}

// The types of a product.
const (
	normal          = "normal"
	unlimitedStock  = "unlimited_stock"
	virtualSet      = "virtual_composition"
	setWithOwnStock = "composition_with_stock"
)

// seenBy is a product as a key sees it: to a fulfilment customer suppliers do not exist.
func (p *product) seenBy(c *call) any {
	seen := *p
	if c.scoped {
		seen.Supplier = nil
	}
	return &seen
}

// listProducts lists the active products, or with inactive=true only the others.
func (a *Account) listProducts(c *call) answer {
	f := filter{a: a, c: c}
	after := f.time("updated_after")
	code, search := c.query.Get("productcode"), strings.ToLower(c.query.Get("search"))
	inactive := c.query.Get("inactive") == "true" || c.query.Get("inactive") == "1"
	var ids []int64
	for text := range strings.SplitSeq(c.query.Get("idproducts"), ",") {
		if id, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64); err == nil {
			ids = append(ids, id)
		}
	}
	if f.bad != nil {
		return *f.bad
	}
	return list(c, &a.products, func(p *product) bool {
		return p.Active != inactive && (after.IsZero() || p.Updated.After(after)) && (code == "" || p.Code == code) &&
			(ids == nil || slices.Contains(ids, p.ID)) &&
			(search == "" || strings.Contains(strings.ToLower(p.Code+" "+p.Name+" "+p.Barcode), search))
	}, func(p *product) any { return p.seenBy(c) })
}

func (a *Account) getProduct(c *call) answer {
	p := a.products.find(c.id("id"))
	if p == nil {
		return notFound("Product")
	}
	return ok(p.seenBy(c))
}

// part is one line of a composition.
type part struct {
	ID      int64  `json:"idproduct_part"`
	Main    int64  `json:"idproduct_main"`
	Product int64  `json:"idproduct"`
	Amount  int64  `json:"amount"`
	Code    string `json:"productcode"`
	Name    string `json:"name"`
}

// noParts is the code of the 404 of a product without parts.
const noParts = 20

// listParts answers all parts at once.
func (a *Account) listParts(c *call) answer {
	p := a.products.find(c.id("id"))
	if p == nil {
		return notFound("Product")
	}
	parts := a.parts[p.ID]
	if len(parts) == 0 {
		return refuse(http.StatusNotFound, noParts, "This product has no parts")
	}
	return ok(parts)
}

// changed moves updated and fires the hooks of a product.
func (a *Account) changed(p *product, events ...string) {
	p.Updated = a.now()
	for _, event := range append([]string{"products.changed"}, events...) {
		a.fire(event, p)
	}
}
