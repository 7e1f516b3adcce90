package demoshop

import (
	"math"
	"strconv"
)

// appendOrder writes one order as GET /orders does.
func (s *Shop) appendOrder(b []byte, j int) []byte {
	o := s.order(j)
	var buf [4]line
	sl := s.sale(j, o.status, buf[:])
	id := s.orders.id(j)
	h := s.orderHash(j)

	b = append(b, `{"id":`...)
	b = strconv.AppendInt(b, id, 10)
	b = append(b, `,"parent_id":0,"status":"`...)
	b = append(b, o.status...)
	b = append(b, `","currency":"`...)
	b = append(b, s.cfg.Currency...)
	b = append(b, `","version":"`...)
	b = append(b, s.cfg.Version...)
	b = append(b, `","prices_include_tax":`...)
	b = appendBool(b, s.cfg.PricesIncludeTax)
	b = append(b, `,"date_created":`...)
	b = appendTime(b, s.zone.wall(o.created))
	b = append(b, `,"date_modified":`...)
	b = appendTime(b, s.zone.wall(o.modified))
	b = appendTotal(b, "discount_total", sl.discount)
	b = appendTotal(b, "discount_tax", sl.discountTax)
	b = appendTotal(b, "shipping_total", sl.shipping)
	b = appendTotal(b, "shipping_tax", sl.shippingTax)
	b = appendTotal(b, "cart_tax", sl.lineTax)
	b = appendTotal(b, "total", sl.total)
	b = appendTotal(b, "total_tax", sl.totalTax)
	b = append(b, `,"customer_id":`...)
	b = strconv.AppendUint(b, h>>40%500, 10)
	b = append(b, `,"order_key":"`...)
	b = appendOrderKey(b, h)
	b = append(b, '"')
	b = appendAddresses(b, h)
	b = appendPayment(b, o, h)
	b = append(b, `,"date_completed":`...)
	b = appendTimeOrNull(b, o.complete, s.zone.wall)
	b = append(b, `,"date_paid":`...)
	b = appendTimeOrNull(b, o.paid, s.zone.wall)
	b = append(b, `,"cart_hash":"","number":"`...)
	b = strconv.AppendInt(b, id, 10)
	b = append(b, `","meta_data":[],"line_items":[`...)
	for k, l := range sl.lines {
		if k > 0 {
			b = append(b, ',')
		}
		b = s.appendLine(b, l, sl.taxed, reducesStock(o.status))
	}
	b = append(b, ']')
	b = s.appendCharges(b, j, sl)
	b = append(b, `,"payment_url":"`...)
	b = append(b, s.site...)
	b = append(b, `\/checkout\/order-pay\/`...)
	b = strconv.AppendInt(b, id, 10)
	b = append(b, `\/?pay_for_order=true&key=`...)
	b = appendOrderKey(b, h)
	b = append(b, `","is_editable":`...)
	b = appendBool(b, o.status == "pending" || o.status == "on-hold" || o.status == "checkout-draft")
	b = append(b, `,"needs_payment":`...)
	b = appendBool(b, (o.status == "pending" || o.status == "failed") && sl.total > 0)
	b = append(b, `,"needs_processing":true,"date_created_gmt":`...)
	b = appendTime(b, o.created)
	b = append(b, `,"date_modified_gmt":`...)
	b = appendTime(b, o.modified)
	b = append(b, `,"date_completed_gmt":`...)
	b = appendTimeOrNull(b, o.complete, nil)
	b = append(b, `,"date_paid_gmt":`...)
	b = appendTimeOrNull(b, o.paid, nil)
	b = append(b, `,"currency_symbol":`...)
	if s.cfg.Currency == "USD" {
		b = append(b, `"$"`...)
	} else {
		b = appendString(b, "€")
	}
	b = s.appendLinks(b, "orders", id)
	b = append(b[:len(b)-2], `,"email_templates":[{"embeddable":true,"href":"`...)
	b = s.appendHref(b, `orders\/`)
	b = strconv.AppendInt(b, id, 10)
	return append(b, `\/actions\/email_templates"}]}}`...)
}

