package picqer

import (
	"errors"
	"fmt"
	"time"
)

// Config says how large the account is and how it behaves. The zero value is
// an account of 250 products; every field can be left out.
type Config struct {
	// Products is the number of products at the start; 0 is 250, negative none.
	Products int
	// Suppliers is the number of suppliers; 0 is 5, negative none.
	Suppliers int
	// Orders is the number of orders at the start; 0 is 120, negative none.
	Orders int
	// PurchaseOrders is the number of purchase orders at the start; 0 none.
	PurchaseOrders int
	// Warehouses is the number of warehouses; 0 is 2.
	Warehouses int
	// ComposedEvery makes every n-th product a composition; 0 is 10, negative none.
	ComposedEvery int
	// Seed decides every generated value and every drawn fault.
	Seed uint64
	// Zone is the account's time zone; "" is Europe/Amsterdam.
	Zone string
	// Key is the API key that sees everything; "" is picqer_demo.
	Key string
	// ScopedKey is a key of a fulfilment customer: it sees no suppliers, and
	// must name a warehouse on a purchase order. "" is picqer_scoped.
	ScopedKey string
	// RateLimit is the number of requests a key may make in RateWindow;
	// 0 is 500, negative no limit.
	RateLimit int
	// RateWindow is the length of the fixed window that RateLimit counts in;
	// 0 is a minute.
	RateWindow time.Duration
	// HookRetry is the pause before a hook's failed delivery is tried again; 0
	// is a second. A delivery is tried three times.
	HookRetry time.Duration
	// Misbehaviour is how the account misbehaves from the start.
	Misbehaviour Misbehaviour
	// Now is the account's clock; nil is time.Now.
	Now func() time.Time
}

const maxRows = 1_000_000

func (c Config) withDefaults() (Config, error) {
	c.Products = orDefault(c.Products, 250)
	c.Suppliers = orDefault(c.Suppliers, 5)
	c.Orders = orDefault(c.Orders, 120)
	c.Warehouses = orDefault(c.Warehouses, 2)
	c.ComposedEvery = orDefault(c.ComposedEvery, 10)
	if c.RateLimit == 0 {
		c.RateLimit = 500
	}
	if c.RateWindow == 0 {
		c.RateWindow = time.Minute
	}
	if c.HookRetry == 0 {
		c.HookRetry = time.Second
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	for _, d := range []struct {
		field *string
		value string
	}{{&c.Zone, "Europe/Amsterdam"}, {&c.Key, "picqer_demo"}, {&c.ScopedKey, "picqer_scoped"}} {
		if *d.field == "" {
			*d.field = d.value
		}
	}
	var errs []error
	if max(c.Products, c.Suppliers, c.Orders, c.PurchaseOrders) > maxRows {
		errs = append(errs, fmt.Errorf("products, suppliers, orders and purchase-orders must not exceed %d", maxRows))
	}
	if c.PurchaseOrders < 0 {
		errs = append(errs, errors.New("purchase-orders must not be negative"))
	}
	if c.PurchaseOrders > 0 && (c.Suppliers == 0 || c.Products == 0) {
		errs = append(errs, errors.New("purchase-orders need suppliers and products"))
	}
	if c.Warehouses < 1 || c.Warehouses > 50 {
		errs = append(errs, fmt.Errorf("warehouses is %d: give 1 to 50", c.Warehouses))
	}
	if c.RateWindow < 0 || c.HookRetry < 0 {
		errs = append(errs, errors.New("rate-window and hook-retry must not be negative"))
	}
	if c.Key == c.ScopedKey {
		errs = append(errs, errors.New("key and scoped-key must differ"))
	}
	if err := c.Misbehaviour.check(); err != nil {
		errs = append(errs, err)
	}
	return c, errors.Join(errs...)
}

func orDefault(n, def int) int {
	if n == 0 {
		return def
	}
	return max(n, 0)
}
