package bol

import (
	"fmt"
	"strconv"
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
	saltOffer uint64 = (iota + 1) << 40
	saltOrder
	saltLine
)

var firstWords = [...]string{"Trail", "Alpine", "Café", "Harbour", "Slim & light", "Ærø", "Classic", "24/7", "Granite", "Willow", "Crème", "\"Nr. 5\""}

var secondWords = [...]string{"tent", "chair", "mug", "lantern", "backpack", "jacket", "stove", "blanket", "bottle", "table", "sleeping bag", "rope", "knife"}

func title(k int) string {
	return firstWords[k%len(firstWords)] + " " + secondWords[k/len(firstWords)%len(secondWords)] + " " + strconv.Itoa(k+1)
}

// comments are what a seller writes beside the condition; the last two need
// the quotes of RFC 4180.
var comments = [...]string{"", "", "", "", "", "Sealed, never used", "Box says \"NEW\"\nsecond line"}

// ean makes a GTIN-13 with a right check digit. Every 17th begins with a zero,
// as the UPC of an American brand does.
func ean(k int) string {
	n := uint64(872_000_000_000) + uint64(k)
	if k%17 == 16 {
		n = 61_000_000_000 + uint64(k)
	}
	digits := fmt.Sprintf("%012d", n)
	sum := 0
	for i, d := range digits {
		x := int(d - '0')
		if i%2 == 1 {
			x *= 3
		}
		sum += x
	}
	return digits + strconv.Itoa((10-sum%10)%10)
}

// guid makes the id of an offer.
func guid(seed uint64, k int) string {
	a, b := mix(seed, saltOffer+uint64(k)), mix(seed, saltOffer+uint64(k)+1<<30)
	return fmt.Sprintf("%08x-%04x-4%03x-a%03x-%012x", uint32(a>>32), uint16(a>>16), uint16(a)&0xfff, uint16(b>>48)&0xfff, b&0xffffffffffff)
}
