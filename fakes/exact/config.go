package exact

import (
	"errors"
	"fmt"
	"time"
)

// Config says how large the site is and how it behaves. The zero value is a
// site with two administrations, the first of 200 items; every field can be
// left out. Of the sizes, 0 is the default and a negative number none.
type Config struct {
	// Items, Suppliers, Customers, SalesOrders and PurchaseOrders are what the
	// first administration begins with (200, 8, 20, 100, 30). The others have a
	// tenth of it.
	Items, Suppliers, Customers, SalesOrders, PurchaseOrders int
	// Divisions is the number of administrations; 0 is 2. Their codes count up
	// from FirstDivision, 0 being 123456. The first is the CurrentDivision.
	Divisions, FirstDivision int
	// Warehouses is the number of warehouses, 2 to 9; 0 is 3. Their codes are
	// 1, 2, … and the first is the main one.
	Warehouses int
	// Seed decides every generated value and every drawn fault.
	Seed uint64
	// Zone is the time zone of the site, in which dates are written as if they
	// were UTC. "" is Europe/Amsterdam.
	Zone string

	// ClientID, ClientSecret and WebhookSecret are those of the registered
	// app; "" is fake-app, fake-secret and fake-webhook-secret.
	ClientID, ClientSecret, WebhookSecret string
	// RedirectURIs are the registered ones; none allows every redirect.
	RedirectURIs []string

	// AccessTTL is how long an access token lives; 0 is 600 s.
	AccessTTL time.Duration
	// RefreshAfter is how old a token must be before it may be refreshed; 0 is
	// 570 s, negative is at once.
	RefreshAfter time.Duration
	// RefreshTTL is how long a refresh token may stay unused; 0 is 30 days.
	RefreshTTL time.Duration
	// TokenCalls is the number of token calls a day for app and user; 0 is
	// 200, negative unlimited.
	TokenCalls int

	// MinuteCalls and DayCalls are the calls in one window for app and
	// administration; 0 is 60 and 5000, negative unlimited.
	MinuteCalls, DayCalls int
	// MinuteWindow and DayWindow are how long these windows last; 0 is 60 s
	// and 24 h. A window begins with its first call.
	MinuteWindow, DayWindow time.Duration
	// ErrorCalls is the number of answers 400, 401, 403 and 404 within
	// ErrorWindow after which the app is blocked for an endpoint for as long,
	// twice as long each further time; 0 is 10 in an hour, negative never.
	ErrorCalls  int
	ErrorWindow time.Duration

	// Page and BulkPage are the rows of one page of ordinary endpoints, and of
	// bulk and sync ones; 0 is 60 and 1000.
	Page, BulkPage int
	// Without are modules the licence lacks (trade, manufacturing, assembly,
	// multiwarehouse) and the right "deleted" the user lacks: 403.
	Without []string
	// PlainCallbacks also takes http:// addresses for webhooks.
	PlainCallbacks bool
	// Misbehaviour is how the site misbehaves from the start.
	Misbehaviour Misbehaviour
	// Now is the site's clock; nil is time.Now.
	Now func() time.Time
}

// Modules that Config.Without may name.
const (
	moduleTrade         = "trade"
	moduleManufacturing = "manufacturing"
	moduleAssembly      = "assembly"
	moduleWarehouses    = "multiwarehouse"
	rightDeleted        = "deleted"
)

const maxRows = 1_000_000

func (c Config) withDefaults() (Config, error) {
	for _, n := range []struct {
		field *int
		value int
	}{
		{&c.Items, 200}, {&c.Suppliers, 8}, {&c.Customers, 20}, {&c.SalesOrders, 100}, {&c.PurchaseOrders, 30},
		{&c.Divisions, 2}, {&c.FirstDivision, 123456}, {&c.Warehouses, 3},
		{&c.TokenCalls, 200}, {&c.MinuteCalls, 60}, {&c.DayCalls, 5000}, {&c.ErrorCalls, 10}, {&c.Page, 60}, {&c.BulkPage, 1000},
	} {
		*n.field = orDefault(*n.field, n.value)
	}
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&c.AccessTTL, 600 * time.Second}, {&c.RefreshAfter, 570 * time.Second}, {&c.RefreshTTL, 30 * 24 * time.Hour},
		{&c.MinuteWindow, time.Minute}, {&c.DayWindow, 24 * time.Hour}, {&c.ErrorWindow, time.Hour},
	} {
		*d.field = orDefault(*d.field, d.value)
	}
	for _, s := range []struct {
		field *string
		value string
	}{
		{&c.Zone, "Europe/Amsterdam"}, {&c.ClientID, "fake-app"}, {&c.ClientSecret, "fake-secret"}, {&c.WebhookSecret, "fake-webhook-secret"},
	} {
		if *s.field == "" {
			*s.field = s.value
		}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c, c.check()
}

func (c Config) check() error {
	var errs []error
	for name, n := range map[string]int{"items": c.Items, "suppliers": c.Suppliers, "customers": c.Customers, "sales-orders": c.SalesOrders, "purchase-orders": c.PurchaseOrders} {
		if n > maxRows {
			errs = append(errs, fmt.Errorf("%s is %d: give at most %d", name, n, maxRows))
		}
	}
	if c.Items > 0 && (c.Suppliers == 0 || c.Customers == 0) {
		errs = append(errs, errors.New("items need at least one supplier and one customer"))
	}
	if c.Warehouses < 2 || c.Warehouses > 9 {
		errs = append(errs, fmt.Errorf("warehouses is %d: give 2 to 9", c.Warehouses))
	}
	if c.Divisions < 1 || c.Divisions > 100 {
		errs = append(errs, fmt.Errorf("divisions is %d: give 1 to 100", c.Divisions))
	}
	if c.Page < 1 || c.BulkPage < 1 {
		errs = append(errs, errors.New("page and bulk-page: give at least 1"))
	}
	for _, name := range c.Without {
		switch name {
		case moduleTrade, moduleManufacturing, moduleAssembly, moduleWarehouses, rightDeleted:
		default:
			errs = append(errs, fmt.Errorf("without %q: give trade, manufacturing, assembly, multiwarehouse or deleted", name))
		}
	}
	return errors.Join(append(errs, c.Misbehaviour.check())...)
}

// orDefault is n, its default for 0, and 0 for a negative number.
func orDefault[T ~int | ~int64](n, def T) T {
	if n == 0 {
		return def
	}
	return max(n, 0)
}
