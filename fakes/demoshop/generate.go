package demoshop

import "strconv"

// mix is splitmix64: one well spread number for each key.
func mix(seed, key uint64) uint64 {
	z := seed*0x9e3779b97f4a7c15 + key*0xbf58476d1ce4e5b9 + 0x94d049bb133111eb
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// Salts keep the numbers of one kind of thing apart from those of another.
const (
	saltOrder uint64 = (iota + 1) << 40
	saltLine
	saltOffer
	saltSupplier
)

const (
	productEpoch = 1735689600 // 2025-01-01T00:00:00Z
	orderEpoch   = 1738368000 // 2025-02-01T00:00:00Z
	orderSpan    = 300 * 24 * 3600
)

// createdAt is when a product of the start was made. Three share each second,
// so that a boundary between two pages or two reads falls inside a second.
func createdAt(i int) int64 { return productEpoch + int64(i/3) }

// word is a piece of a name and the piece of the slug it becomes.
type word struct{ name, slug string }

var firstWords = [...]word{
	{"Trail", "trail"}, {"Alpine", "alpine"}, {"Café", "cafe"}, {"Harbour", "harbour"}, {"Slim & light", "slim-light"},
	{"Ærø", "aero"}, {"Classic", "classic"}, {"24/7", "24-7"}, {"Granite", "granite"}, {"Willow", "willow"},
	{"Crème", "creme"}, {"Compact", "compact"}, {"\"Nr. 5\"", "nr-5"}, {"Outdoor", "outdoor"}, {"Nordic", "nordic"}, {"🏕 Camp", "camp"},
}

var secondWords = [...]word{
	{"tent", "tent"}, {"chair", "chair"}, {"mug", "mug"}, {"lantern", "lantern"}, {"backpack", "backpack"}, {"jacket", "jacket"},
	{"stove", "stove"}, {"blanket", "blanket"}, {"bottle", "bottle"}, {"table", "table"}, {"sleeping bag", "sleeping-bag"}, {"rope", "rope"}, {"knife", "knife"},
}

var colours = [...]string{"Red", "Green", "Blue", "Black", "White", "Grey", "Orange", "Purple", "Sand", "Teal"}

func option(v int) string {
	if v < len(colours) {
		return colours[v]
	}
	return "Colour " + strconv.Itoa(v+1)
}

func optionSlug(v int) string {
	if v < len(colours) {
		return colours[v]
	}
	return "Colour+" + strconv.Itoa(v+1)
}

// eanBase leaves room for every key behind a GS1 prefix.
const eanBase = 871_000_000_000

// appendEAN writes a GTIN-13 with a right check digit.
func appendEAN(b []byte, key uint32) []byte {
	n := uint64(eanBase) + uint64(key)
	var d [13]byte
	sum := uint64(0)
	for k, m := 11, n; k >= 0; k-- {
		x := m % 10
		m /= 10
		d[k] = byte('0' + x)
		if k%2 == 1 {
			x *= 3
		}
		sum += x
	}
	d[12] = byte('0' + (10-sum%10)%10)
	return append(b, d[:]...)
}

// appendNumber writes n with at least width digits.
func appendNumber(b []byte, n, width int) []byte {
	var d [20]byte
	k := len(d)
	for n > 0 || width > 0 {
		k--
		d[k] = byte('0' + n%10)
		n /= 10
		width--
	}
	return append(b, d[k:]...)
}