func reducesStock(status string) bool {
	return status == "completed" || status == "processing" || status == "on-hold"
}

func appendTotal(b []byte, name string, cents int64) []byte {
	b = append(b, `,"`...)
	b = append(b, name...)
	b = append(b, `":"`...)
	b = appendMoney(b, cents)
	return append(b, '"')
}

func appendTimeOrNull(b []byte, sec int64, wall func(int64) int64) []byte {
	if sec == 0 {
		return append(b, "null"...)
	}
	if wall != nil {
		sec = wall(sec)
	}
	return appendTime(b, sec)
}

func appendOrderKey(b []byte, h uint64) []byte {
	b = append(b, "wc_order_"...)
	for k := range 13 {
		b = append(b, "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"[(h>>(k*4)^h>>7)%56])
	}
	return b
}

// appendAddresses writes an invented customer.
func appendAddresses(b []byte, h uint64) []byte {
	first := [...]string{"Ada", "Bram", "Chloé", "Daan", "Eva", "Finn", "Zoë"}[h>>11%7]
	last := [...]string{"Jansen", "de Vries", "Müller", "Smit", "Bakker"}[h>>15%5]
	person := func(b []byte) []byte {
		b = append(b, `{"first_name":`...)
		b = appendString(b, first)
		b = append(b, `,"last_name":`...)
		b = appendString(b, last)
		b = append(b, `,"company":"","address_1":"Example street `...)
		b = strconv.AppendUint(b, 1+h>>19%200, 10)
		return append(b, `","address_2":"","city":"Utrecht","state":"","postcode":"3511 AA","country":"NL"`...)
	}
	b = append(b, `,"billing":`...)
	b = person(b)
	b = append(b, `,"email":"customer`...)
	b = strconv.AppendUint(b, h>>40%500, 10)
	b = append(b, `@example.com","phone":""},"shipping":`...)
	b = person(b)
	return append(b, `,"phone":""}`...)
}

func appendPayment(b []byte, o orderChange, h uint64) []byte {
	if o.paid == 0 {
		return append(b, `,"payment_method":"bacs","payment_method_title":"Bank transfer","transaction_id":"","customer_ip_address":"","customer_user_agent":"","created_via":"checkout","customer_note":""`...)
	}
	b = append(b, `,"payment_method":"ideal","payment_method_title":"iDEAL","transaction_id":"tr_`...)
	b = strconv.AppendUint(b, h>>20, 36)
	return append(b, `","customer_ip_address":"","customer_user_agent":"","created_via":"checkout","customer_note":""`...)
}

