package demoshop

import "strconv"

// appendProduct writes one product as GET /products does. edit adds what the
// answers to writes have.
func (s *Shop) appendProduct(b []byte, r ref, edit bool) []byte {
	if r.v >= 0 {
		return s.appendVariation(b, r, inProducts)
	}
	st := s.state(r)
	if s.cfg.Slim && !edit {
		return s.appendSlim(b, r, st)
	}
	variable := s.layout.variable(int(r.i))
	id := s.layout.id(r)
	price := s.shownPrice(r, st)
	b = s.appendHead(b, r, st)
	b = append(b, `,"featured":false,"catalog_visibility":"visible","description":"","short_description":"","sku":`...)
	b = s.appendSKUString(b, r, st)
	b = appendPrices(b, price, st, variable)
	b = append(b, `,"purchasable":`...)
	b = appendBool(b, price >= 0)
	b = append(b, `,"total_sales":0,"virtual":`...)
	b = appendBool(b, st.flags&virtual != 0)
	b = append(b, `,"downloadable":`...)
	b = appendBool(b, st.flags&downloadable != 0)
	b = append(b, `,"downloads":[],"download_limit":-1,"download_expiry":-1,"external_url":"","button_text":"","tax_status":"taxable","tax_class":`...)
	b = appendTaxClass(b, st)
	b = appendStock(b, st)
	b = append(b, `,"low_stock_amount":null,"sold_individually":false`...)
	b = s.appendSize(b, r)
	b = append(b, `,"shipping_required":`...)
	b = appendBool(b, st.flags&virtual == 0)
	b = append(b, `,"shipping_taxable":`...)
	b = appendBool(b, st.flags&virtual == 0)
	b = append(b, `,"shipping_class":"","shipping_class_id":0,"reviews_allowed":true,"average_rating":"0.00","rating_count":0,"upsell_ids":[],"cross_sell_ids":[],"parent_id":0,"purchase_note":"","categories":[{"id":15,"name":"Uncategorized","slug":"uncategorized"}],"brands":[],"tags":[],"images":[]`...)
	b = s.appendChildren(b, r, variable)
	b = append(b, `,"grouped_products":[],"menu_order":0,"price_html":"`...)
	b = s.appendPriceHTML(b, price)
	b = append(b, `","related_ids":[`...)
	b = s.appendRelated(b)
	b = append(b, `],"meta_data":`...)
	b = s.appendMeta(b, r)
	b = append(b, `,"stock_status":"`...)
	b = append(b, st.stockStatus()...)
	b = append(b, `","has_options":`...)
	b = appendBool(b, variable)
	b = append(b, `,"post_password":""`...)
	b = s.appendEANField(b, r)
	if edit {
		b = append(b, `,"permalink_template":"`...)
		b = append(b, s.site...)
		b = append(b, `\/product\/%pagename%\/","generated_slug":"`...)
		b = s.appendSlug(b, r.i)
		b = append(b, '"')
	}
	return s.appendLinks(b, "products", id)
}

// appendHead writes the fields from id to status.
func (s *Shop) appendHead(b []byte, r ref, st state) []byte {
	b = append(b, `{"id":`...)
	b = strconv.AppendInt(b, s.layout.id(r), 10)
	b = append(b, `,"name":`...)
	b = s.appendNameString(b, r, st)
	b = append(b, `,"slug":"`...)
	b = s.appendSlug(b, r.i)
	b = append(b, `","permalink":"`...)
	b = s.appendPermalink(b, r)
	b = append(b, '"')
	b = s.appendDates(b, st)
	if s.layout.variable(int(r.i)) {
		b = append(b, `,"type":"variable","status":"`...)
	} else {
		b = append(b, `,"type":"simple","status":"`...)
	}
	b = append(b, st.status.String()...)
	return append(b, '"')
}

func (s *Shop) appendPermalink(b []byte, r ref) []byte {
	b = append(b, s.site...)
	b = append(b, `\/product\/`...)
	b = s.appendSlug(b, r.i)
	b = append(b, `\/`...)
	if r.v >= 0 {
		b = append(b, `?attribute_colour=`...)
		b = append(b, optionSlug(int(r.v))...)
	}
	return b
}

