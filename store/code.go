package store

import (
	"strings"

	"github.com/koppel-io/koppel"
)

// A code is compared in a normal form and kept as it came. form answers "" for what is never compared.
type codeForm func(code string) (form string)

// sameSKU compares without regard to surrounding space and ASCII case, as product.sku_key does.
func sameSKU(s string) string { return lowerASCII(strings.TrimSpace(s)) }

func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// sameName compares names without regard to ASCII case and to how words are spaced.
func sameName(s string) string { return lowerASCII(strings.Join(strings.Fields(s), " ")) }

func sameText(s string) string { return strings.TrimSpace(s) }

// sameGTIN compares GTINs by their 14 digits (GS1 General Specifications, 3.3 and 7.9: GTIN-8, 12 and 13 are
// right-aligned, and the last digit checks the others). What is none, whose check digit is wrong or which is only
// zeros is never compared.
func sameGTIN(s string) string {
	s = strings.TrimSpace(s)
	switch len(s) {
	case 8, 12, 13, 14:
	default:
		return ""
	}
	if strings.Trim(s, "0123456789") != "" || strings.Trim(s, "0") == "" {
		return ""
	}
	full := strings.Repeat("0", 14-len(s)) + s
	sum := 0
	for i := range 13 {
		weight := 3
		if i%2 == 1 {
			weight = 1
		}
		sum += weight * int(full[i]-'0')
	}
	if (10-sum%10)%10 != int(full[13]-'0') {
		return ""
	}
	return full
}

// sameGLN compares global location numbers, which are GTIN-13 in form.
func sameGLN(s string) string {
	if len(strings.TrimSpace(s)) != 13 {
		return ""
	}
	return sameGTIN(s)
}

// gtinLengths are the lengths in which a GTIN may be stored: of 14 digits the last 14, 13, 12 or 8, where the rest is zeros.
func gtinLengths(full string) []string {
	forms := []string{full}
	for _, n := range []int{13, 12, 8} {
		if strings.Trim(full[:14-n], "0") == "" {
			forms = append(forms, full[14-n:])
		}
	}
	return forms
}

func itself(form string) []string { return []string{form} }

// matcher finds objects by one of their fields.
type matcher struct {
	field int
	form  codeForm
	// stored are the texts that may be stored for a form; sql finds them: id, value and whether coupling $3 has a live
	// source of the object.
	stored func(form string) []string
	sql    string
}

const (
	ownSourceSQL = `EXISTS (SELECT FROM source s WHERE s.webshop_id = o.webshop_id AND s.object_id = o.id AND s.coupling_id = $3 AND s.gone_at IS NULL)`
	findSKUsSQL  = `SELECT o.id, o.sku_code, ` + ownSourceSQL + ` FROM product o WHERE o.webshop_id = $1 AND o.sku_key = ANY($2) ORDER BY o.id`
	findEANsSQL  = `SELECT o.id, o.ean_code, ` + ownSourceSQL + ` FROM product o WHERE o.webshop_id = $1 AND o.ean_code = ANY($2) ORDER BY o.id`
	findNamesSQL = `SELECT o.id, o.name, ` + ownSourceSQL + ` FROM supplier o WHERE o.webshop_id = $1 AND lower(regexp_replace(trim(o.name), '\s+', ' ', 'g') COLLATE "C") = ANY($2) ORDER BY o.id`
	findGLNsSQL  = `SELECT o.id, o.gln, ` + ownSourceSQL + ` FROM supplier o WHERE o.webshop_id = $1 AND o.gln = ANY($2) ORDER BY o.id`
	findSalesSQL = `SELECT o.id, o.number, ` + ownSourceSQL + ` FROM sell_order o WHERE o.webshop_id = $1 AND o.number = ANY($2) ORDER BY o.id`
	findRefsSQL  = `SELECT o.id, o.reference, ` + ownSourceSQL + ` FROM buy_order o WHERE o.webshop_id = $1 AND o.reference = ANY($2) ORDER BY o.id`

	// Only what is on its way to the coupling, or just arrived there, is meant.
	findParcelsSQL = `
SELECT o.id, o.tracking_code, ` + ownSourceSQL + ` FROM shipment o
WHERE o.webshop_id = $1 AND o.tracking_code = ANY($2)
  AND EXISTS (SELECT FROM outbox b WHERE b.coupling_id = $3 AND b.object = 'shipments' AND b.object_id = o.id AND b.state IN ('pending', 'sending', 'unknown', 'sent'))
ORDER BY o.id`
	findReceiptsSQL = `SELECT o.id, o.reference, ` + ownSourceSQL + ` FROM item_delivery o WHERE o.webshop_id = $1 AND o.reference = ANY($2) ORDER BY o.id`
)

// matchers are the ways to find an object, by mapping key.
var matchers = map[koppel.Object]map[string]matcher{
	koppel.Products: {
		"sku_code": {productSKU, sameSKU, itself, findSKUsSQL},
		"ean_code": {productEAN, sameGTIN, gtinLengths, findEANsSQL},
	},
	koppel.Suppliers: {
		"name": {place(koppel.Suppliers, "name"), sameName, itself, findNamesSQL},
		"gln":  {place(koppel.Suppliers, "gln"), sameGLN, gtinLengths, findGLNsSQL},
	},
	koppel.SellOrders: {
		"number": {place(koppel.SellOrders, "number"), sameText, itself, findSalesSQL},
	},
}

// byReference finds buy orders by our number, whatever the mapping key.
var byReference = matcher{buyReference, sameText, itself, findRefsSQL}

// byDeliveryReference finds deliveries by the number under which they were pushed.
var byDeliveryReference = matcher{deliveryReference, sameText, itself, findReceiptsSQL}

// byTracking finds shipments that were pushed by the carrier's code: the remote may tell of one before it answers the push.
var byTracking = matcher{place(koppel.Shipments, "tracking_code"), sameText, itself, findParcelsSQL}

// codePrefixes are the starts of keys that name an object by one of its codes instead of by a remote id: "sku:A-1".
var codePrefixes = map[koppel.Object]map[string]string{
	koppel.Products:  {"sku": "sku_code", "ean": "ean_code"},
	koppel.Suppliers: {"name": "name", "gln": "gln"},
}

// codeKey reads a key that names an object by a code; ok is false for a remote id. The form of a code that is never
// compared is "".
func codeKey(object koppel.Object, key string) (m matcher, form string, ok bool) {
	prefix, code, found := strings.Cut(key, ":")
	if !found {
		return matcher{}, "", false
	}
	name, ok := codePrefixes[object][prefix]
	if !ok {
		return matcher{}, "", false
	}
	m = matchers[object][name]
	return m, m.form(code), true
}

// keptKey is a reference's key as it is stored: a code in its normal form, so that what waits for it is found.
func keptKey(object koppel.Object, key string) string {
	prefix, _, found := strings.Cut(key, ":")
	if !found {
		return key
	}
	if _, form, ok := codeKey(object, key); ok && form != "" {
		return prefix + ":" + form
	}
	return key
}