func (s *Shop) appendLine(b []byte, l line, taxed, reduced bool) []byte {
	b = append(b, `{"id":`...)
	b = strconv.AppendInt(b, l.id, 10)
	b = append(b, `,"name":`...)
	st := s.base(l.r)
	parent := s.defaultName(l.r.i)
	name := parent
	if l.r.v >= 0 {
		name += " - " + option(int(l.r.v))
	}
	b = appendString(b, name)
	b = append(b, `,"product_id":`...)
	if l.deleted {
		b = append(b, `0,"variation_id":0`...)
	} else {
		b = strconv.AppendInt(b, s.layout.id(ref{l.r.i, -1}), 10)
		b = append(b, `,"variation_id":`...)
		if l.r.v >= 0 {
			b = strconv.AppendInt(b, s.layout.id(l.r), 10)
		} else {
			b = append(b, '0')
		}
	}
	b = append(b, `,"quantity":`...)
	b = strconv.AppendInt(b, l.quantity, 10)
	b = append(b, `,"tax_class":`...)
	b = appendTaxClass(b, st)
	b = appendTotal(b, "subtotal", l.subtotal)
	b = appendTotal(b, "subtotal_tax", l.subTax)
	b = appendTotal(b, "total", l.total)
	b = appendTotal(b, "total_tax", l.tax)
	b = append(b, `,"taxes":[`...)
	if taxed {
		b = append(b, `{"id":1,"total":"`...)
		b = appendMoney(b, l.tax)
		b = append(b, `","subtotal":"`...)
		b = appendMoney(b, l.subTax)
		b = append(b, `"}`...)
	}
	b = append(b, `],"meta_data":[`...)
	if reduced {
		b = append(b, `{"id":`...)
		b = strconv.AppendInt(b, 700+l.id, 10)
		b = append(b, `,"key":"_reduced_stock","value":"`...)
		b = strconv.AppendInt(b, l.quantity, 10)
		b = append(b, `","display_key":"_reduced_stock","display_value":"`...)
		b = strconv.AppendInt(b, l.quantity, 10)
		b = append(b, `"}`...)
	}
	b = append(b, `],"sku":`...)
	if l.deleted {
		b = append(b, "null"...)
	} else {
		b = appendString(b, string(s.appendDefaultSKU(nil, l.r, st)))
	}
	b = append(b, `,"global_unique_id":"`...)
	if !l.deleted {
		b = s.appendGTIN(b, l.r)
	}
	b = append(b, `","price":`...)
	b = strconv.AppendFloat(b, math.Round(float64(l.total)/float64(l.quantity)*100)/10000, 'f', -1, 64)
	b = append(b, `,"image":{"id":"","src":""},"parent_name":`...)
	if l.r.v >= 0 {
		b = appendString(b, parent)
	} else {
		b = append(b, "null"...)
	}
	return append(b, '}')
}

// appendCharges writes tax_lines to refunds.
func (s *Shop) appendCharges(b []byte, j int, sl sale) []byte {
	id := int64(j)*8 + 6
	b = append(b, `,"tax_lines":[`...)
	if sl.taxed {
		b = append(b, `{"id":`...)
		b = strconv.AppendInt(b, id, 10)
		b = append(b, `,"rate_code":"NL-VAT-1","rate_id":1,"label":"VAT","compound":false`...)
		b = appendTotal(b, "tax_total", sl.lineTax)
		b = appendTotal(b, "shipping_tax_total", sl.shippingTax)
		b = append(b, `,"rate_percent":21,"meta_data":[]}`...)
	}
	b = append(b, `],"shipping_lines":[`...)
	if sl.shipping > 0 {
		b = append(b, `{"id":`...)
		b = strconv.AppendInt(b, id+1, 10)
		b = append(b, `,"method_title":"Flat rate","method_id":"flat_rate","instance_id":"1"`...)
		b = appendTotal(b, "total", sl.shipping)
		b = appendTotal(b, "total_tax", sl.shippingTax)
		b = append(b, `,"taxes":[`...)
		if sl.taxed {
			b = append(b, `{"id":1,"total":"`...)
			b = appendMoney(b, sl.shippingTax)
			b = append(b, `","subtotal":""}`...)
		}
		b = append(b, `],"tax_status":"taxable","meta_data":[]}`...)
	}
	b = append(b, `],"fee_lines":[],"coupon_lines":[`...)
	if sl.coupon {
		b = append(b, `{"id":`...)
		b = strconv.AppendInt(b, id+2, 10)
		b = append(b, `,"code":"summer10"`...)
		b = appendTotal(b, "discount", sl.discount)
		b = appendTotal(b, "discount_tax", sl.discountTax)
		b = append(b, `,"meta_data":[],"discount_type":"percent","nominal_amount":10,"free_shipping":false}`...)
	}
	b = append(b, `],"refunds":[`...)
	if sl.refunded > 0 {
		b = append(b, `{"id":`...)
		b = strconv.AppendInt(b, 900_000_000+int64(j), 10)
		b = append(b, `,"reason":"","total":"`...)
		b = appendMoney(b, -sl.refunded)
		b = append(b, `"}`...)
	}
	return append(b, ']')
}
