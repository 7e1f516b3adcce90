package demoshop

import "strconv"

// appendChildren writes attributes, default_attributes and variations.
func (s *Shop) appendChildren(b []byte, r ref, variable bool) []byte {
	if !variable {
		return append(b, `,"attributes":[],"default_attributes":[],"variations":[]`...)
	}
	b = append(b, `,"attributes":[{"id":0,"name":"Colour","slug":"Colour","position":0,"visible":true,"variation":true,"options":[`...)
	b = s.eachVariation(b, r, func(b []byte, c ref) []byte { return appendString(b, option(int(c.v))) })
	b = append(b, `]}],"default_attributes":[],"variations":[`...)
	b = s.eachVariation(b, r, func(b []byte, c ref) []byte { return strconv.AppendInt(b, s.layout.id(c), 10) })
	return append(b, ']')
}

func (s *Shop) eachVariation(b []byte, r ref, write func([]byte, ref) []byte) []byte {
	first := true
	for v := range s.layout.per {
		c := ref{r.i, int16(v)}
		if !s.variationListed(c) {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = write(b, c)
	}
	return b
}

// appendMeta writes plugin data: mostly none, else values of any type, and an
// empty map that PHP turns into []. Old shops keep the EAN here.
func (s *Shop) appendMeta(b []byte, r ref) []byte {
	key := int64(s.layout.key(r))
	b = append(b, '[')
	start := len(b)
	item := func(n int64, name, value string) {
		if len(b) > start {
			b = append(b, ',')
		}
		b = append(b, `{"id":`...)
		b = strconv.AppendInt(b, 5000+key*4+n, 10)
		b = append(b, `,"key":"`...)
		b = append(b, name...)
		b = append(b, `","value":`...)
		b = append(b, value...)
		b = append(b, '}')
	}
	switch s.hash(r) >> 28 % 29 {
	case 0:
		item(0, "_shipping_options", `[]`)
	case 1:
		item(0, "_shipping_options", `{"fragile":"yes","zones":["eu","uk"]}`)
	case 2:
		item(0, "_plugin_rank", `9007199254740993`)
		item(1, "_plugin_flag", `false`)
	case 3:
		item(0, "_note", `"Only on request"`)
	}
	if !s.version.atLeast(9, 4) {
		if ean := s.appendGTIN(nil, r); len(ean) > 0 {
			item(2, "_ean", `"`+string(ean)+`"`)
		}
	}
	return append(b, ']')
}

func (s *Shop) appendEANField(b []byte, r ref) []byte {
	if !s.version.atLeast(9, 4) {
		return b
	}
	b = append(b, `,"global_unique_id":"`...)
	b = s.appendGTIN(b, r)
	return append(b, '"')
}

// appendLinks closes an item with its _links.
func (s *Shop) appendLinks(b []byte, collection string, id int64) []byte {
	b = append(b, `,"_links":{"self":[{"href":"`...)
	b = s.appendHref(b, collection)
	b = append(b, `\/`...)
	b = strconv.AppendInt(b, id, 10)
	b = append(b, `","targetHints":{"allow":["GET","POST","PUT","PATCH","DELETE"]}}],"collection":[{"href":"`...)
	b = s.appendHref(b, collection)
	return append(b, `"}]}}`...)
}

func (s *Shop) appendHref(b []byte, collection string) []byte {
	b = append(b, s.site...)
	b = append(b, `\/wp-json\/wc\/v3\/`...)
	return append(b, collection...)
}

// slimText fills the slim body up to about 850 bytes.
const slimText = `,"description":"Made for long days outside. Checked by hand before it leaves the warehouse, packed without plastic and sent on the same day that you order it before noon.","sku":`

// appendSlim writes the fields a coupling reads and little more.
func (s *Shop) appendSlim(b []byte, r ref, st state) []byte {
	variable := s.layout.variable(int(r.i))
	b = s.appendHead(b, r, st)
	b = append(b, slimText...)
	b = s.appendSKUString(b, r, st)
	price := s.shownPrice(r, st)
	b = append(b, `,"price":`...)
	b = appendPrice(b, price)
	b = append(b, `,"regular_price":`...)
	if variable {
		b = append(b, `""`...)
	} else {
		b = appendPrice(b, price)
	}
	b = append(b, `,"virtual":`...)
	b = appendBool(b, st.flags&virtual != 0)
	b = append(b, `,"downloadable":`...)
	b = appendBool(b, st.flags&downloadable != 0)
	b = append(b, `,"tax_class":`...)
	b = appendTaxClass(b, st)
	b = appendStock(b, st)
	b = append(b, `,"parent_id":0,"variations":[`...)
	if variable {
		b = s.eachVariation(b, r, func(b []byte, c ref) []byte { return strconv.AppendInt(b, s.layout.id(c), 10) })
	}
	b = append(b, `],"stock_status":"`...)
	b = append(b, st.stockStatus()...)
	b = append(b, '"')
	b = s.appendEANField(b, r)
	b = append(b, `,"meta_data":`...)
	b = s.appendMeta(b, r)
	return append(b, '}')
}
