package demoshop

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Config says how large the shop is and how it behaves. The zero value is a
// shop of 1,000 products; every field can be left out.
type Config struct {
	// Products is the number of rows of GET /products at the start, variable
	// parents included. 0 is 1,000, a negative number none.
	Products int
	// Orders is the number of orders at the start. 0 is 200, negative none.
	Orders int
	// Suppliers is the number of suppliers. 0 is 5, negative none (and then
	// there are no supplier products either).
	Suppliers int
	// VariableEvery makes every n-th product variable; 0 none.
	VariableEvery int
	// Variations is the number of variations of a variable product; 0 is 3.
	Variations int
	// IDGaps leaves three ids unused after every n-th product and order; 0 none.
	IDGaps int
	// BigIDs gives the last n products at the start ids beyond 2^53.
	BigIDs int
	// Seed decides every generated value and every drawn fault.
	Seed uint64
	// ShopZone is the time zone of the shop, used by every date field without
	// _gmt and by date filters without dates_are_gmt. "" is Europe/Amsterdam.
	ShopZone string
	// Version is the plugin version; "" is 11.0.1. Below 5.6 modified_after is
	// ignored, below 9.4 the EAN is in meta_data, below 10.3 there is no
	// GET /variations.
	Version string
	// Key and Secret are the API key pair; "" is ck_demo and cs_demo.
	Key, Secret string
	// KeyPermissions is read, write or read_write ("" is read_write).
	KeyPermissions string
	// BasicOverHTTP also takes Basic and the query key over plain HTTP, where
	// a WooCommerce takes OAuth 1.0a only.
	BasicOverHTTP bool
	// MaxPerPage is the largest per_page; 0 is 100.
	MaxPerPage int
	// Slim renders products of about 850 bytes in place of the full body.
	Slim bool
	// Gzip compresses answers for clients that accept it.
	Gzip bool
	// CachePages keeps rendered product pages until something changes, for a
	// source whose own cost must not be measured.
	CachePages bool
	// Currency is the shop's currency; "" is EUR.
	Currency string
	// PricesIncludeTax makes product prices include 21 % tax.
	PricesIncludeTax bool
	// SiteURL is the address in permalinks and _links; "" is
	// https://demo-shop.example. It is not the address of the server, so that
	// bodies do not depend on a port.
	SiteURL string
	// Misbehaviour is how the shop misbehaves from the start.
	Misbehaviour Misbehaviour
	// Journal is a file that effects are appended to and replayed from; ""
	// keeps everything in memory only.
	Journal string
	// Now is the shop's clock; nil is time.Now.
	Now func() time.Time
}

func (c Config) withDefaults() (Config, error) {
	c.Products = orDefault(c.Products, 1000)
	c.Orders = orDefault(c.Orders, 200)
	c.Suppliers = orDefault(c.Suppliers, 5)
	c.Variations = orDefault(c.Variations, 3)
	c.MaxPerPage = orDefault(c.MaxPerPage, 100)
	for _, d := range []struct {
		field *string
		value string
	}{
		{&c.ShopZone, "Europe/Amsterdam"}, {&c.Version, "11.0.1"}, {&c.Key, "ck_demo"}, {&c.Secret, "cs_demo"},
		{&c.KeyPermissions, "read_write"}, {&c.Currency, "EUR"}, {&c.SiteURL, "https://demo-shop.example"},
	} {
		if *d.field == "" {
			*d.field = d.value
		}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	var errs []error
	if c.Variations < 1 || c.Variations > 100 {
		errs = append(errs, fmt.Errorf("variations is %d: give 1 to 100", c.Variations))
	}
	if c.VariableEvery < 0 || c.IDGaps < 0 || c.BigIDs < 0 {
		errs = append(errs, errors.New("variable-every, id-gaps and big-ids must not be negative"))
	}
	if c.BigIDs > c.Products {
		errs = append(errs, fmt.Errorf("big-ids is %d: give at most the %d products", c.BigIDs, c.Products))
	}
	if c.Products > maxProducts || c.Orders > maxProducts {
		errs = append(errs, fmt.Errorf("products and orders must not exceed %d", maxProducts))
	}
	if c.MaxPerPage < 1 {
		errs = append(errs, fmt.Errorf("max-per-page is %d: give at least 1", c.MaxPerPage))
	}
	switch c.KeyPermissions {
	case "read", "write", "read_write":
	default:
		errs = append(errs, fmt.Errorf("key permissions %q: give read, write or read_write", c.KeyPermissions))
	}
	if _, err := parseVersion(c.Version); err != nil {
		errs = append(errs, err)
	}
	if err := c.Misbehaviour.check(); err != nil {
		errs = append(errs, err)
	}
	return c, errors.Join(errs...)
}

const maxProducts = 20_000_000

func orDefault(n, def int) int {
	if n == 0 {
		return def
	}
	return max(n, 0)
}

type version [3]int

func parseVersion(s string) (version, error) {
	var v version
	for i, part := range strings.SplitN(s, ".", 3) {
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 {
			return v, fmt.Errorf("version %q: give numbers such as 11.0.1", s)
		}
		v[i] = n
	}
	return v, nil
}

func (v version) atLeast(major, minor int) bool {
	return v[0] > major || v[0] == major && v[1] >= minor
}
