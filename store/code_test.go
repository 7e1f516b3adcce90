package store

import (
	"slices"
	"testing"

	"github.com/koppel-io/koppel"
)

func TestCodesAreComparedInTheirNormalForm(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		form       codeForm
		name       string
		code, want string
	}{
		{sameGTIN, "GTIN", "8712345678906", "08712345678906"},
		{sameGTIN, "GTIN", " 08712345678906", "08712345678906"},
		{sameGTIN, "GTIN", "8712345678907", ""}, // the check digit is 6
		{sameGTIN, "GTIN", "96385074", "00000096385074"},
		{sameGTIN, "GTIN", "614141000036", "00614141000036"},
		{sameGTIN, "GTIN", "0", ""},
		{sameGTIN, "GTIN", "0000000000000", ""},
		{sameGTIN, "GTIN", "871234567890", ""}, // a GTIN-12 whose check digit is wrong
		{sameGTIN, "GTIN", "no code", ""},
		{sameGTIN, "GTIN", "", ""},
		{sameSKU, "SKU", " Ab-1É ", "ab-1É"},
		{sameName, "name", "  Müller \t& Sons", "müller & sons"},
		{sameGLN, "GLN", "8712345000004", "08712345000004"},
		{sameGLN, "GLN", "96385074", ""},
	} {
		if got := tt.form(tt.code); got != tt.want {
			t.Errorf("%s %q is compared as %q, want %q", tt.name, tt.code, got, tt.want)
		}
	}
	if forms := gtinLengths("00000096385074"); !slices.Equal(forms, []string{"00000096385074", "0000096385074", "000096385074", "96385074"}) {
		t.Errorf("stored forms are %v", forms)
	}
}

func TestKeysNameObjectsByTheirCodes(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{
		"sku:A-1": "sku:a-1", "ean:8712345678906": "ean:08712345678906", "ean:1": "ean:1", "4711": "4711", "gid://shop/1": "gid://shop/1", "name:X": "name:X",
	} {
		if got := keptKey(koppel.Products, key); got != want {
			t.Errorf("%q is kept as %q, want %q", key, got, want)
		}
	}
	if got := keptKey(koppel.Suppliers, "name:ACME  Ltd"); got != "name:acme ltd" {
		t.Errorf("a supplier's name is kept as %q", got)
	}
}
