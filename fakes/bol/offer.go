package bol

import (
	"net/http"
	"time"
)

// Fulfilment methods: the shop ships itself, or bol does from its warehouse.
const (
	fbr = "FBR"
	fbb = "FBB"
)

// offer is one thing for sale.
type offer struct {
	ID        string    `json:"offerId"`
	EAN       string    `json:"ean"`
	Title     string    `json:"title"`
	Reference string    `json:"reference"` // the shop's own code; "" is none
	Method    string    `json:"method"`
	Price     cents     `json:"price"`
	Stock     int       `json:"stock"`
	Managed   bool      `json:"managedByRetailer"`
	OnHold    bool      `json:"onHoldByRetailer"`
	Graded    int       `json:"gradedStock"` // FBB only
	Mutated   time.Time `json:"mutated"`
	comment   string
	bsku      string
}

// newOffer adds an offer; code is its EAN, "" takes the next one.
func (a *Account) newOffer(code string) *offer {
	k := a.offersMade
	a.offersMade++
	h := mix(a.cfg.Seed, saltOffer+uint64(k))
	o := &offer{
		ID: guid(a.cfg.Seed, k), EAN: code, Title: title(k), Reference: "SKU-" + pad(k+1), Method: fbr,
		Price: cents(199 + h%20_000), Stock: int(h >> 20 % 120), Managed: true, OnHold: h>>30%23 == 0,
		Mutated: a.cfg.Now().Add(-time.Duration(h>>40%1000) * time.Hour).Truncate(time.Second),
		comment: comments[h>>35%uint64(len(comments))], bsku: "295" + pad(k+1),
	}
	switch {
	case code != "":
	case k < len(a.cfg.EANs):
		o.EAN = a.cfg.EANs[k]
	default:
		o.EAN = ean(k)
	}
	if k%13 == 12 {
		o.Reference = ""
	}
	if a.cfg.FBBEvery > 0 && k%a.cfg.FBBEvery == a.cfg.FBBEvery-1 {
		o.Method, o.Graded = fbb, int(h>>50%3)
	}
	a.offers = append(a.offers, o)
	a.offerByID[o.ID] = o
	return o
}

func pad(k int) string {
	text := "000000" + string(appendInt(nil, k))
	return text[len(text)-7:]
}

func appendInt(b []byte, k int) []byte {
	if k >= 10 {
		b = appendInt(b, k/10)
	}
	return append(b, byte('0'+k%10))
}

// sellable is the stock minus what is ordered and not yet shipped.
func (a *Account) sellable(o *offer) int {
	open := 0
	for _, ord := range a.orders {
		for _, it := range ord.items {
			if it.offer == o && it.open() > 0 {
				open += it.open()
			}
		}
	}
	return o.Stock - open
}

// getOffer is GET /offers/{offer-id}.
func (a *Account) getOffer(c *call) answer {
	o := a.offerByID[c.id()]
	if o == nil {
		return notFound("offer", c.id())
	}
	type bundle struct {
		Quantity  int   `json:"quantity"`
		UnitPrice cents `json:"unitPrice"`
	}
	body := map[string]any{
		"offerId": o.ID, "ean": o.EAN, "onHoldByRetailer": o.OnHold,
		"pricing":    map[string]any{"bundlePrices": []bundle{{1, o.Price}}},
		"stock":      map[string]any{"amount": o.Stock, "correctedStock": a.sellable(o), "managedByRetailer": o.Managed},
		"fulfilment": map[string]any{"method": o.Method, "deliveryCode": "24uurs-21"},
		"store":      map[string]any{"productTitle": o.Title}, "condition": map[string]any{"name": "NEW", "category": "NEW"},
		"notPublishableReasons": []any{},
	}
	if o.Reference != "" {
		body["reference"] = o.Reference
	}
	return says(http.StatusOK, body)
}

// putStock is PUT /offers/{offer-id}/stock.
func (a *Account) putStock(c *call) answer {
	o := a.offerByID[c.id()]
	if o == nil {
		return notFound("offer", c.id())
	}
	var in struct {
		Amount  *int  `json:"amount"`
		Managed *bool `json:"managedByRetailer"`
	}
	if p := receive(c, &in); p != nil {
		return *p
	}
	switch {
	case in.Amount == nil || *in.Amount < 0 || *in.Amount > 999:
		return refuse("amount", "must be between 0 and 999")
	case in.Managed == nil:
		return refuse("managedByRetailer", "must not be null")
	}
	a.ledger.effect("stock", o.ID, *in.Amount, c.now)
	return a.submit(c, "UPDATE_OFFER_STOCK", "Update stock for offer with id "+o.ID+".", func() (string, string) {
		if a.offerByID[o.ID] == nil {
			return "", "The offer was deleted."
		}
		o.Stock, o.Managed, o.Mutated = *in.Amount, *in.Managed, c.now
		return o.ID, ""
	})
}

// putPrice is PUT /offers/{offer-id}/price.
func (a *Account) putPrice(c *call) answer {
	o := a.offerByID[c.id()]
	if o == nil {
		return notFound("offer", c.id())
	}
	var in struct {
		Pricing struct {
			Bundles []struct {
				Quantity  int   `json:"quantity"`
				UnitPrice cents `json:"unitPrice"`
			} `json:"bundlePrices"`
		} `json:"pricing"`
	}
	if p := receive(c, &in); p != nil {
		return *p
	}
	if len(in.Pricing.Bundles) == 0 || in.Pricing.Bundles[0].UnitPrice < 1 {
		return refuse("pricing.bundlePrices", "needs a price for one")
	}
	return a.submit(c, "UPDATE_OFFER_PRICE", "Update price for offer with id "+o.ID+".", func() (string, string) {
		o.Price, o.Mutated = in.Pricing.Bundles[0].UnitPrice, c.now
		return o.ID, ""
	})
}

// deleteOffer is DELETE /offers/{offer-id}.
func (a *Account) deleteOffer(c *call) answer {
	o := a.offerByID[c.id()]
	if o == nil {
		return notFound("offer", c.id())
	}
	return a.submit(c, "DELETE_OFFER", "Delete offer with id "+o.ID+".", func() (string, string) {
		a.removeOffer(o.ID)
		return o.ID, ""
	})
}

func (a *Account) removeOffer(id string) bool {
	for k, o := range a.offers {
		if o.ID == id {
			a.offers = append(a.offers[:k:k], a.offers[k+1:]...)
			delete(a.offerByID, id)
			return true
		}
	}
	return false
}