func (s *Shop) appendNameString(b []byte, r ref, st state) []byte {
	var buf [128]byte
	return appendString(b, string(s.appendName(buf[:0], r, st)))
}

func (s *Shop) appendSKUString(b []byte, r ref, st state) []byte {
	var buf [64]byte
	return appendString(b, string(s.appendSKU(buf[:0], r, st)))
}

func (s *Shop) appendDates(b []byte, st state) []byte {
	b = append(b, `,"date_created":`...)
	b = appendTime(b, s.zone.wall(st.created))
	b = append(b, `,"date_created_gmt":`...)
	b = appendTime(b, st.created)
	b = append(b, `,"date_modified":`...)
	b = appendTime(b, s.zone.wall(st.modified))
	b = append(b, `,"date_modified_gmt":`...)
	return appendTime(b, st.modified)
}

func appendPrices(b []byte, price int32, st state, variable bool) []byte {
	sale := st.flags&onSale != 0 && price >= 0
	b = append(b, `,"price":`...)
	b = appendPrice(b, price)
	b = append(b, `,"regular_price":`...)
	switch {
	case variable:
		b = append(b, `""`...)
	case sale:
		b = appendPrice(b, price+price/4)
	default:
		b = appendPrice(b, price)
	}
	b = append(b, `,"sale_price":`...)
	if sale {
		b = appendPrice(b, price)
	} else {
		b = append(b, `""`...)
	}
	b = append(b, `,"date_on_sale_from":null,"date_on_sale_from_gmt":null,"date_on_sale_to":null,"date_on_sale_to_gmt":null,"on_sale":`...)
	return appendBool(b, sale)
}

func appendTaxClass(b []byte, st state) []byte {
	if st.flags&reduced != 0 {
		return append(b, `"reduced-rate"`...)
	}
	return append(b, `""`...)
}

// appendStock writes manage_stock to backordered.
func appendStock(b []byte, st state) []byte {
	switch st.managed {
	case own:
		b = append(b, `,"manage_stock":true,"stock_quantity":`...)
		b = strconv.AppendInt(b, int64(st.stock), 10)
	case byParent:
		b = append(b, `,"manage_stock":"parent","stock_quantity":null`...)
	default:
		b = append(b, `,"manage_stock":false,"stock_quantity":null`...)
	}
	if st.flags&backorders == 0 {
		return append(b, `,"backorders":"no","backorders_allowed":false,"backordered":false`...)
	}
	b = append(b, `,"backorders":"notify","backorders_allowed":true,"backordered":`...)
	return appendBool(b, st.managed == own && st.stock < 0)
}

func (s *Shop) appendSize(b []byte, r ref) []byte {
	if s.hash(r)%3 != 0 {
		return append(b, `,"weight":"","dimensions":{"length":"","width":"","height":""}`...)
	}
	b = append(b, `,"weight":"1.25","dimensions":{"length":"`...)
	b = strconv.AppendUint(b, 5+s.hash(r)>>8%90, 10)
	return append(b, `","width":"20","height":"7.5"}`...)
}

func (s *Shop) appendPriceHTML(b []byte, price int32) []byte {
	if price < 0 {
		return b
	}
	symbol := "&euro;"
	if s.cfg.Currency == "USD" {
		symbol = "&#36;"
	}
	b = append(b, `<span class=\"woocommerce-Price-amount amount\"><bdi><span class=\"woocommerce-Price-currencySymbol\" translate=\"no\">`...)
	b = append(b, symbol...)
	b = append(b, `<\/span>`...)
	b = appendMoney(b, int64(price))
	return append(b, `<\/bdi><\/span>`...)
}

// appendRelated writes other ids at each reading, as the shop shuffles them:
// the field says nothing about the product.
func (s *Shop) appendRelated(b []byte) []byte {
	n := s.volatile.Add(1)
	for k := range uint64(min(5, s.layout.products)) {
		if k > 0 {
			b = append(b, ',')
		}
		i := mix(s.cfg.Seed, n*5+k) % uint64(s.layout.products)
		b = strconv.AppendInt(b, s.layout.id(ref{int32(i), -1}), 10)
	}
	return b
}
