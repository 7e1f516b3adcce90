package exact

import (
	"fmt"
	"strings"
)

// mix is splitmix64: one well spread number for each key.
func mix(seed, key uint64) uint64 {
	z := seed*0x9e3779b97f4a7c15 + key*0xbf58476d1ce4e5b9 + 0x94d049bb133111eb
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// Salts keep the numbers of one kind of thing apart from those of another.
const (
	saltItem uint64 = (iota + 1) << 40
	saltSupplier
	saltCustomer
	saltOffer
	saltPrice
	saltStock
	saltBOM
	saltOrder
	saltInvoice
	saltPurchase
	saltReceipt
	saltWarehouse
	saltUser
	saltMade
	saltToken
)

// guidOf is the GUID of the n-th thing of a kind.
func guidOf(seed, salt, n uint64) string {
	a, b := mix(seed, salt+n*2), mix(seed, salt+n*2+1)
	return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", uint32(a>>32), uint16(a>>16), uint16(a)&0xfff, uint16(b>>48)&0xfff, b&0xffffffffffff)
}

var (
	adjectives = [...]string{"Trail", "Alpine", "Café", "Harbour", "Slim & light", "Classic", "Granite", "Willow", "Crème", "Compact", "Outdoor", "Nordic"}
	nouns      = [...]string{"tent", "chair", "mug", "lantern", "backpack", "jacket", "stove", "blanket", "bottle", "table", "rope", "knife", "sleeping bag"}
	firms      = [...]string{"Gear", "Supply", "Textiles", "Trading", "Metal works", "Imports", "Holding"}
)

// nameOf is the description of an item.
func nameOf(h uint64, n int) string {
	return fmt.Sprintf("%s %s %d", adjectives[h%uint64(len(adjectives))], nouns[h>>8%uint64(len(nouns))], n)
}

// padded is an account code: 18 characters, spaces on the left.
func padded(n int) string { return fmt.Sprintf("%18d", n) }

// ean is a GTIN-13 with a right check digit.
func ean(n uint64) string {
	s := fmt.Sprintf("871%09d", n%1_000_000_000)
	sum := 0
	for i, c := range s {
		sum += int(c-'0') * (1 + 2*(i%2))
	}
	return s + string(rune('0'+(10-sum%10)%10))
}

// code makes an item code: ITM-00017.
func code(prefix string, n int) string { return fmt.Sprintf("%s-%05d", prefix, n) }

// upper makes a search code of a name.
func upper(s string) string { return strings.ToUpper(strings.ReplaceAll(s, " ", "")) }
