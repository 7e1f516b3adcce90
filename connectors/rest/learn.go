package rest

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/koppel-io/koppel"
)

// setBudgets makes the budget of all requests and those of single operations.
func (c *Client) setBudgets(key string, leaser Leaser) error {
	declared := &c.manifest.HTTP.Budget
	buckets, err := c.buckets(declared.Buckets)
	if err != nil {
		return err
	}
	c.budget = newBudget(key, declared.Concurrency, buckets, leaser, c.durations.WaitInside, c.now)
	c.operations = map[OperationName]*budget{}
	for name, operation := range declared.Operations {
		if buckets, err = c.buckets(operation.Buckets); err != nil {
			return err
		}
		c.operations[OperationName(name)] = newBudget(key+"/"+name, 0, buckets, leaser, c.durations.WaitInside, c.now)
	}
	return nil
}

// buckets are declared limits with the numbers of the settings.
func (c *Client) buckets(declared []Bucket) ([]koppel.Bucket, error) {
	var out []koppel.Bucket
	for _, b := range declared {
		limit, err := b.Limit.value(c.env)
		if err != nil {
			return nil, koppel.E(koppel.KindInvalidRequest, "", "the budget "+b.Name+": "+err.Error())
		}
		out = append(out, koppel.Bucket{Name: b.Name, Limit: limit, Per: b.Per, Burst: b.Burst})
	}
	return out, nil
}

// budgetOf is the budget that an answer to the call speaks about.
func (c *Client) budgetOf(call call) *budget {
	if call.token != nil {
		return call.token.budget
	}
	if own := c.operations[call.operation]; own != nil {
		return own
	}
	return c.budget
}

// take waits for what a call needs of its budgets. The slot of the operation
// comes first, so that no place is held while it is waited for.
func (c *Client) take(ctx context.Context, call call) (done func(), err error) {
	of := c.budgetOf(call)
	if of == c.budget || call.token != nil {
		return of.take(ctx)
	}
	if err := of.slot(ctx); err != nil {
		return nil, err
	}
	return c.budget.take(ctx)
}

// learn stops the budget of an answer that says that nothing is left of it.
func (c *Client) learn(ctx context.Context, a *answer) {
	wait := c.used(a)
	if wait <= 0 || a.call.token != nil {
		return
	}
	of := c.budgetOf(a.call)
	if err := of.block(ctx, c.now().Add(wait), "the remote says that nothing is left"); err != nil {
		c.log.WarnContext(ctx, "block budget", "budget", of.key, "error", err)
	}
}

// used is how long to wait when a limit is used up; zero when none is, or
// nothing is said about it.
func (c *Client) used(a *answer) (wait time.Duration) {
	for _, l := range c.manifest.HTTP.Budget.Learn {
		left, err := strconv.ParseFloat(strings.TrimSpace(a.header.Get(l.Remaining)), 64)
		if err == nil && left < 1 {
			wait = max(wait, untilReset(a.header, l.Reset, c.now()))
		}
	}
	return wait
}

// Numbers above these are times: seconds, and milliseconds, since 1970.
const (
	leastEpoch   = 1_000_000
	leastEpochMS = 100_000_000_000
)

// untilReset reads when a limit is whole again; zero when it cannot be read.
func untilReset(h http.Header, name string, now time.Time) time.Duration {
	value, err := strconv.ParseFloat(strings.TrimSpace(h.Get(name)), 64)
	if err != nil || value < 0 {
		return 0
	}
	var wait time.Duration
	switch {
	case value >= leastEpochMS:
		wait = time.UnixMilli(int64(value)).Sub(now)
	case value >= leastEpoch:
		wait = time.Unix(int64(value), 0).Sub(now)
	default:
		wait = time.Duration(value * float64(time.Second))
	}
	return min(max(wait, 0), maxRetryAfter)
}
