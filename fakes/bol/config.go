package bol

import (
	"errors"
	"fmt"
	"time"
)

// Config says how large the account is and how it behaves. The zero value is
// an account with 200 offers and 300 orders; every field can be left out.
type Config struct {
	// Offers is the number of offers at the start; 0 is 200, negative none.
	Offers int
	// Orders is the number of orders at the start, spread over the last Days;
	// 0 is 300, negative none.
	Orders int
	// Days is how far back the orders of the start go; 0 is 80.
	Days int
	// FBBEvery makes every n-th offer one that bol stores and ships (FBB);
	// 0 is 4, negative none.
	FBBEvery int
	// EANs are given to the first offers in turn; the others get generated ones.
	EANs []string
	// Seed decides every generated value and every drawn fault.
	Seed uint64
	// ClientID and ClientSecret are the key pair; "" is client_demo and secret_demo.
	ClientID, ClientSecret string
	// TokenLifetime is how long a token is taken; 0 is 299 seconds.
	TokenLifetime time.Duration
	// ProcessTime passes before an asynchronous write takes effect; 0 is at once.
	ProcessTime time.Duration
	// ProcessPolls is how often a status still says PENDING when it is asked
	// for; 0 is 1, negative never.
	ProcessPolls int
	// StatusKept is how long a finished status can be read; 0 is 48 hours.
	StatusKept time.Duration
	// Limits are the requests per span by route, such as "GET /orders"; they
	// lay over the usual ones. A limit of 0 requests lifts one.
	Limits map[string]Limit
	// NoLimits lifts all limits.
	NoLimits bool
	// RetryAfter says which refusals for pace tell when to come back: "always",
	// "never" or "sometimes" (every second one); "" is sometimes.
	RetryAfter string
	// EpochReset makes X-RateLimit-Reset a time in place of seconds to wait.
	EpochReset bool
	// WebhookRetry is the pause between two attempts to deliver an event; 0 is a minute.
	WebhookRetry time.Duration
	// WebhookTries is how often an event is tried before its subscription is
	// switched off; 0 is 10.
	WebhookTries int
	// Misbehaviour is how the account misbehaves from the start.
	Misbehaviour Misbehaviour
	// Now is the account's clock; nil is time.Now.
	Now func() time.Time
}

func (c Config) withDefaults() (Config, error) {
	c.Offers = orDefault(c.Offers, 200)
	c.Orders = orDefault(c.Orders, 300)
	c.Days = orDefault(c.Days, 80)
	c.FBBEvery = orDefault(c.FBBEvery, 4)
	c.ProcessPolls = orDefault(c.ProcessPolls, 1)
	c.WebhookTries = orDefault(c.WebhookTries, 10)
	for _, d := range []struct {
		field *string
		value string
	}{{&c.ClientID, "client_demo"}, {&c.ClientSecret, "secret_demo"}, {&c.RetryAfter, "sometimes"}} {
		if *d.field == "" {
			*d.field = d.value
		}
	}
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{{&c.TokenLifetime, 299 * time.Second}, {&c.StatusKept, 48 * time.Hour}, {&c.WebhookRetry, time.Minute}} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	var errs []error
	if c.Days < 1 || c.Days > 89 {
		errs = append(errs, fmt.Errorf("days is %d: give 1 to 89, nothing older can be read", c.Days))
	}
	if c.Orders > 0 && c.Offers == 0 {
		errs = append(errs, errors.New("orders need offers: give some, or no orders"))
	}
	if c.Offers > maxRows || c.Orders > maxRows {
		errs = append(errs, fmt.Errorf("offers and orders must not exceed %d", maxRows))
	}
	switch c.RetryAfter {
	case "always", "never", "sometimes":
	default:
		errs = append(errs, fmt.Errorf("retry-after %q: give always, never or sometimes", c.RetryAfter))
	}
	for route, l := range c.Limits {
		if l.Requests < 0 || l.Requests > 0 && l.Per <= 0 {
			errs = append(errs, fmt.Errorf("limit of %q: give requests and a span above zero", route))
		}
	}
	if err := c.Misbehaviour.check(); err != nil {
		errs = append(errs, err)
	}
	return c, errors.Join(errs...)
}

const maxRows = 1_000_000

func orDefault(n, def int) int {
	if n == 0 {
		return def
	}
	return max(n, 0)
}
