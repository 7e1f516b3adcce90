package demoshop

import "strconv"

// place is the endpoint that a variation is read from; its _links differ.
type place uint8

const (
	ofParent     place = iota // GET /products/{id}/variations
	inVariations              // GET /variations
	inProducts                // GET /products?sku=…, which widens to variations
)

// appendVariation writes one variation.
func (s *Shop) appendVariation(b []byte, r ref, at place) []byte {
	st := s.state(r)
	id, parent := s.layout.id(r), s.layout.id(ref{r.i, -1})
	b = append(b, `{"id":`...)
	b = strconv.AppendInt(b, id, 10)
	b = append(b, `,"type":"variation"`...)
	b = s.appendDates(b, st)
	b = append(b, `,"description":"","permalink":"`...)
	b = s.appendPermalink(b, r)
	b = append(b, `","sku":`...)
	b = s.appendSKUString(b, r, st)
	b = s.appendEANField(b, r)
	b = appendPrices(b, st.price, st, false)
	b = append(b, `,"status":"`...)
	b = append(b, st.status.String()...)
	b = append(b, `","purchasable":`...)
	b = appendBool(b, st.price >= 0)
	b = append(b, `,"virtual":`...)
	b = appendBool(b, st.flags&virtual != 0)
	b = append(b, `,"downloadable":`...)
	b = appendBool(b, st.flags&downloadable != 0)
	b = append(b, `,"downloads":[],"download_limit":-1,"download_expiry":-1,"tax_status":"taxable","tax_class":`...)
	b = appendTaxClass(b, st)
	b = s.appendVariationStock(b, r, st)
	b = append(b, `,"low_stock_amount":null`...)
	b = s.appendSize(b, r)
	b = append(b, `,"shipping_class":"","shipping_class_id":0,"image":null,"gallery_image_ids":[],"attributes":[{"id":0,"name":"Colour","slug":"colour","option":`...)
	b = appendString(b, option(int(r.v)))
	b = append(b, `}],"menu_order":0,"meta_data":`...)
	b = s.appendMeta(b, r)
	if s.version.atLeast(9, 4) {
		b = append(b, `,"name":`...)
		b = s.appendNameString(b, r, st)
		b = append(b, `,"parent_id":`...)
		b = strconv.AppendInt(b, parent, 10)
	}
	b = append(b, `,"_links":{"self":[{"href":"`...)
	b = s.appendVariationHref(b, parent, at)
	b = append(b, `\/`...)
	b = strconv.AppendInt(b, id, 10)
	b = append(b, '"')
	if at != inVariations {
		b = append(b, `,"targetHints":{"allow":["GET","POST","PUT","PATCH","DELETE"]}`...)
	}
	b = append(b, `}],"collection":[{"href":"`...)
	b = s.appendVariationHref(b, parent, at)
	b = append(b, `"}],"up":[{"href":"`...)
	b = s.appendHref(b, `products\/`)
	if at == inVariations {
		parent = 0 // as the shop answers it
	}
	b = strconv.AppendInt(b, parent, 10)
	return append(b, `"}]}}`...)
}

// appendVariationStock writes the stock fields in the order of a variation:
// stock_status stands between quantity and back-orders.
func (s *Shop) appendVariationStock(b []byte, r ref, st state) []byte {
	stockStatus := st.stockStatus()
	switch st.managed {
	case own:
		b = append(b, `,"manage_stock":true,"stock_quantity":`...)
		b = strconv.AppendInt(b, int64(st.stock), 10)
	case byParent:
		stockStatus = s.state(ref{r.i, -1}).stockStatus()
		b = append(b, `,"manage_stock":"parent","stock_quantity":null`...)
	default:
		b = append(b, `,"manage_stock":false,"stock_quantity":null`...)
	}
	b = append(b, `,"stock_status":"`...)
	b = append(b, stockStatus...)
	if st.flags&backorders == 0 {
		return append(b, `","backorders":"no","backorders_allowed":false,"backordered":false`...)
	}
	b = append(b, `","backorders":"notify","backorders_allowed":true,"backordered":`...)
	return appendBool(b, st.managed == own && st.stock < 0)
}

func (s *Shop) appendVariationHref(b []byte, parent int64, at place) []byte {
	switch at {
	case inVariations:
		return s.appendHref(b, "variations")
	case inProducts:
		return s.appendHref(b, "products")
	default:
		b = s.appendHref(b, `products\/`)
		b = strconv.AppendInt(b, parent, 10)
		return append(b, `\/variations`...)
	}
}
