package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/koppel-io/koppel"
)

// onceResult is the one line of --once.
type onceResult struct {
	State      koppel.CouplingState `json:"state"`
	Products   int                  `json:"products"`
	SellOrders int                  `json:"sell_orders"`
	Seconds    float64              `json:"seconds"`
}

// runOnce starts everything, waits until the coupling is active, compares the counts with the demo shop's own,
// prints one JSON line and stops. Everything else goes to standard error.
func runOnce(ctx context.Context, opts options, term terminal) error {
	began := time.Now()
	ctx, cancel := context.WithTimeoutCause(ctx, opts.timeout, fmt.Errorf("not active within %v (--timeout)", opts.timeout))
	defer cancel()
	say := func(line string) { fmt.Fprintln(term.err, line) }
	var result onceResult
	err := withPlatform(ctx, opts, say, func(ctx context.Context, p *platform) error {
		coupling, err := watchActivation(ctx, p.client, p.coupling.ID, newProgress(term.err, false, time.Now))
		if err != nil {
			return err
		}
		counts, err := countObjects(ctx, p.client, coupling)
		if err != nil {
			return err
		}
		if err := counts.compare(p.shop.Counts()); err != nil {
			return err
		}
		seconds := float64(time.Since(began).Milliseconds()) / 1000
		result = onceResult{State: coupling.State, Products: counts.products, SellOrders: counts.sellOrders, Seconds: seconds}
		return nil
	})
	if err != nil {
		if cause := context.Cause(ctx); cause != nil && !errors.Is(err, cause) {
			return fmt.Errorf("%w; last: %w", cause, err)
		}
		return err
	}
	if err := json.NewEncoder(term.out).Encode(result); err != nil {
		return fmt.Errorf("print the result: %w", err)
	}
	return nil
}
